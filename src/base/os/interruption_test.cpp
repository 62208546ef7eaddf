// Interruptions reach code that runs and code that sleeps, move execution where the handler says, restart system calls, and leave
// earlier handlers theirs.
#include "base/os/interruption.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

// Spins; execution that is moved to interruption_escaped returns 1.
asm(R"(
        .text
        .globl  interruption_spin, interruption_escaped
interruption_spin:
        pause
        jmp     interruption_spin
interruption_escaped:
        movl    $1, %eax
        ret
)");
extern "C" int interruption_spin();
extern "C" const char interruption_escaped[];

namespace mote::os {
namespace {

std::atomic<int> earlier_calls = 0, our_calls = 0;

void earlier(int) {
  ++earlier_calls;
}

bool handle(Interruption& registers) {
  ++our_calls;
  const auto spin = reinterpret_cast<uint64_t>(interruption_spin);
  if (registers.pc < spin || registers.pc >= spin + 4) return false;
  registers.pc = reinterpret_cast<uint64_t>(interruption_escaped);
  return true;
}

// One process has one handler, so one test.
TEST(Interruption, ReachesAThreadAndMovesIt) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it";
#endif
#endif
  signal(interruption_signal, earlier);
  install_interruption_handler(handle);

  std::atomic<ThreadId> runner = 0;
  std::atomic<int> result = 0;
  std::thread spinning([&] {
    ASSERT_TRUE(provide_signal_stack());
    runner = this_thread();
    result = interruption_spin();
  });
  while (runner == 0) std::this_thread::yield();
  while (result == 0) {
    interrupt(runner);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  EXPECT_EQ(result, 1);
  spinning.join();
  interrupt(runner);  // of a thread that has ended: nothing

  // A thread that was made with all signals blocked, and sits in a system call: it is let through, and the call goes on.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  runner = 0;
  std::thread reading([&] {
    ASSERT_TRUE(provide_signal_stack());
    runner = this_thread();
    char byte = 0;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  while (runner == 0) std::this_thread::yield();
  const int ours_before = our_calls;
  const int earlier_before = earlier_calls;
  while (our_calls == ours_before) {
    interrupt(runner);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  reading.join();
  EXPECT_GT(earlier_calls, earlier_before);  // what our handler does not take is the earlier one's
  EXPECT_TRUE(bring_threads_into_line());
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace mote::os
