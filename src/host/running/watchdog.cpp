// See watchdog.h. A guest is in the schedule once, or, when it does not run and has only CPU time to lose, not at all: then the
// store's own thread puts it there before it runs (Stopper::notify_when_running).
#include "host/running/watchdog.h"

#include "base/os/clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mote::running {

namespace {

constexpr uint64_t never = UINT64_MAX;

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}

}  // namespace

struct Watchdog::Guest {
  Stopper stopper;
  Allowance allowance;
  uint64_t wall_end_ns = never;
  uint64_t cpu_end_ns = never;  // by Stopper::cpu_time_ns
  uint64_t pause_ns = 0;        // before it is signalled again; 0: it was not told to stop yet
  bool is_scheduled = false;
  Schedule::iterator place = {};
};

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  if (guest_->is_scheduled) watchdog_.schedule_.erase(guest_->place);
  guest_->is_scheduled = false;
  guest_->wall_end_ns = guest_->cpu_end_ns = never;
}

std::unique_ptr<Watchdog::Watch> Watchdog::watch(const Store& store, Allowance allowance) {
  auto guest = std::make_shared<Guest>(Guest{.stopper = store.stopper(), .allowance = std::move(allowance)});
  const uint64_t now = now_ns();
  const auto after = [](uint64_t from, const std::optional<uint64_t>& more) {
    return more && *more < never - from ? from + *more : never;
  };
  guest->wall_end_ns = after(now, guest->allowance.wall_ns);
  if (guest->allowance.cpu_ns) guest->cpu_end_ns = after(guest->stopper.cpu_time_ns(), guest->allowance.cpu_ns);
  std::unique_ptr<Watch> watch(new Watch(*this, guest));
  const std::lock_guard lock(mutex_);
  put(guest, std::min(guest->wall_end_ns, after(now, guest->allowance.cpu_ns)));
  return watch;
}

void Watchdog::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!has_ended_) {
    if (schedule_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const uint64_t next = schedule_.begin()->first;
    const uint64_t now = now_ns();
    if (next > now) {
      constexpr uint64_t longest = 3'600'000'000'000;  // sums that the clock cannot hold are avoided
      changed_.wait_for(lock, std::chrono::nanoseconds(std::min(next - now, longest)));
      continue;
    }
    auto guest = std::move(schedule_.begin()->second);
    schedule_.erase(schedule_.begin());
    guest->is_scheduled = false;
    look_at(std::move(guest), now);
  }
}

// The stop waits for nothing: what it cannot end at once is told again, less and less often.
void Watchdog::look_at(std::shared_ptr<Guest> guest, uint64_t now) {
  const uint64_t used = guest->cpu_end_ns == never ? 0 : guest->stopper.cpu_time_ns();
  const bool is_over = now >= guest->wall_end_ns;
  if (is_over || used >= guest->cpu_end_ns) {
    constexpr uint64_t first_pause_ns = 500'000, longest_pause_ns = 8'000'000;
    guest->pause_ns = std::clamp(guest->pause_ns * 2, first_pause_ns, longest_pause_ns);
    const std::string& reason = is_over ? guest->allowance.wall_reason : guest->allowance.cpu_reason;
    if (!guest->stopper.stop(reason)) put(guest, now + guest->pause_ns);
    return;
  }
  if (guest->cpu_end_ns == never) return put(guest, guest->wall_end_ns);
  const std::weak_ptr<Guest> weak = guest;
  const bool runs = !guest->stopper.notify_when_running([this, weak] { begins(weak); });
  constexpr uint64_t shortest_ns = 100'000;  // what a look costs is small beside it
  const uint64_t soonest = runs ? now + std::max(guest->cpu_end_ns - used, shortest_ns) : never;
  put(guest, std::min(soonest, guest->wall_end_ns));
}

void Watchdog::put(std::shared_ptr<Guest> guest, uint64_t at) {
  if (at == never) return;
  Guest& one = *guest;
  one.place = schedule_.emplace(at, std::move(guest));
  one.is_scheduled = true;
  if (one.place == schedule_.begin()) changed_.notify_one();
}

// On the guest's thread. Its next look is as far away as what it has left.
void Watchdog::begins(const std::weak_ptr<Guest>& weak) {
  auto guest = weak.lock();
  if (guest == nullptr) return;
  const std::lock_guard lock(mutex_);
  if (guest->cpu_end_ns == never) return;  // watched no more
  if (guest->is_scheduled) schedule_.erase(guest->place);
  const uint64_t used = guest->stopper.cpu_time_ns();
  const uint64_t left = guest->cpu_end_ns > used ? guest->cpu_end_ns - used : 0;
  const uint64_t at = std::min(now_ns() + left, guest->wall_end_ns);
  put(std::move(guest), at);
}

}  // namespace mote::running
