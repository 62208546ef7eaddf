// Fiber: a computation on a guest stack that can be left and taken up again, by the thread that left it or by another.
//
// It is left from inside, by leave(), or by a signal that interrupted it between any two instructions: then every register waits in
// the fiber until the next turn. What runs on a fiber must hold no address of a thread_local (errno is one) across leave(). A
// function that was begun should be let run to its end: what lies on its stack is not destroyed otherwise.
// Tested by fiber_test.cpp; what its switches cost, by `./bench stop`.
#pragma once

#include "base/os/guest_stack.h"
#include "base/os/interruption.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace mote::os {

class Fiber {
 public:
  enum class Turn : uint8_t { ended, left, interrupted };  // how the last turn ended

  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // Runs function(argument) on the stack until it ends or is left. The stack is the fiber's until it has ended.
  Turn start(const GuestStack& stack, void (*function)(void*), void* argument);
  Turn resume();  // after a turn that did not end. This thread must have a signal stack (provide_signal_stack)

  // After a turn that was interrupted: where that was, and where to go on instead.
  [[nodiscard]] std::optional<Registers> interrupted_at() const;
  void move_to(const Registers& registers);

  // On the fiber: back to whoever started or resumed it; returns in the next turn.
  void leave();
  // In the handler of an interruption that found this thread on the fiber, outside of any system call, library or lock: the same.
  // False: the registers are more than there is room for, which was measured when the fiber began.
  [[nodiscard]] bool leave_interrupted(Interruption& interruption);

 private:
  struct Saved;
  static void begin(Fiber* self);
  Turn take_turn();

  const GuestStack* stack_ = nullptr;
  void (*function_)(void*) = nullptr;
  void* argument_ = nullptr;
  void* sp_ = nullptr;          // of the fiber, while it is left
  void* resumer_sp_ = nullptr;  // of whoever waits for the turn's end
  Turn turn_ = Turn::ended;
  std::unique_ptr<Saved> saved_;  // what a signal interrupted
  // For sanitizers.
  void* fake_stack_ = nullptr;
  const void* resumer_bottom_ = nullptr;
  size_t resumer_size_ = 0;
  void* tsan_fiber_ = nullptr;
  void* tsan_resumer_ = nullptr;
};

}  // namespace mote::os
