// Tasks (task.h): a fiber on the store's stack; each turn is to the store what an outermost call is.
#include "engine/runtime/task.h"

#include "base/core/assert.h"
#include "engine/runtime/store.h"
#include "engine/runtime/trap_handler.h"

#include <utility>

namespace mote::runtime {

Task::~Task() {
  if (state_ == State::fresh || state_ == State::ended) return;
  ASSERT(state_ == State::suspended);  // it would take its own stack away
  store_.stop_control()->stop("its task was discarded", std::chrono::nanoseconds(0));
  while (state_ != State::ended) {
    const auto step = resume();
    ASSERT(step);  // only the first turn can fail
  }
}

// What is made once: the stack, and the store is this task's.
Result<void> Task::prepare() {
  TRY(os::provide_signal_stack());
  if (state_ != State::fresh) return {};
  if (store_.task() != nullptr)
    return fail(ErrorKind::bad_input, "the store runs a task already; let that end first, or discard it");
  if (store_.context.activation != nullptr) {
    return fail(ErrorKind::bad_input, "a guest of the store runs: a task begins outside of it");
  }
  TRY(store_.stack());
  store_.set_task(this);
  return {};
}

Result<Task::Step> Task::resume() {
  if (state_ == State::running) return fail(ErrorKind::bad_input, "the task runs");
  if (state_ == State::ended) return fail(ErrorKind::bad_input, "the task has ended");
  TRY(prepare());
  const bool is_first = std::exchange(state_, State::running) == State::fresh;
  store_.context.interrupt.fetch_and(~code::interrupt_preempt, std::memory_order_relaxed);
  is_parking_ = false;
  Store* const outer = running_store();
  set_running_store(&store_);
  // A guest that is to stop is let out of compiled code; all else on the stack looks itself, and ends.
  if (!store_.stop_control()->enter()) end_guest();
  const os::Fiber::Turn turn = is_first ? fiber_.start(
                                              store_.running_stack(), [](void* self) { static_cast<Task*>(self)->work_(); }, this)
                                        : fiber_.resume();
  store_.stop_control()->leave();
  set_running_store(outer);
  if (turn != os::Fiber::Turn::ended) {
    state_ = State::suspended;
    return is_parking_ ? Step::parked : Step::preempted;
  }
  state_ = State::ended;
  store_.set_task(nullptr);
  return Step::ended;
}

void Task::end_guest() {
  if (auto at = fiber_.interrupted_at()) {
    end_interrupted(store_, *at);
    fiber_.move_to(*at);
  }
}

bool Task::park() {
  ASSERT(state_ == State::running);
  if (!store_.is_to_stop()) {
    is_parking_ = true;
    fiber_.leave();
  }
  return !store_.is_to_stop();
}

void Task::preempt() {
  fiber_.leave();
}

}  // namespace mote::runtime
