// See event_watchdog.h.
#include "host/running/event_watchdog.h"

#include "base/core/assert.h"
#include "base/os/clock.h"
#include "base/os/interruption.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace mote::running {

namespace {

constexpr uint64_t never = UINT64_MAX;

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}
uint64_t sum(uint64_t a, uint64_t b) {
  return b < never - a ? a + b : never;
}

}  // namespace

std::unique_ptr<EventWatchdog::Line> EventWatchdog::line() {
  std::unique_ptr<Line> made(new Line(*this));
  const std::lock_guard lock(mutex_);
  watched_.push_back({.line = made.get(), .thread = static_cast<int>(os::this_thread())});
  return made;
}

EventWatchdog::Line::~Line() {
  const std::lock_guard lock(watchdog_.mutex_);
  ASSERT(state_ == state_of(number_, Phase::idle));
  std::erase_if(watchdog_.watched_, [this](const Watched& one) { return one.line == this; });
}

// The watchdog holds a claim for as long as a stop takes, some microseconds.
bool EventWatchdog::Line::end_told() {
  for (;;) {
    uint64_t told = state_of(number_, Phase::told);
    if (state_.compare_exchange_strong(told, state_of(number_, Phase::idle), std::memory_order_acq_rel)) return true;
    std::this_thread::yield();
  }
}

void EventWatchdog::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void EventWatchdog::wake() {
  const std::lock_guard lock(mutex_);
  sleeps_ = false;
  changed_.notify_all();
}

void EventWatchdog::run() {
  constexpr uint64_t quiet_ns = 100'000'000;  // events that come one by one do not pay for waking it each time
  std::unique_lock lock(mutex_);
  while (!has_ended_) {
    const uint64_t now = now_ns();
    constexpr uint64_t shortest_ns = 50'000;  // what a look costs is small beside it
    const uint64_t next = std::clamp(look_at_all(now), now + shortest_ns, now + std::max(tick_ns_, shortest_ns));
    if (quiet_since_ns_ != 0 && now - quiet_since_ns_ > quiet_ns) {
      sleep(lock);
    } else {
      changed_.wait_for(lock, std::chrono::nanoseconds(next - now));
    }
  }
}

// Until an event begins. One that began before it saw `sleeps_` is seen here.
void EventWatchdog::sleep(std::unique_lock<std::mutex>& lock) {
  sleeps_ = true;
  if (!has_running_event()) changed_.wait(lock, [this] { return has_ended_ || !sleeps_; });
  sleeps_ = false;
  quiet_since_ns_ = 0;
}

bool EventWatchdog::has_running_event() const {
  return std::ranges::any_of(watched_, [](const Watched& one) {
    const uint64_t state = one.line->state_.load(std::memory_order_seq_cst);
    return state != Line::state_of(one.number, Line::Phase::idle);
  });
}

// When to look again, if it is before the next tick.
uint64_t EventWatchdog::look_at_all(uint64_t now) {
  uint64_t next = never;
  bool is_quiet = true;
  for (Watched& one : watched_) {
    const uint64_t before = one.number;
    next = std::min(next, look_at(one, now));
    is_quiet = is_quiet && one.number == before &&
               one.line->state_.load(std::memory_order_relaxed) == Line::state_of(before, Line::Phase::idle);
  }
  if (!is_quiet) {
    quiet_since_ns_ = 0;
  } else if (quiet_since_ns_ == 0) {
    quiet_since_ns_ = now;
  }
  return next;
}

uint64_t EventWatchdog::look_at(Watched& watched, uint64_t now) {
  const uint64_t state = watched.line->state_.load(std::memory_order_acquire);
  const bool is_new = watched.number != state >> 2;
  watched.number = state >> 2;
  if (state == Line::state_of(watched.number, Line::Phase::idle)) return never;
  const uint64_t wall_ns = watched.line->wall_ns_.load(std::memory_order_relaxed);
  const uint64_t cpu_ns = watched.line->cpu_ns_.load(std::memory_order_relaxed);
  if (is_new) {
    watched.seen_ns = now;
    watched.cpu_seen_ns = cpu_ns == EventBudget::unlimited ? 0 : os::thread_cpu_ns(watched.thread).value_or(0);
    watched.pause_ns = watched.next_ns = 0;
  }
  if (now < watched.next_ns) return watched.next_ns;
  const uint64_t taken = now - watched.seen_ns;
  if (taken >= wall_ns) {
    tell(watched, state, now, reasons_.wall);
    return watched.next_ns;
  }
  uint64_t next = sum(watched.seen_ns, wall_ns);
  if (taken < cpu_ns) return std::min(next, sum(watched.seen_ns, cpu_ns));  // it cannot have used more than time passed
  const uint64_t used = os::thread_cpu_ns(watched.thread).value_or(0) - watched.cpu_seen_ns;
  if (used < cpu_ns) return std::min(next, sum(now, cpu_ns - used));
  tell(watched, state, now, reasons_.cpu);
  return watched.next_ns;
}

// What a stop cannot end at once, because it is in a host function, is told again, less and less often.
void EventWatchdog::tell(Watched& watched, uint64_t state, uint64_t now, const std::string& reason) {
  constexpr uint64_t first_pause_ns = 500'000, longest_pause_ns = 8'000'000;
  watched.pause_ns = std::clamp(watched.pause_ns * 2, first_pause_ns, longest_pause_ns);
  watched.next_ns = now + watched.pause_ns;
  Line& line = *watched.line;
  if (!line.state_.compare_exchange_strong(state, Line::state_of(watched.number, Line::Phase::claimed), std::memory_order_acq_rel))
    return;  // it has just ended
  const Stopper& stopper = *line.stopper_.load(std::memory_order_relaxed);
  if (line.preempts_.load(std::memory_order_relaxed)) {
    stopper.preempt();
  } else {
    (void)stopper.stop(reason);
  }
  line.state_.store(Line::state_of(watched.number, Line::Phase::told), std::memory_order_release);
}

}  // namespace mote::running
