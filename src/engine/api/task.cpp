// Task: the front door of runtime::Task. See mote/task.h. Tested by task_test.cpp.
#include "engine/runtime/task.h"

#include "engine/api/state.h"

#include <mote/task.h>

#include <utility>

namespace mote {

struct Task::State {
  State(runtime::Store& store, std::function<void()> work) : task(store, std::move(work)) {}
  runtime::Task task;
};

Task::Task(Store& store, std::function<void()> work) : state_(std::make_unique<State>(store.state()->store, std::move(work))) {}
Task::Task(Task&&) noexcept = default;
Task& Task::operator=(Task&&) noexcept = default;
Task::~Task() = default;

Result<Task::Step> Task::resume() {
  using Step = runtime::Task::Step;
  switch (TRY(state_->task.resume())) {
    case Step::ended:
      return Task::Step::ended;
    case Step::parked:
      return Task::Step::parked;
    case Step::preempted:
      break;
  }
  return Task::Step::preempted;
}

bool Task::has_ended() const {
  return state_->task.has_ended();
}

bool Task::park() {
  return state_->task.park();
}

}  // namespace mote
