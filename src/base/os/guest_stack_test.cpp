// Code runs on the guest stack and comes back; the guard faults; the layout is what engine/runtime relies on.
#include "base/os/guest_stack.h"

#include <gtest/gtest.h>

namespace mote::os {
namespace {

TEST(GuestStack, RunsAFunctionOnTheStackAndReturns) {
  auto stack = GuestStack::create(64 << 10);
  ASSERT_TRUE(stack);
  struct Seen {
    const GuestStack* stack;
    bool was_there;
  } seen = {&*stack, false};
  stack->run(
      [](void* argument) {
        auto& seen = *static_cast<Seen*>(argument);
        seen.was_there = seen.stack->holds(__builtin_frame_address(0));
      },
      &seen);
  EXPECT_TRUE(seen.was_there);
  EXPECT_FALSE(stack->holds(__builtin_frame_address(0)));
}

TEST(GuestStack, PartsLieInOrder) {
  auto stack = GuestStack::create(10000);  // rounded up to pages
  ASSERT_TRUE(stack);
  EXPECT_EQ(stack->guard_high() - stack->guard_low(), static_cast<ptrdiff_t>(GuestStack::guard_size));
  EXPECT_EQ(stack->host_limit() - stack->guard_high(), static_cast<ptrdiff_t>(GuestStack::host_reserve_size));
  EXPECT_EQ(stack->top() - stack->host_limit(), 3 * static_cast<ptrdiff_t>(page_size));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(stack->top()) % 16, 0u);
  stack->exchange_buffer()[GuestStack::exchange_size - 1] = 1;
  stack->guard_high()[0] = 1;
}

TEST(GuestStackDeathTest, TheGuardFaults) {
  auto stack = GuestStack::create(page_size);
  ASSERT_TRUE(stack);
  EXPECT_DEATH(stack->guard_high()[-1] = 1, "");
}

}  // namespace
}  // namespace mote::os
