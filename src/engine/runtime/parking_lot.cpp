// Waiting and waking (parking_lot.h). A waiter that is no longer queued was notified: whoever takes it out decides how its wait
// ended, so a notify that races with a timeout or a cancellation counts once or not at all.
#include "engine/runtime/parking_lot.h"

#include <chrono>
#include <optional>

namespace mote::runtime {

namespace {

using Clock = std::chrono::steady_clock;

// Nothing: never. Sums that the clock cannot hold are centuries away.
std::optional<Clock::time_point> deadline_after(int64_t timeout_ns) {
  if (timeout_ns < 0) return std::nullopt;
  const Clock::time_point now = Clock::now();
  const std::chrono::nanoseconds timeout(timeout_ns);
  if (timeout > Clock::time_point::max() - now) return std::nullopt;
  return now + timeout;
}

}  // namespace

// A waiter that entered holds the lot's lock from its test of is_cancelled_ until it sleeps: with the lock taken once in between,
// it has seen the flag or hears the call.
void Waiter::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_.store(true, std::memory_order_relaxed);
  if (lot_ == nullptr) return;
  {
    const std::lock_guard wait_for_sleep(lot_->mutex_);
  }
  woken_.notify_one();
}

bool Waiter::enter(ParkingLot& lot) {
  const std::lock_guard lock(mutex_);
  if (is_cancelled_.load(std::memory_order_relaxed)) return false;
  lot_ = &lot;
  return true;
}

void Waiter::leave() {
  const std::lock_guard lock(mutex_);
  lot_ = nullptr;
}

ParkingLot::Outcome ParkingLot::wait(Waiter& waiter, uint32_t* location, uint32_t expected, int64_t timeout_ns) {
  return wait_for(waiter, location, expected, timeout_ns);
}
ParkingLot::Outcome ParkingLot::wait(Waiter& waiter, uint64_t* location, uint64_t expected, int64_t timeout_ns) {
  return wait_for(waiter, location, expected, timeout_ns);
}

template <class T>
ParkingLot::Outcome ParkingLot::wait_for(Waiter& waiter, T* location, T expected, int64_t timeout_ns) {
  if (!waiter.enter(*this)) return Outcome::cancelled;
  Outcome outcome = Outcome::woken;
  {
    const auto deadline = deadline_after(timeout_ns);
    std::unique_lock lock(mutex_);
    if (std::atomic_ref(*location).load() != expected) {
      outcome = Outcome::not_equal;
    } else if (waiter_count_ >= most_waiters_) {
      outcome = Outcome::full;
    } else {
      append(location, waiter);
      const auto is_over = [&] { return !waiter.is_queued_ || waiter.is_cancelled_.load(std::memory_order_relaxed); };
      if (deadline) {
        waiter.woken_.wait_until(lock, *deadline, is_over);
      } else {
        waiter.woken_.wait(lock, is_over);
      }
      if (waiter.is_queued_) {
        remove(location, waiter);
        outcome = waiter.is_cancelled_.load(std::memory_order_relaxed) ? Outcome::cancelled : Outcome::timed_out;
      }
    }
  }
  waiter.leave();
  return outcome;
}

uint32_t ParkingLot::notify(const void* location, uint32_t most) {
  const std::lock_guard lock(mutex_);
  uint32_t count = 0;
  for (; count < most; ++count) {
    const auto found = queues_.find(location);
    if (found == queues_.end()) break;
    Waiter& waiter = *found->second.first;
    remove(location, waiter);
    waiter.woken_.notify_one();  // under the lock: afterwards the waiter may be gone
  }
  return count;
}

uint64_t ParkingLot::waiter_count() {
  const std::lock_guard lock(mutex_);
  return waiter_count_;
}

void ParkingLot::append(const void* location, Waiter& waiter) {
  Queue& queue = queues_[location];
  waiter.before_ = queue.last;
  waiter.after_ = nullptr;
  (queue.last != nullptr ? queue.last->after_ : queue.first) = &waiter;
  queue.last = &waiter;
  waiter.is_queued_ = true;
  ++waiter_count_;
}

void ParkingLot::remove(const void* location, Waiter& waiter) {
  const auto found = queues_.find(location);
  Queue& queue = found->second;
  (waiter.before_ != nullptr ? waiter.before_->after_ : queue.first) = waiter.after_;
  (waiter.after_ != nullptr ? waiter.after_->before_ : queue.last) = waiter.before_;
  if (queue.first == nullptr) queues_.erase(found);
  waiter.is_queued_ = false;
  --waiter_count_;
}

}  // namespace mote::runtime
