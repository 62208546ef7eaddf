// Task: a call into a guest that can be left in the middle and taken up again, so that one thread runs many guests, and none of
// them longer than its turn.
//
//   Task task(store, [&] { result = func(1, 2); });
//   while (*task.resume() != Task::Step::ended) { … others … }
//
// The work runs on the store's own stack (limits::wasm_stack) from its first line; keep there what fits. A turn ends when the work
// does, when a host function parks (Caller::park), or when another thread preempts (Stopper::preempt). Between turns nothing else
// enters the store, and what its guest left in memories and globals may be half done.
// Threads: one at a time, any. Costs and ways: docs/internals/waiting.md. Tested by engine/api/task_test.cpp.
#pragma once

#include <mote/store.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace mote {

class Task {
 public:
  enum class Step : uint8_t { ended, parked, preempted };  // why a turn ended

  // `work` calls guests of the store, as often as it wants. It begins with the first resume().
  Task(Store& store, std::function<void()> work);
  Task(Task&&) noexcept;
  Task& operator=(Task&&) noexcept;
  // Before its store. A guest that has not ended is stopped for good (as by Stopper::stop), its host functions are let return.
  ~Task();

  // The next turn. Fails when the task runs or has ended, and before the first turn when the store is in use or has no stack.
  [[nodiscard]] Result<Step> resume();
  [[nodiscard]] bool has_ended() const;

  // As Caller::park, for what is called by the work and has no Caller; only while this task runs.
  [[nodiscard]] bool park();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace mote
