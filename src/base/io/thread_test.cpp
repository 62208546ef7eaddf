#include "base/io/thread.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace mote::io {
namespace {

TEST(Thread, RunsAndIsWaitedFor) {
  int done = 0;
  {
    const auto thread = Thread::start([&] { done = 1; });
  }
  EXPECT_EQ(done, 1);
}

TEST(Thread, RunsInParallel) {
  std::atomic<uint32_t> calls = 0, together = 0, most = 0;
  run_parallel(3, [&] {
    ++calls;
    most = std::max<uint32_t>(most, ++together);
    // Goes on when all three are here: with fewer at once it would take its whole patience.
    for (int i = 0; i < 10000 && together < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  EXPECT_EQ(calls, 3u);
  EXPECT_EQ(together, 3u);
  calls = 0;
  run_parallel(1, [&] { ++calls; });
  EXPECT_EQ(calls, 1u);
}

// In a process of its own, without room for another stack.
TEST(Thread, NotHavingOneIsAnErrorOrFewer) {
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "a sanitizer needs the address space that this takes away";
#endif
#endif
  EXPECT_EXIT(
      {
        rlimit none;
        none.rlim_cur = none.rlim_max = 1;
        setrlimit(RLIMIT_AS, &none);
        std::latch last(1);
        std::vector<Thread> threads;  // in stacks of threads that have ended
        bool is_told = false;
        for (;;) {
          auto next = Thread::start([&] { last.wait(); });
          if (!next) {
            is_told = next.error().message.contains("cannot start a thread");
            break;
          }
          threads.push_back(std::move(*next));
        }
        const bool is_late = Delayed::start(1, [] {}).has_value();
        uint32_t calls = 0;
        run_parallel(4, [&] { ++calls; });
        _exit(!is_told ? 1 : is_late ? 2 : calls != 1 ? 3 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Delayed, ActsLaterOrNotAtAll) {
  std::atomic<bool> acted = false;
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto delayed = Delayed::start(60'000, [&] { acted = true; });
  }
  EXPECT_FALSE(acted);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30)) << "its end waits for nothing";
  {
    const auto delayed = Delayed::start(1, [&] { acted = true; });
    for (int i = 0; i < 10000 && !acted; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(acted);
}

}  // namespace
}  // namespace mote::io
