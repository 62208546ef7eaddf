// See worker.h.
#include "platform/serve/worker.h"

#include "base/core/assert.h"
#include "base/os/clock.h"

#include <algorithm>
#include <utility>

namespace mote::serve {

namespace {

constexpr uint64_t tends_each_ns = 1'000'000'000;
constexpr uint32_t armed = 2;  // sandboxes of each component, before the first event

}  // namespace

Worker::Worker(io::Loop& loop, running::EventWatchdog& watchdog, observe::Shard& shard, uint64_t first_id, uint64_t id_step)
    : loop_(loop), shard_(shard), line_(watchdog.line()), next_id_(first_id), id_step_(id_step) {}

Worker::~Worker() {
  ASSERT(is_idle());
}

Result<std::shared_ptr<Seat>> Worker::seat_for(const std::shared_ptr<const Component>& component) {
  const auto has_it = [&](const auto& seat) { return &seat->component() == component.get(); };
  if (const auto found = std::ranges::find_if(seats_, has_it); found != seats_.end()) return *found;
  auto seat = std::make_shared<Seat>(component, Seat::Place{loop_, turns_, *line_, shard_});
  TRY(seat->arm(armed));
  return seat;
}

Result<void> Worker::install(const Deployment& deployment) {
  std::vector<std::shared_ptr<Seat>> seats;
  for (const auto& component : deployment.components) seats.push_back(TRY(seat_for(component)));
  std::swap(seats, seats_);
  for (auto& seat : seats) {
    if (std::ranges::find(seats_, seat) == seats_.end()) leaving_.push_back(std::move(seat));
  }
  drop_idle_leavers();
  return {};
}

uint64_t Worker::next_id() {
  const uint64_t id = next_id_;
  next_id_ += id_step_;
  return id;
}

void Worker::dispatch(size_t component, trigger::Event& event) {
  event.id = next_id();
  take(component, event);
}

bool Worker::turns_away(size_t component, trigger::Kind kind) {
  return seats_[component]->turns_away(kind);
}

void Worker::take(size_t component, trigger::Event& event) {
  ++dispatched_;
  seats_[component]->dispatch(event);
}

bool Worker::is_idle() const {
  const auto is_idle = [](const auto& seat) { return seat->is_idle(); };
  return std::ranges::all_of(seats_, is_idle) && std::ranges::all_of(leaving_, is_idle);
}

void Worker::end() {
  is_ending_ = true;
}

void Worker::drop_idle_leavers() {
  std::erase_if(leaving_, [](const auto& seat) { return seat->is_idle(); });
}

// In moments without an event, and once after the last one.
void Worker::tend() {
  const bool was_used = dispatched_ != dispatched_before_;
  dispatched_before_ = dispatched_;
  tending_.reset();
  if (!was_used) return;
  for (const auto& seat : seats_) seat->tend();
}

void Worker::run_ready() {
  (void)turns_.run();
  loop_.poll();
}

void Worker::run() {
  while (!is_ending_ || !is_idle()) {
    if (turns_.run()) {
      loop_.poll();
      continue;
    }
    drop_idle_leavers();
    if (is_ending_ && is_idle()) break;
    if (tending_ == nullptr && dispatched_ != dispatched_before_) {
      auto wait = loop_.wait({}, os::now_ns(os::Clock::monotonic) + tends_each_ns, [this] { tend(); });
      if (wait) tending_ = *std::move(wait);
    }
    loop_.run_once();
  }
}

}  // namespace mote::serve
