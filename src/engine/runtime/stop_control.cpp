// Stopping from outside (stop_control.h).
#include "engine/runtime/stop_control.h"

#include <thread>

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
    if (reason_.empty()) reason_ = std::move(reason);
    context_->interrupt.fetch_or(code::interrupt_kill);
    waiter_->cancel();
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
