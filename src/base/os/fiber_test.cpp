// Fibers: turns, many of them, on several threads, and left by a signal in the middle of anything.
#include "base/os/fiber.h"

#include "base/os/machine_context.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

// A guest: sums squares in vector and integer registers and below its stack pointer (the red zone), from `from` down to 1.
asm(R"(
        .text
        .globl fiber_test_sum
fiber_test_sum:
        xorl  %eax, %eax
        pxor  %xmm15, %xmm15
1:      movq  %rdi, %r11
        imulq %r11, %r11
        addq  %r11, %rax
        movq  %rax, -64(%rsp)
        movq  %r11, %xmm14
        paddq %xmm14, %xmm15
        movq  -64(%rsp), %rax
        decq  %rdi
        jne   1b
        movq  %xmm15, %rdx
        xorq  %rax, %rdx
        jne   2f
        ret
2:      movq  $-1, %rax
        ret
)");
extern "C" uint64_t fiber_test_sum(uint64_t from);

namespace mote::os {
namespace {

struct Counter {
  Fiber fiber;
  int value = 0;
  double sum = 0;
};

void count_to_three(void* argument) {
  auto& counter = *static_cast<Counter*>(argument);
  for (int i = 0; i < 3; ++i) {
    ++counter.value;
    counter.sum += std::sqrt(2.0);
    counter.fiber.leave();
  }
}

TEST(Fiber, IsLeftAndTakenUpAgain) {
  const auto stack = GuestStack::create(64 << 10);
  ASSERT_TRUE(stack);
  Counter counter;
  EXPECT_EQ(counter.fiber.start(*stack, count_to_three, &counter), Fiber::Turn::left);
  EXPECT_EQ(counter.value, 1);
  EXPECT_EQ(counter.fiber.resume(), Fiber::Turn::left);
  std::thread([&] { EXPECT_EQ(counter.fiber.resume(), Fiber::Turn::left); }).join();
  EXPECT_EQ(counter.value, 3);
  EXPECT_EQ(counter.fiber.resume(), Fiber::Turn::ended);
  EXPECT_DOUBLE_EQ(counter.sum, 3 * std::sqrt(2.0));
  EXPECT_EQ(counter.fiber.start(*stack, count_to_three, &counter), Fiber::Turn::left);  // again
  while (counter.fiber.resume() != Fiber::Turn::ended) {
  }
  EXPECT_EQ(counter.value, 6);
}

TEST(Fiber, SeveralTakeTurns) {
  std::vector<GuestStack> stacks;
  std::vector<std::unique_ptr<Counter>> counters;
  for (int i = 0; i < 10; ++i) {
    stacks.push_back(*GuestStack::create(64 << 10));
    counters.push_back(std::make_unique<Counter>());
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(counters[i]->fiber.start(stacks[i], count_to_three, counters[i].get()), Fiber::Turn::left);
  for (int round = 0; round < 3; ++round) {
    for (const auto& counter : counters) {
      EXPECT_EQ(counter->fiber.resume(), round < 2 ? Fiber::Turn::left : Fiber::Turn::ended);
    }
  }
  for (const auto& counter : counters) EXPECT_EQ(counter->value, 3);
}

Fiber* interrupted_fiber = nullptr;
std::atomic<bool> may_leave = false;

void on_signal(int, siginfo_t*, void* context) {
  auto& machine = *static_cast<ucontext_t*>(context);
  Interruption interruption = {registers_of(machine), context};
  const auto begin = reinterpret_cast<uint64_t>(fiber_test_sum);
  const bool is_inside = interruption.pc >= begin && interruption.pc < begin + 70;
  if (may_leave && is_inside && interrupted_fiber->leave_interrupted(interruption)) set_registers(machine, interruption);
}

TEST(Fiber, IsLeftBySignalsBetweenAnyTwoInstructions) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it";
#endif
#endif
  struct sigaction action = {}, before = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  struct Sum {
    Fiber fiber;
    uint64_t result = 0;
  } sum;
  interrupted_fiber = &sum.fiber;
  const auto stack = GuestStack::create(64 << 10);
  ASSERT_TRUE(stack);
  std::atomic<bool> is_over = false;
  std::atomic<pthread_t> runner = pthread_self();
  std::thread sender([&] {
    while (!is_over) {
      pthread_kill(runner, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  ASSERT_TRUE(provide_signal_stack());
  int interruptions = 0;
  constexpr uint64_t from = 20'000'000;
  may_leave = true;
  Fiber::Turn turn =
      sum.fiber.start(*stack, [](void* argument) { static_cast<Sum*>(argument)->result = fiber_test_sum(from); }, &sum);
  while (turn == Fiber::Turn::interrupted) {
    ++interruptions;
    if (interruptions % 10 != 0) {
      turn = sum.fiber.resume();
      continue;
    }
    std::thread other([&] {
      ASSERT_TRUE(provide_signal_stack());
      turn = sum.fiber.resume();  // the signals are for the other thread: it runs on until they are for this one
    });
    runner = other.native_handle();
    other.join();
    runner = pthread_self();
  }
  may_leave = false;
  is_over = true;
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(turn, Fiber::Turn::ended);
  uint64_t expected = 0;
  for (uint64_t i = 1; i <= from; ++i) expected += i * i;
  EXPECT_EQ(sum.result, expected);
  EXPECT_GT(interruptions, 10);
}

TEST(StackPool, HandsOutWhatCameBack) {
  StackPool pool(1);
  auto stack = *pool.take(100'000);
  const uint8_t* const top = stack.top();
  stack.top()[-1] = 7;
  pool.give(std::move(stack));
  EXPECT_EQ(pool.count(), 1u);
  EXPECT_NE((*pool.take(200'000)).top(), top);
  auto again = *pool.take(100'000);
  EXPECT_EQ(again.top(), top);
  EXPECT_EQ(pool.count(), 0u);
  pool.give(std::move(again));
  pool.give(*GuestStack::create(100'000));  // one too many
  EXPECT_EQ(pool.count(), 1u);
}

}  // namespace
}  // namespace mote::os
