// A process that serves one event after another is the same for each, whatever the guest did before: see event.h, Process::arm.
#include "host/sandbox/event.h"

#include "base/os/file.h"
#include "host/sandbox/clocks.h"
#include "host/sandbox/fake.h"
#include "host/sandbox/socket.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::sandbox {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

class EventTest : public testing::Test {
 protected:
  std::string read(uint32_t number, size_t most) {
    std::string into(most, '?');
    const auto size = process_.read(number, {reinterpret_cast<uint8_t*>(into.data()), into.size()});
    return size ? into.substr(0, *size) : "refused";
  }
  FakeClocks clocks_;
  FakeRandom random_;
  EventProcess events_{clocks_, random_, {.host_call_bytes = 1000, .output_bytes = 10, .descriptors = 5}};
  Process& process_ = events_.process();
};

TEST_F(EventTest, EachReadsItsOwnBytesAndAnswersAlone) {
  events_.arm();
  for (const std::string event : {"first", "2nd", "", "the third"}) {
    events_.begin(bytes(event));
    EXPECT_EQ(read(0, 2), event.substr(0, 2));
    EXPECT_EQ(read(0, 100), event.substr(std::min<size_t>(2, event.size())));
    EXPECT_EQ(read(0, 100), "");
    EXPECT_EQ(process_.write(1, bytes("to " + event)), event.size() + 3 <= 10 ? event.size() + 3 : 10);
    EXPECT_EQ(process_.write(2, bytes("e")), 1u);
    EXPECT_EQ(text(events_.answer()), ("to " + event).substr(0, 10));
    EXPECT_EQ(text(events_.messages()), "e");
    events_.reset();
    EXPECT_EQ(read(0, 100), "");
    EXPECT_TRUE(events_.answer().empty());
    EXPECT_TRUE(events_.messages().empty());
  }
}

TEST_F(EventTest, WhatIsLeftUnreadIsGone) {
  events_.arm();
  events_.begin(bytes("secret"));
  EXPECT_EQ(read(0, 1), "s");
  events_.reset();
  events_.begin(bytes("next"));
  EXPECT_EQ(read(0, 100), "next");
}

TEST_F(EventTest, AnAnswerHasALimit) {
  events_.arm();
  EXPECT_EQ(process_.write(1, bytes("0123456789")), 10u);
  EXPECT_FALSE(events_.is_cut());
  EXPECT_EQ(process_.write(1, bytes("a")), std::unexpected(Refusal::no_space));
  EXPECT_TRUE(events_.is_cut());
  EXPECT_EQ(process_.write(1, {}), 0u);
  EXPECT_EQ(process_.denials.last().text(),
            "write more to stdout: refused by max-output-size=10; a larger max-output-size would allow it");
  EXPECT_EQ(process_.write(2, bytes("0123456789ab")), 10u);  // stderr has as much
  EXPECT_EQ(text(events_.answer()), "0123456789");
  events_.reset();
  EXPECT_FALSE(events_.is_cut());
  EXPECT_EQ(process_.write(1, bytes("next")), 4u);
}

TEST_F(EventTest, RoomForALargeAnswerIsGivenBackAndThatOfASmallOneKept) {
  calls::Denials denials;
  EventOutput output(1 << 30, "stdout", denials);
  const std::vector<uint8_t> large(EventOutput::kept_bytes + 1, 'x'), small(EventOutput::kept_bytes / 4, 'x');
  ASSERT_TRUE(output.write(small));
  const uint8_t* const place = output.bytes().data();
  output.clear();
  ASSERT_TRUE(output.write(small));
  EXPECT_EQ(output.bytes().data(), place);
  ASSERT_TRUE(output.write(large));
  output.clear();
  EXPECT_EQ(output.bytes().data(), nullptr);
}

TEST_F(EventTest, DescriptorsAreBack) {
  std::string content = "kept";
  process_.open({.stream = std::make_unique<FakeStream>(content), .is_readable = true, .dropped_rights = 5});
  const std::string more = "opened by the guest";
  events_.arm();
  const auto* const stream = process_.find(3)->stream.get();
  std::string temporary;
  ASSERT_EQ(process_.open({.stream = std::make_unique<FakeStream>(temporary), .is_writable = true}), 4u);
  ASSERT_EQ(process_.open({.stream = std::make_unique<FakeStream>(temporary)}),
            Outcome<uint32_t>(std::unexpected(Refusal::too_many_open)));
  ASSERT_TRUE(process_.renumber(4, 0));  // stdin is closed
  ASSERT_TRUE(process_.renumber(3, 1));
  ASSERT_TRUE(process_.close(2));
  ASSERT_TRUE(process_.renumber(1, 0));
  Descriptor& changed = *process_.change(0);
  EXPECT_EQ(changed.stream.get(), stream);
  changed.may_wait = false;
  changed.is_appending = true;
  changed.dropped_rights = ~0ull;
  changed.dropped_inheriting = 7;
  events_.reset();

  EXPECT_TRUE(process_.find(0)->is_readable);
  EXPECT_TRUE(process_.find(1)->is_writable);
  EXPECT_TRUE(process_.find(2)->is_writable);
  EXPECT_EQ(process_.find(3)->stream.get(), stream);
  EXPECT_TRUE(process_.find(3)->may_wait);
  EXPECT_FALSE(process_.find(3)->is_appending);
  EXPECT_EQ(process_.find(3)->dropped_rights, 5u);
  EXPECT_EQ(process_.find(3)->dropped_inheriting, 0u);
  EXPECT_EQ(process_.find(4), nullptr);
  EXPECT_EQ(process_.denials.count(), 0u);
  events_.begin(bytes("in"));
  EXPECT_EQ(read(0, 9), "in");
  EXPECT_EQ(process_.write(1, bytes("out")), 3u);
  EXPECT_EQ(text(events_.answer()), "out");
}

TEST_F(EventTest, ClocksAndNumbersBeginAnew) {
  VirtualClocks virtual_clocks(clocks_, 1'000'000'000);
  SeededRandom seeded(42);
  EventProcess events(virtual_clocks, seeded);
  events.arm();
  Process& process = events.process();
  const auto look = [&] {
    uint8_t drawn[8] = {};
    EXPECT_TRUE(process.fill_random(drawn));
    std::vector<uint64_t> seen = {process.now_ns(ClockId::monotonic), process.now_ns(ClockId::realtime),
                                  process.now_ns(ClockId::monotonic), load_le<uint64_t>(drawn)};
    EXPECT_TRUE(process.sleep_until(ClockId::monotonic, 5'000'000'000));
    seen.push_back(process.now_ns(ClockId::realtime));
    EXPECT_TRUE(process.wait_for({}, 1'000'000));
    return seen;
  };
  const auto first = look();
  EXPECT_EQ(first[0], 0u);
  for (int i = 0; i < 3; ++i) {
    events.reset();
    EXPECT_EQ(look(), first);
  }
  events.reset();
  EXPECT_TRUE(process.wait_for({}, 1'000'000'000));  // only that
  events.reset();
  EXPECT_EQ(look(), first);
}

TEST_F(EventTest, TheMonotonicClockBeginsWithTheFirstLook) {
  events_.arm();
  clocks_.advance(1'000);
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 0u);
  clocks_.advance(1'000);
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 1'000u);
  events_.reset();
  clocks_.advance(77);
  EXPECT_TRUE(process_.sleep_until(ClockId::monotonic, 500));
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 500u);
}

TEST_F(EventTest, BytesAreCountedForEachEvent) {
  sandbox::Process unlimited(clocks_, random_);
  EXPECT_TRUE(unlimited.count_moved(1'000'000));
  process_.limit_host_call_bytes(10);
  EXPECT_TRUE(process_.count_moved(9));
  EXPECT_FALSE(process_.count_moved(2));
  events_.arm();
  EXPECT_TRUE(process_.count_moved(10));
  EXPECT_FALSE(process_.has_moved_too_much());
  EXPECT_FALSE(process_.count_moved(1));
  EXPECT_TRUE(process_.has_moved_too_much());
  EXPECT_NE(process_.limit_text().find("max-host-call-bytes=10"), std::string::npos);
  events_.reset();
  EXPECT_FALSE(process_.has_moved_too_much());
  EXPECT_FALSE(process_.count_moved(11));
}

TEST_F(EventTest, AFileThatEveryEventFindsStandsWhereItStood) {
  const std::string folder = *os::make_temporary_folder("mote-event-");
  ASSERT_TRUE(os::write_file(folder + "/f", bytes("0123456789")));
  auto granted = Folder::granted(test_grant(folder, Access::read_write));
  ASSERT_TRUE(granted);
  auto opened = (*granted)->open("f", {.writes = true});
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->file->seek(3, SeekFrom::start), 3u);
  process_.open({.file = std::move(opened->file), .is_readable = true, .is_writable = true});
  events_.arm();
  uint8_t into[4];
  const MutableBytes piece(into);
  for (int i = 0; i < 3; ++i) {
    File& file = *process_.find(3)->file;
    EXPECT_EQ(file.read({&piece, 1}), 4u);
    EXPECT_EQ(text(into), "3456");
    EXPECT_TRUE(file.set_appending(true));
    EXPECT_EQ(file.seek(0, SeekFrom::end), 10u);
    if (i == 1) ASSERT_TRUE(process_.close(3));
    events_.reset();
    EXPECT_EQ(process_.find(3)->file->seek(0, SeekFrom::position), 3u);
  }
  const MutableBytes one = piece.first(1);
  EXPECT_EQ(process_.find(3)->file->write({&one, 1}), 1u);  // in its middle
  EXPECT_EQ(process_.find(3)->file->status()->size, 10u);
  (void)os::remove_folder(folder);
}

TEST_F(EventTest, ASocketThatEveryEventFindsIsNotShutDown) {
  auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}});
  ASSERT_TRUE(listener);
  process_.open(
      {.stream = std::move(*Socket::adopt(std::move(*listener))), .is_readable = true, .is_writable = true, .may_wait = false});
  events_.arm();
  EXPECT_EQ(process_.shut_down(3, true, true), Outcome<void>(std::unexpected(Refusal::not_permitted)));
  EXPECT_EQ(process_.denials.count(), 1u);
  EXPECT_EQ(process_.accept(3, false, 3), Outcome<uint32_t>(std::unexpected(Refusal::would_block)));
}

}  // namespace
}  // namespace mote::sandbox
