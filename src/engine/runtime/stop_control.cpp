// Stopping from outside (stop_control.h).
#include "engine/runtime/stop_control.h"

#include "base/os/clock.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace mote::runtime {

void StopControl::detach() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
}

std::string StopControl::reason() {
  const std::lock_guard lock(mutex_);
  return reason_;
}

bool StopControl::interrupt_runner() {
  const os::ThreadId runner = runner_.load(std::memory_order_acquire);
  if (runner != 0) os::interrupt(runner);
  return runner != 0;
}

void StopControl::on_stop(std::function<void()> wake) {
  touch();
  const std::lock_guard lock(mutex_);
  on_stop_ = std::move(wake);
}

// The notice is called without the lock: whoever gave it may hold its own when it comes here.
void StopControl::begin_metered() {
  begun_ns_.store(std::max<uint64_t>(os::now_ns(os::Clock::thread_cpu), 1));
  if (!has_notice_.exchange(false)) return;
  std::function<void()> notice;
  {
    const std::lock_guard lock(mutex_);
    notice = std::exchange(notice_, nullptr);
  }
  if (notice) notice();
}

void StopControl::end_metered() {
  const uint64_t begun = begun_ns_.exchange(0);
  const uint64_t now = os::now_ns(os::Clock::thread_cpu);
  if (begun != 0 && now > begun) used_ns_.fetch_add(now - begun);
}

// A turn that ends or begins meanwhile is seen by `begun_ns_` having changed: then once more. One that ran already when counting
// began counts from here.
uint64_t StopControl::cpu_time_ns() {
  touch();
  if (!is_metered_.exchange(true)) {
    const os::ThreadId runner = runner_.load();
    uint64_t none = 0;
    if (runner != 0) begun_ns_.compare_exchange_strong(none, os::thread_cpu_ns(runner).value_or(0));
  }
  for (;;) {
    const uint64_t begun = begun_ns_.load(), used = used_ns_.load();
    const os::ThreadId runner = runner_.load();
    if (runner == 0 || begun == 0) return used;
    const uint64_t now = os::thread_cpu_ns(runner).value_or(begun);
    if (begun_ns_.load() == begun) return used + (now > begun ? now - begun : 0);
  }
}

bool StopControl::notify_when_running(std::function<void()> begins) {
  touch();
  const std::lock_guard lock(mutex_);
  notice_ = std::move(begins);
  has_notice_ = notice_ != nullptr;
  if (notice_ == nullptr || runner_.load() == 0 || begun_ns_.load() == 0) return true;
  if (!has_notice_.exchange(false)) return true;  // it enters, and takes the notice as soon as it has the lock
  notice_ = nullptr;
  return false;
}

void StopControl::preempt() {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr || runner_.load(std::memory_order_acquire) == 0) return;
  context_->interrupt.fetch_or(code::interrupt_preempt);
  (void)interrupt_runner();
}

// An interruption that meets host code is lost, so it is repeated, less and less often.
bool StopControl::stop(std::string reason, std::chrono::nanoseconds patience) {
  using std::chrono::steady_clock;
  {
    const std::lock_guard lock(mutex_);
    if (context_ == nullptr) return true;
    touch();
    if (reason_.empty()) reason_ = std::move(reason);
    context_->interrupt.fetch_or(code::interrupt_kill);
    waiter_->cancel();
    if (on_stop_) on_stop_();
  }
  // Whoever enters from now on sees the bit; whoever had entered is seen here.
  const bool in_line = os::bring_threads_into_line();
  const auto deadline = steady_clock::now() + patience;
  std::chrono::nanoseconds pause = std::chrono::microseconds(20);
  if (!in_line) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // longer than a store stays unseen
  while (interrupt_runner()) {
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, deadline - steady_clock::now()));
    pause = std::min<std::chrono::nanoseconds>(pause * 2, std::chrono::milliseconds(8));
  }
  return true;
}

}  // namespace mote::runtime
