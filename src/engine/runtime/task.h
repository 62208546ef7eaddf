// Task: work of the host that calls guests of one store, and that can be left in the middle and taken up again: where it parks
// itself, and where another thread's preempt() (stop_control.h) found it.
//
// The work runs on the store's guest stack from its beginning, so whatever it calls, guests, host functions, guests again, is left
// and taken up as one. A parked or preempted store is entered by nothing else: its guest may stand between any two instructions.
// Tested by engine/api/task_test.cpp.
#pragma once

#include "base/os/fiber.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>

namespace mote::runtime {

class Store;

class Task {
 public:
  enum class Step : uint8_t { ended, parked, preempted };

  Task(Store& store, std::function<void()> work) : store_(store), work_(std::move(work)) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  // Stops a guest that has not ended, and lets the host's functions on the stack return.
  ~Task();

  // Begins the work or goes on with it. Fails, with nothing done, when the store is in use, or there is no stack.
  [[nodiscard]] Result<Step> resume();
  [[nodiscard]] bool has_ended() const { return state_ == State::ended; }
  [[nodiscard]] bool is_running() const { return state_ == State::running; }

  // On the task: leaves it; returns in the next resume(), with whether to go on. Not: the store is stopped, and the work should
  // end.
  [[nodiscard]] bool park();

  // For the runtime: leaves the task where the guest was found, in the handler of an interruption; or at a safe point.
  [[nodiscard]] bool preempt(os::Interruption& interruption) { return fiber_.leave_interrupted(interruption); }
  void preempt();

 private:
  enum class State : uint8_t { fresh, running, suspended, ended };
  [[nodiscard]] Result<void> prepare();
  void end_guest();

  Store& store_;
  std::function<void()> work_;
  os::Fiber fiber_;
  State state_ = State::fresh;
  bool is_parking_ = false;  // the turn ends because it parks
};

}  // namespace mote::runtime
