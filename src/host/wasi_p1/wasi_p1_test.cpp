// Tests of preview 1's functions on a bare piece of memory and fake effects: layouts, checks of pointers, and what is left
// untouched.
#include "host/wasi_p1/wasi_p1.h"

#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

using sandbox::FakeStream;

class WasiP1 : public testing::Test {
 protected:
  WasiP1() : memory_(65536, 0xaa), guest_{process_, memory_} {
    process_.open({.stream = std::make_unique<FakeStream>(in_), .is_readable = true});
    process_.open({.stream = std::make_unique<FakeStream>(out_, true), .is_writable = true});
    process_.open({.stream = std::make_unique<FakeStream>(err_), .is_writable = true});
  }
  FakeStream& stream(uint32_t fd) { return *static_cast<FakeStream*>(process_.find(fd)->stream.get()); }
  template <class T>
  T at(uint32_t pointer) {
    return load_le<T>(memory_.data() + pointer);
  }
  template <class T>
  void put(uint32_t pointer, T value) {
    store_le(memory_.data() + pointer, value);
  }
  void put_text(uint32_t pointer, const std::string& text) { std::memcpy(memory_.data() + pointer, text.data(), text.size()); }
  std::string text(uint32_t pointer, size_t size) { return {reinterpret_cast<const char*>(memory_.data()) + pointer, size}; }
  bool untouched() {
    return std::ranges::all_of(memory_, [](uint8_t byte) { return byte == 0xaa; });
  }
  // Subscriptions at 4096, 48 bytes each.
  void subscribe_clock(int index, uint32_t clock, uint64_t timeout, uint16_t flags = 0) {
    const uint32_t place = 4096 + static_cast<uint32_t>(index) * 48;
    put<uint64_t>(place, 100 + static_cast<uint64_t>(index));
    put<uint8_t>(place + 8, 0);
    put<uint32_t>(place + 16, clock);
    put<uint64_t>(place + 24, timeout);
    put<uint16_t>(place + 40, flags);
  }
  void subscribe_fd(int index, uint8_t type, uint32_t fd) {
    const uint32_t place = 4096 + static_cast<uint32_t>(index) * 48;
    put<uint64_t>(place, 100 + static_cast<uint64_t>(index));
    put<uint8_t>(place + 8, type);
    put<uint32_t>(place + 16, fd);
  }

  std::string in_ = "some input", out_, err_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_;
  Guest guest_;
};

constexpr uint32_t end = 65536;

TEST_F(WasiP1, Has46Functions) {
  EXPECT_TRUE(provides(module_name, "fd_write"));
  EXPECT_TRUE(provides(module_name, "proc_exit"));
  EXPECT_TRUE(provides(module_name, "sock_accept"));
  EXPECT_FALSE(provides(module_name, "fd_writ"));
  EXPECT_FALSE(provides(module_name, "sock_open"));
  EXPECT_FALSE(provides("env", "fd_write"));
  EXPECT_TRUE(provides(unstable_module_name, "fd_write"));
  EXPECT_TRUE(provides(unstable_module_name, "proc_exit"));
  EXPECT_FALSE(provides(unstable_module_name, "sock_accept"));  // came with preview 1
}

TEST_F(WasiP1, ArgumentsAndEnvironment) {
  process_.arguments = {"program", "", "drei äpfel"};
  EXPECT_EQ(args_sizes_get(guest_, 1, 5), Errno::success);  // misaligned
  EXPECT_EQ(at<uint32_t>(1), 3u);
  EXPECT_EQ(at<uint32_t>(5), 8u + 1 + 12);
  EXPECT_EQ(args_get(guest_, 101, 200), Errno::success);
  EXPECT_EQ(at<uint32_t>(101), 200u);
  EXPECT_EQ(at<uint32_t>(105), 208u);
  EXPECT_EQ(at<uint32_t>(109), 209u);
  EXPECT_EQ(text(200, 21), std::string("program\0\0drei äpfel\0", 21));
  EXPECT_EQ(environ_sizes_get(guest_, 0, 4), Errno::success);
  EXPECT_EQ(at<uint64_t>(0), 0u);
  process_.environment = {"A=1"};
  EXPECT_EQ(environ_get(guest_, 0, end - 4), Errno::success);
  EXPECT_EQ(text(end - 4, 4), std::string("A=1\0", 4));
}

TEST_F(WasiP1, ArgumentsAndEnvironmentAreCompletedWhenAsked) {
  process_.complete = [&] { process_.arguments = {"program"}, process_.environment = {"A=1"}; };
  EXPECT_EQ(environ_sizes_get(guest_, 0, 4), Errno::success);
  EXPECT_EQ(at<uint32_t>(0), 1u);
  process_.arguments.clear();
  EXPECT_EQ(args_get(guest_, 0, 200), Errno::success);
  EXPECT_EQ(text(200, 8), std::string("program\0", 8));
}

TEST_F(WasiP1, ListsThatDoNotFitLeaveNoTrace) {
  process_.arguments = {"program", "x"};
  for (const auto& [array, buffer] :
       std::vector<std::pair<uint32_t, uint32_t>>{{end - 7, 0}, {0, end - 9}, {~0u, 0}, {0, ~0u}, {~0u - 3, 0}}) {
    EXPECT_EQ(args_get(guest_, array, buffer), Errno::fault);
    EXPECT_TRUE(untouched());
  }
  EXPECT_EQ(args_sizes_get(guest_, end - 4, end - 3), Errno::fault);
  EXPECT_EQ(args_sizes_get(guest_, end - 3, 0), Errno::fault);
  EXPECT_TRUE(untouched());
}

TEST_F(WasiP1, ClocksShowTimeSinceTheProcessBeganAndTheDate) {
  clocks_.advance(77);
  EXPECT_EQ(clock_time_get(guest_, 1, 0, 3), Errno::success);
  EXPECT_EQ(at<uint64_t>(3), 77u);
  EXPECT_EQ(clock_time_get(guest_, 0, 0, 16), Errno::success);
  EXPECT_EQ(at<uint64_t>(16), 1'700'000'000'000'000'077u);
  EXPECT_EQ(clock_res_get(guest_, 0, 24), Errno::success);
  EXPECT_EQ(at<uint64_t>(24), 1000u);
  EXPECT_EQ(clock_time_get(guest_, 2, 0, 0), Errno::notsup);
  EXPECT_EQ(clock_res_get(guest_, 3, 0), Errno::notsup);
  EXPECT_EQ(clock_time_get(guest_, 4, 0, 0), Errno::inval);
  EXPECT_EQ(clock_time_get(guest_, 1, 0, end - 7), Errno::fault);
}

TEST_F(WasiP1, ReadsIntoTheFirstBufferThatHasRoom) {
  put<uint32_t>(0, 1000);
  put<uint32_t>(4, 0);
  put<uint32_t>(8, 1001);
  put<uint32_t>(12, 4);
  put<uint32_t>(16, 2000);
  put<uint32_t>(20, 100);
  EXPECT_EQ(fd_read(guest_, 0, 0, 3, 50), Errno::success);
  EXPECT_EQ(at<uint32_t>(50), 4u);
  EXPECT_EQ(text(1001, 4), "some");
  EXPECT_EQ(at<uint8_t>(1005), 0xaa);
  EXPECT_EQ(in_, " input");
}

TEST_F(WasiP1, NothingIsReadWhenTheCountHasNoPlace) {
  put<uint32_t>(0, 1000);
  put<uint32_t>(4, 4);
  EXPECT_EQ(fd_read(guest_, 0, 0, 1, end - 3), Errno::fault);
  EXPECT_EQ(fd_read(guest_, 0, end - 7, 1, 50), Errno::fault);
  EXPECT_EQ(fd_read(guest_, 0, 0, 0x2000'0001, 50), Errno::fault);  // the array itself is outside: 8 * count wraps in 32 bits
  put<uint32_t>(4, ~0u);
  EXPECT_EQ(fd_read(guest_, 0, 0, 1, 50), Errno::fault);
  put<uint32_t>(0, ~0u - 1);
  put<uint32_t>(4, 4);
  EXPECT_EQ(fd_read(guest_, 0, 0, 1, 50), Errno::fault);
  EXPECT_EQ(in_, "some input");
}

TEST_F(WasiP1, WritesGatheredPieces) {
  put_text(1000, "hello, ");
  put_text(1100, "world");
  put<uint32_t>(0, 1000);
  put<uint32_t>(4, 7);
  put<uint32_t>(8, 1100);
  put<uint32_t>(12, 5);
  EXPECT_EQ(fd_write(guest_, 1, 0, 2, 51), Errno::success);
  EXPECT_EQ(at<uint32_t>(51), 12u);
  EXPECT_EQ(out_, "hello, world");
  EXPECT_EQ(stream(1).writes, 1);
  EXPECT_EQ(fd_write(guest_, 2, 0, 1, 51), Errno::success);
  EXPECT_EQ(err_, "hello, ");
  EXPECT_EQ(fd_write(guest_, 1, 0, 0, 51), Errno::success);
  EXPECT_EQ(at<uint32_t>(51), 0u);
}

TEST_F(WasiP1, LargeAndShortWrites) {
  put<uint32_t>(0, 0);
  put<uint32_t>(4, 4000);
  put<uint32_t>(8, 8);
  put<uint32_t>(12, 4000);
  EXPECT_EQ(fd_write(guest_, 1, 0, 2, 60000), Errno::success);
  EXPECT_EQ(at<uint32_t>(60000), 8000u);
  EXPECT_EQ(stream(1).writes, 2);
  stream(1).most = 5;
  EXPECT_EQ(fd_write(guest_, 1, 0, 2, 60000), Errno::success);
  EXPECT_EQ(at<uint32_t>(60000), 5u);
  stream(1).failure = sandbox::Refusal::broken_pipe;
  EXPECT_EQ(fd_write(guest_, 1, 0, 2, 60000), Errno::pipe);
  stream(1).failure = sandbox::Refusal::no_space;
  EXPECT_EQ(fd_write(guest_, 1, 0, 1, 60000), Errno::nospc);
}

TEST_F(WasiP1, MoreBuffersThanTheLimitAreAShortWrite) {
  for (uint32_t i = 0; i < 2000; ++i) {
    put<uint32_t>(i * 8, 60000);
    put<uint32_t>(i * 8 + 4, 1);
  }
  EXPECT_EQ(fd_write(guest_, 1, 0, 2000, 60004), Errno::success);
  EXPECT_EQ(at<uint32_t>(60004), 1024u);
  EXPECT_EQ(fd_write(guest_, 1, 0, ~0u, 60004), Errno::success);  // likewise: only the first 1024 are looked at
  EXPECT_EQ(at<uint32_t>(60004), 1024u);
}

TEST_F(WasiP1, StreamsGoOneWay) {
  EXPECT_EQ(fd_write(guest_, 0, 0, 0, 0), Errno::badf);
  EXPECT_EQ(fd_read(guest_, 1, 0, 0, 0), Errno::badf);
  EXPECT_EQ(fd_read(guest_, 3, 0, 0, 0), Errno::badf);
}

TEST_F(WasiP1, WhatIsKnownAboutAStream) {
  EXPECT_EQ(fd_fdstat_get(guest_, 0, 1), Errno::success);
  EXPECT_EQ(at<uint8_t>(1), 0);
  EXPECT_EQ(at<uint16_t>(3), 0);
  EXPECT_EQ(at<uint64_t>(9), rights::fd_read | rights::fd_fdstat_set_flags | rights::fd_filestat_get | rights::poll_fd_readwrite);
  EXPECT_EQ(at<uint64_t>(17), 0u);
  EXPECT_EQ(fd_fdstat_get(guest_, 1, 0), Errno::success);
  EXPECT_EQ(at<uint8_t>(0), 2);  // a terminal
  EXPECT_EQ(at<uint64_t>(8) & (rights::fd_read | rights::fd_write), rights::fd_write);
  EXPECT_EQ(fd_fdstat_get(guest_, 1, end - 23), Errno::fault);
  EXPECT_EQ(fd_filestat_get(guest_, 1, 0), Errno::success);
  EXPECT_EQ(at<uint8_t>(16), 2);
  EXPECT_EQ(at<uint64_t>(32), 0u);
  EXPECT_EQ(fd_filestat_get(guest_, 1, end - 63), Errno::fault);
  EXPECT_EQ(fd_fdstat_get(guest_, 3, 0), Errno::badf);
}

TEST_F(WasiP1, FlagsAreRememberedAndNonblockMeansIt) {
  EXPECT_EQ(fd_fdstat_set_flags(guest_, 0, fdflags::nonblock | fdflags::append), Errno::success);
  EXPECT_EQ(fd_fdstat_get(guest_, 0, 0), Errno::success);
  EXPECT_EQ(at<uint16_t>(2), fdflags::nonblock | fdflags::append);
  stream(0).is_ready = false;
  put<uint32_t>(100, 1000);
  put<uint32_t>(104, 4);
  EXPECT_EQ(fd_read(guest_, 0, 100, 1, 50), Errno::again);
  EXPECT_EQ(fd_fdstat_set_flags(guest_, 0, fdflags::sync), Errno::notsup);
  EXPECT_EQ(fd_fdstat_set_flags(guest_, 0, 32), Errno::inval);
  EXPECT_EQ(fd_fdstat_set_flags(guest_, 9, 0), Errno::badf);
}

TEST_F(WasiP1, RightsCanOnlyBeGivenUp) {
  EXPECT_EQ(fd_fdstat_set_rights(guest_, 0, rights::fd_write, 0), Errno::notcapable);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, 0, rights::fd_read, 1), Errno::notcapable);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, 0, rights::fd_fdstat_set_flags, 0), Errno::success);
  EXPECT_EQ(fd_read(guest_, 0, 0, 0, 0), Errno::notcapable);
  EXPECT_EQ(fd_filestat_get(guest_, 0, 0), Errno::notcapable);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, 0, rights::fd_read, 0), Errno::notcapable);
  EXPECT_EQ(fd_fdstat_get(guest_, 0, 0), Errno::success);
  EXPECT_EQ(at<uint64_t>(8), rights::fd_fdstat_set_flags);
}

TEST_F(WasiP1, CloseAndRenumber) {
  EXPECT_EQ(fd_renumber(guest_, 1, 2), Errno::success);
  EXPECT_EQ(fd_close(guest_, 1), Errno::badf);
  EXPECT_EQ(fd_close(guest_, 2), Errno::success);
  EXPECT_EQ(fd_close(guest_, 2), Errno::badf);
  EXPECT_EQ(fd_renumber(guest_, 0, 5), Errno::badf);
  EXPECT_EQ(fd_renumber(guest_, 0, 0), Errno::success);
}

TEST_F(WasiP1, WhatNeedsFilesFoldersAndSocketsSaysSo) {
  EXPECT_EQ(fd_prestat_get(guest_, 3, 0), Errno::badf);  // where libraries look for folders
  EXPECT_EQ(fd_seek(guest_, 0, 0, 1, 0), Errno::spipe);
  EXPECT_EQ(fd_tell(guest_, 0, 0), Errno::spipe);
  EXPECT_EQ(fd_pread(guest_, 0, 0, 1, 0, 0), Errno::spipe);
  EXPECT_EQ(fd_readdir(guest_, 0, 0, 0, 0, 0), Errno::notdir);
  EXPECT_EQ(fd_seek(guest_, 3, 0, 1, 0), Errno::badf);
  EXPECT_EQ(path_open(guest_, 0, 0, 0, 0, 0, 0, 0, 0, 0), Errno::notdir);
  EXPECT_EQ(path_open(guest_, 3, 0, 0, 0, 0, 0, 0, 0, 0), Errno::badf);
  EXPECT_EQ(path_rename(guest_, 0, 0, 0, 3, 0, 0), Errno::badf);
  EXPECT_EQ(path_link(guest_, 3, 0, 0, 0, 0, 0, 0), Errno::badf);
  EXPECT_EQ(sock_accept(guest_, 0, 0, 0), Errno::notsock);
  EXPECT_EQ(sock_shutdown(guest_, 9, 0), Errno::badf);
  EXPECT_EQ(proc_raise(guest_, 6), Errno::notsup);
  EXPECT_EQ(sched_yield(guest_), Errno::success);
  EXPECT_TRUE(untouched());
}

TEST_F(WasiP1, RandomBytesFillExactlyWhatWasAskedFor) {
  EXPECT_EQ(random_get(guest_, 7, 5), Errno::success);
  EXPECT_EQ(at<uint8_t>(6), 0xaa);
  EXPECT_EQ(text(7, 5), "\1\2\3\4\5");
  EXPECT_EQ(at<uint8_t>(12), 0xaa);
  EXPECT_EQ(random_get(guest_, end, 0), Errno::success);
  EXPECT_EQ(random_get(guest_, end, 1), Errno::fault);
  EXPECT_EQ(random_get(guest_, 1, ~0u), Errno::fault);
  random_.fails = true;
  EXPECT_EQ(random_get(guest_, 0, 1), Errno::io);
}

TEST_F(WasiP1, AWaitThatIsGivenUpLeavesNoTrace) {
  clocks_.gives_up = true;
  subscribe_clock(0, 1, 5'000);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 1, 1, 900), Errno::intr);
  EXPECT_EQ(at<uint8_t>(1), 0xaa);
}

TEST_F(WasiP1, ALoneClockIsASleep) {
  subscribe_clock(0, 1, 5'000);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 1, 1, 900), Errno::success);
  EXPECT_EQ(clocks_.sleeps, 1);
  EXPECT_EQ(process_.now_ns(sandbox::ClockId::monotonic), 5'000u);
  EXPECT_EQ(at<uint32_t>(900), 1u);
  EXPECT_EQ(at<uint64_t>(1), 100u);
  EXPECT_EQ(at<uint16_t>(9), 0);
  EXPECT_EQ(at<uint8_t>(11), 0);
  subscribe_clock(0, 0, clocks_.realtime + 300, subclock_abstime);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 1, 1, 900), Errno::success);
  EXPECT_EQ(process_.now_ns(sandbox::ClockId::monotonic), 5'300u);
  subscribe_clock(0, 1, 10, subclock_abstime);  // in the past: at once
  EXPECT_EQ(poll_oneoff(guest_, 4096, 1, 1, 900), Errno::success);
  EXPECT_EQ(clocks_.sleeps, 2);
}

TEST_F(WasiP1, TheEarliestClockWins) {
  subscribe_clock(0, 1, 9'000);
  subscribe_clock(1, 0, 1'000);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 2, 900), Errno::success);
  EXPECT_EQ(at<uint32_t>(900), 1u);
  EXPECT_EQ(at<uint64_t>(0), 101u);
  EXPECT_EQ(process_.now_ns(sandbox::ClockId::monotonic), 1'000u);
}

TEST_F(WasiP1, ReadyStreamsAreReportedWithoutWaiting) {
  subscribe_fd(0, 1, 0);
  subscribe_clock(1, 1, 9'000);
  subscribe_fd(2, 2, 1);
  stream(0).is_hung_up = true;
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 3, 900), Errno::success);
  EXPECT_EQ(at<uint32_t>(900), 2u);
  EXPECT_EQ(at<uint64_t>(0), 100u);
  EXPECT_EQ(at<uint8_t>(10), 1);
  EXPECT_EQ(at<uint64_t>(16), 10u);
  EXPECT_EQ(at<uint16_t>(24), event_hangup);
  EXPECT_EQ(at<uint64_t>(32), 102u);
  EXPECT_EQ(at<uint8_t>(42), 2);
  EXPECT_EQ(clocks_.waits + clocks_.sleeps, 0);
}

TEST_F(WasiP1, AStreamThatBecomesReadyEndsTheWait) {
  stream(0).is_ready = false;
  subscribe_fd(0, 1, 0);
  subscribe_clock(1, 1, 9'000);
  clocks_.on_wait_ready = &stream(0);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 2, 900), Errno::success);
  EXPECT_EQ(clocks_.waits, 1);
  EXPECT_EQ(clocks_.waited_for, 1u);
  EXPECT_EQ(at<uint32_t>(900), 1u);
  EXPECT_EQ(at<uint64_t>(0), 100u);
}

TEST_F(WasiP1, SubscriptionsThatCanNeverComeTrueAreReportedAsErrors) {
  subscribe_fd(0, 1, 7);
  subscribe_fd(1, 1, 1);  // stdout is not readable
  subscribe_clock(2, 9, 1);
  subscribe_clock(3, 1, 1'000'000);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 4, 900), Errno::success);
  EXPECT_EQ(at<uint32_t>(900), 3u);
  EXPECT_EQ(at<uint16_t>(8), static_cast<uint16_t>(Errno::badf));
  EXPECT_EQ(at<uint16_t>(40), static_cast<uint16_t>(Errno::badf));
  EXPECT_EQ(at<uint16_t>(72), static_cast<uint16_t>(Errno::inval));
  EXPECT_EQ(clocks_.waits, 0);
}

TEST_F(WasiP1, PollChecksBeforeItWrites) {
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 0, 900), Errno::inval);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 1025, 900), Errno::inval);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, ~0u, 900), Errno::inval);
  EXPECT_EQ(poll_oneoff(guest_, end - 47, 0, 1, 900), Errno::fault);
  EXPECT_EQ(poll_oneoff(guest_, 0, end - 31, 1, 900), Errno::fault);
  EXPECT_EQ(poll_oneoff(guest_, 0, 0, 1, end - 3), Errno::fault);
  EXPECT_EQ(poll_oneoff(guest_, 0, 0, 1, 900), Errno::inval);  // 0xaa is no kind of event
  EXPECT_TRUE(untouched());
}

TEST_F(WasiP1, EventsMayOverlapSubscriptions) {
  subscribe_fd(0, 2, 1);
  subscribe_fd(1, 2, 2);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 4096, 2, 900), Errno::success);
  EXPECT_EQ(at<uint32_t>(900), 2u);
  EXPECT_EQ(at<uint64_t>(4096), 100u);
  EXPECT_EQ(at<uint64_t>(4096 + 32), 101u);
}

TEST_F(WasiP1, AGuestWithoutMemoryFaults) {
  Guest bare{process_, {}};
  EXPECT_EQ(args_sizes_get(bare, 0, 0), Errno::fault);
  EXPECT_EQ(fd_write(bare, 1, 0, 1, 0), Errno::fault);
  EXPECT_EQ(random_get(bare, 0, 1), Errno::fault);
  EXPECT_EQ(poll_oneoff(bare, 0, 0, 1, 0), Errno::fault);
}

}  // namespace
}  // namespace mote::wasi_p1
