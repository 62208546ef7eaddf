// Turns (task_loop.h). A member is ready, has its turn, or waits: what it waits for, or a stop, makes it ready again.
#include "host/running/task_loop.h"

#include <algorithm>
#include <utility>

namespace mote::running {

struct TaskLoop::Member {
  Member(Store& of, std::function<void()> work) : store(of), task(of, std::move(work)) {}
  Store& store;
  Task task;
  bool is_waiting = false;
};

TaskLoop::TaskLoop() = default;

// Members that wait are let return: their waits, on their stacks, go before the loop does.
TaskLoop::~TaskLoop() {
  for (auto& member : members_) {
    member->store.on_stop({});
    current_ = member.get();
    member.reset();
  }
}

void TaskLoop::add(Store& store, std::function<void()> work) {
  members_.push_back(std::make_unique<Member>(store, std::move(work)));
  Member& member = *members_.back();
  ready_.push_back(&member);
  store.on_stop([this, &member] { note_stopped(member); });
}

Result<void> TaskLoop::run() {
  while (!members_.empty()) {
    if (ready_.empty()) {
      loop_->run_once();
      wake_stopped();
      continue;
    }
    Member& member = *ready_.front();
    ready_.pop_front();
    TRY(take_turn(member));
  }
  return {};
}

// What else became ready meanwhile gets in the row before one that was preempted, or that parked itself and waits for nothing.
Result<void> TaskLoop::take_turn(Member& member) {
  Member* const outer = std::exchange(current_, &member);
  const auto step = member.task.resume();
  current_ = outer;
  if (step && *step == Task::Step::parked && member.is_waiting) return {};
  if (step && *step != Task::Step::ended) {
    if (loop_ != nullptr) loop_->poll();
    make_ready(member);
    return {};
  }
  member.store.on_stop({});
  {
    const std::lock_guard lock(mutex_);
    std::erase(stopped_, &member);
  }
  std::erase_if(members_, [&](const auto& one) { return one.get() == &member; });
  if (!step) return std::unexpected(step.error());
  return {};
}

void TaskLoop::make_ready(Member& member) {
  member.is_waiting = false;
  ready_.push_back(&member);
}

void TaskLoop::note_stopped(Member& member) {
  const std::lock_guard lock(mutex_);
  stopped_.push_back(&member);
  if (loop_ != nullptr) loop_->post([] {});
}

void TaskLoop::wake_stopped() {
  std::vector<Member*> stopped;
  {
    const std::lock_guard lock(mutex_);
    stopped.swap(stopped_);
  }
  for (Member* const member : stopped) {
    if (member->is_waiting) make_ready(*member);
  }
}

bool TaskLoop::make_loop() {
  if (loop_ != nullptr) return true;
  auto made = io::Loop::create();
  if (!made) return false;
  const std::lock_guard lock(mutex_);
  loop_ = std::move(*made);
  return true;
}

// Whoever stops the store sets its flag first and then looks for the loop; here it is the other way round: one of both sees the
// other.
bool TaskLoop::wait(std::span<const io::Interest> descriptors, std::optional<uint64_t> until_ns) {
  if (current_ == nullptr || !make_loop()) return io::blocking().wait(descriptors, until_ns);
  Member& member = *current_;
  member.is_waiting = true;
  const auto wait = loop_->wait(descriptors, until_ns, [this, &member] {
    if (member.is_waiting) make_ready(member);
  });
  if (!wait) {
    member.is_waiting = false;
    return io::blocking().wait(descriptors, until_ns);
  }
  const bool goes_on = member.task.park();
  member.is_waiting = false;
  return goes_on;
}

}  // namespace mote::running
