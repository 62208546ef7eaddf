// Tests of process.h with fake effects.
#include "host/sandbox/process.h"

#include "host/sandbox/fake.h"

#include <gtest/gtest.h>

namespace mote::sandbox {
namespace {

class ProcessTest : public testing::Test {
 protected:
  Descriptor readable(std::string& content) { return {.stream = std::make_unique<FakeStream>(content), .is_readable = true}; }
  Descriptor writable(std::string& content) { return {.stream = std::make_unique<FakeStream>(content), .is_writable = true}; }
  FakeClocks clocks_;
  FakeRandom random_;
  Process process_{clocks_, random_};
  std::string in_ = "input", out_;
  uint8_t buffer_[16] = {};
};

TEST_F(ProcessTest, GrantsNothingByItself) {
  EXPECT_TRUE(process_.arguments.empty());
  EXPECT_TRUE(process_.environment.empty());
  for (const uint32_t number : {0u, 1u, 2u, 3u, ~0u}) {
    EXPECT_EQ(process_.find(number), nullptr);
    EXPECT_EQ(process_.read(number, buffer_), std::unexpected(Refusal::bad_descriptor));
    EXPECT_EQ(process_.write(number, buffer_), std::unexpected(Refusal::bad_descriptor));
    EXPECT_EQ(process_.close(number), Outcome<void>(std::unexpected(Refusal::bad_descriptor)));
  }
}

TEST_F(ProcessTest, ReadsOnlyFromReadersAndWritesOnlyToWriters) {
  EXPECT_EQ(process_.open(readable(in_)), 0u);
  EXPECT_EQ(process_.open(writable(out_)), 1u);
  EXPECT_EQ(process_.read(0, buffer_), 5u);
  EXPECT_EQ(process_.read(0, buffer_), 0u);
  EXPECT_EQ(process_.write(1, Bytes(buffer_, 5)), 5u);
  EXPECT_EQ(out_, "input");
  EXPECT_EQ(process_.read(1, buffer_), std::unexpected(Refusal::bad_descriptor));
  EXPECT_EQ(process_.write(0, buffer_), std::unexpected(Refusal::bad_descriptor));
}

TEST_F(ProcessTest, ReusesTheLowestFreeNumber) {
  for (int i = 0; i < 3; ++i) process_.open(writable(out_));
  ASSERT_TRUE(process_.close(1));
  ASSERT_TRUE(process_.close(0));
  EXPECT_EQ(process_.open(readable(in_)), 0u);
  EXPECT_EQ(process_.open(readable(in_)), 1u);
  EXPECT_EQ(process_.open(readable(in_)), 3u);
}

TEST_F(ProcessTest, RenumberReplacesAtomically) {
  process_.open(readable(in_));
  process_.open(writable(out_));
  EXPECT_EQ(process_.renumber(0, 7), Outcome<void>(std::unexpected(Refusal::bad_descriptor)));
  EXPECT_EQ(process_.renumber(7, 0), Outcome<void>(std::unexpected(Refusal::bad_descriptor)));
  EXPECT_TRUE(process_.renumber(0, 0));
  EXPECT_TRUE(process_.find(0)->is_readable);
  EXPECT_TRUE(process_.renumber(1, 0));
  EXPECT_TRUE(process_.find(0)->is_writable);
  EXPECT_EQ(process_.find(1), nullptr);
}

TEST_F(ProcessTest, AnOperationThatMayNotWaitIsRefused) {
  process_.open(readable(in_));
  auto* stream = static_cast<FakeStream*>(process_.find(0)->stream.get());
  process_.change(0)->may_wait = false;
  stream->is_ready = false;
  EXPECT_EQ(process_.read(0, buffer_), std::unexpected(Refusal::would_block));
  stream->is_ready = true;
  EXPECT_EQ(process_.read(0, buffer_), 5u);
}

TEST_F(ProcessTest, MonotonicTimeBeginsAtZero) {
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 0u);
  EXPECT_EQ(process_.now_ns(ClockId::realtime), clocks_.realtime);
  EXPECT_TRUE(process_.sleep_until(ClockId::monotonic, 250));
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 250u);
  EXPECT_TRUE(process_.sleep_until(ClockId::monotonic, 100));  // in the past
  EXPECT_EQ(process_.now_ns(ClockId::monotonic), 250u);
  EXPECT_TRUE(process_.sleep_until(ClockId::monotonic, ~0ull));  // later than a clock can show: must not wrap into the past
  EXPECT_GT(process_.now_ns(ClockId::monotonic), 1ull << 62);
}

TEST_F(ProcessTest, RandomnessComesInBoundedPieces) {
  std::vector<uint8_t> bytes(200'000, 0);
  ASSERT_TRUE(process_.fill_random(bytes));
  EXPECT_EQ(random_.requests, (std::vector<size_t>{65536, 65536, 65536, 3392}));
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[199'999], static_cast<uint8_t>(200'000));
  random_.fails = true;
  EXPECT_EQ(process_.fill_random(bytes), Outcome<void>(std::unexpected(Refusal::io_failure)));
  EXPECT_TRUE(process_.fill_random({}));
}

}  // namespace
}  // namespace mote::sandbox
