// The loop: pipes, times, files, work from other threads, waits that are taken back, descriptors that run out.
#include "base/io/loop.h"

#include "base/os/clock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace mote::io {
namespace {

constexpr uint64_t ms = 1'000'000;

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

TEST(Loop, WakesForDescriptors) {
  auto loop = *Loop::create();
  const Pipe pipe;
  int woken = 0;
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  auto same = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
  while (woken < 2) loop->run_once();
  const Interest writing[] = {{pipe.ends[1], true}};
  wait = *loop->wait(writing, std::nullopt, [&] { ++woken; });
  while (woken < 3) loop->run_once();
  wait.reset();
  same.reset();
  loop->poll();  // nothing is waited for
  EXPECT_EQ(woken, 3);
}

TEST(Loop, WakesForTimesAndForWhatComesFirst) {
  auto loop = *Loop::create();
  const Pipe pipe;
  int woken = 0;
  const uint64_t begin = now();
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, begin + 20 * ms, [&] { ++woken; });
  while (woken == 0) loop->run_once();
  EXPECT_GE(now(), begin + 20 * ms);
  wait = *loop->wait({}, 0, [&] { ++woken; });  // long past
  while (woken == 1) loop->run_once();
  wait = *loop->wait({}, UINT64_MAX, [&] { ++woken; });  // never
  auto earlier = *loop->wait({}, now() + ms, [&] { ++woken; });
  while (woken == 2) loop->run_once();
  EXPECT_EQ(woken, 3);
}

TEST(Loop, FilesAreReady) {
  auto loop = *Loop::create();
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  int woken = 0;
  const Interest reading[] = {{file, false}};
  auto wait = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  while (woken == 0) loop->run_once();
  wait.reset();
  close(file);
}

TEST(Loop, AWaitThatIsTakenBackWakesNobody) {
  auto loop = *Loop::create();
  const Pipe pipe;
  ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, now(), [] { FAIL(); });
  wait.reset();
  loop->poll();
}

TEST(Loop, OtherThreadsPost) {
  auto loop = *Loop::create();
  std::atomic<int> done = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop->post([&] { ++done; });
  });
  while (done < 100) loop->run_once();
  other.join();
}

TEST(Loop, RunsOutOfDescriptors) {
#ifdef MOTE_INSTRUMENTED
  GTEST_SKIP() << "UBSan needs descriptors itself, to find out whether memory can be read";
#endif
  auto loop = *Loop::create();
  const Pipe pipe;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {static_cast<rlim_t>(pipe.ends[1]) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Interest reading[] = {{pipe.ends[0], false}};
  const auto wait = loop->wait(reading, std::nullopt, [] {});
  const auto second = Loop::create();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(wait);
  EXPECT_EQ(wait.error().message, "cannot wait for a descriptor: Too many open files");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot make an event loop: Too many open files");
}

TEST(Waiting, BlocksTheThread) {
  EXPECT_FALSE(blocking().parks());
  const uint64_t begin = now();
  EXPECT_TRUE(blocking().wait({}, begin + 5 * ms));
  EXPECT_GE(now(), begin + 5 * ms);
  const Pipe pipe;
  const Interest writing[] = {{pipe.ends[1], true}};
  EXPECT_TRUE(blocking().wait(writing, std::nullopt));
}

}  // namespace
}  // namespace mote::io
