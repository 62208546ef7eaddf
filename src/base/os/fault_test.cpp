// Faults reach our handler, which may move execution; what it refuses goes to the handler before ours or ends the process. The
// handler itself is installed once per process, so all cases share it.
#include "base/os/fault.h"

#include "base/os/guest_stack.h"
#include "base/os/memory_map.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

// Reads *rdi and returns 0; execution that is moved to fault_escaped returns 1.
asm(R"(
        .text
        .globl  fault_read, fault_escaped
fault_read:
        movb    (%rdi), %al
        xorl    %eax, %eax
        ret
fault_escaped:
        movl    $1, %eax
        ret
)");
extern "C" int fault_read(const void* address);
extern "C" const char fault_escaped[];

namespace mote::os {
namespace {

const uint8_t* expected = nullptr;
Fault seen;

bool handle(Fault& fault) {
  if (fault.address != expected) return false;
  seen = fault;
  fault.pc = reinterpret_cast<uint64_t>(fault_escaped);
  return true;
}

class FaultTest : public ::testing::Test {
 protected:
  FaultTest() : page(std::move(*Mapping::reserve(page_size))) {
    install_fault_handler(handle);
    EXPECT_TRUE(provide_signal_stack());
    expected = page.data() + 100;
  }
  Mapping page;
};

TEST_F(FaultTest, TheHandlerMayMoveExecution) {
  EXPECT_EQ(fault_read(page.data() + 100), 1);
  EXPECT_EQ(seen.kind, Fault::Kind::segmentation);
  EXPECT_EQ(seen.address, page.data() + 100);
  EXPECT_EQ(fault_read(page.data() + 100), 1);  // the signal is not blocked afterwards
}

using FaultDeathTest = FaultTest;
TEST_F(FaultDeathTest, WhatItRefusesEndsTheProcess) {
  EXPECT_DEATH(fault_read(page.data() + 50), "");
}

TEST_F(FaultDeathTest, AnExhaustedStackIsHandledOnTheSignalStack) {
  auto stack = GuestStack::create(page_size);
  ASSERT_TRUE(stack);
  // Below the guard's top there is no stack to run a handler on.
  expected = stack->guard_high() - 8;
  EXPECT_EQ(fault_read(expected), 1);
}

TEST_F(FaultTest, EachThreadHasItsOwnSignalStack) {
  std::thread([&] {
    stack_t before = {}, after = {};
    sigaltstack(nullptr, &before);
    EXPECT_TRUE(provide_signal_stack());
    EXPECT_TRUE(provide_signal_stack());
    sigaltstack(nullptr, &after);
    EXPECT_EQ(after.ss_flags & SS_DISABLE, 0);
    EXPECT_GE(after.ss_size, 16384u);
    EXPECT_EQ(fault_read(page.data() + 100), 1);
  }).join();
}

}  // namespace
}  // namespace mote::os
