// StopControl: how other threads end the guest of a store. Held by the store and by whoever may stop it; outlives both.
//
// Stopping sets a bit that the guest's own thread looks at when it enters compiled code, when a host function or builtin returns
// and between the pieces of a bulk operation, and interrupts that thread for as long as it runs: the handler (trap_handler.h) makes
// it leave compiled code at any instruction. So code is the same whether or not anybody may stop it, and entering a guest costs two
// plain stores. A stopped store runs nothing again: it was left at no particular point.
// Tested by engine/api/stop_test.cpp.
#pragma once

#include "base/os/interruption.h"
#include "engine/code/instance_layout.h"
#include "engine/runtime/parking_lot.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

namespace mote::runtime {

class StopControl {
 public:
  // Both are the store's, and used until detach().
  StopControl(code::StoreContext& context, Waiter& waiter) : context_(&context), waiter_(&waiter) {}

  // By the store's thread, around the outermost call into a guest. Whether to go in.
  [[nodiscard]] bool enter() {
    runner_.store(os::this_thread(), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // stop() brings the processors into line
    if (is_metered_.load(std::memory_order_relaxed)) [[unlikely]]
      begin_metered();
    return (context_->interrupt.load(std::memory_order_relaxed) & code::interrupt_kill) == 0;
  }
  void leave() {
    if (is_metered_.load(std::memory_order_relaxed)) [[unlikely]]
      end_metered();
    runner_.store(0, std::memory_order_release);
  }
  void detach();  // the store goes away
  // Whether anybody stopped it, or left anything in it: then it is not for the next event of a pooled store.
  [[nodiscard]] bool was_touched() const { return was_touched_.load(std::memory_order_acquire); }
  void touch() { was_touched_.store(true, std::memory_order_release); }
  [[nodiscard]] std::string reason();

  // Called by stop(), on its thread, for a host function that waits; it must not come back here. Not called any more when it was
  // replaced. By the store's thread.
  void on_stop(std::function<void()> wake);

  // From any thread: CPU time of the threads that ran the store's guests while they did; counted from the first question on.
  [[nodiscard]] uint64_t cpu_time_ns();
  // From any thread: has `begins` called once, by the store's thread when it enters a guest next. False: it is in one, and `begins`
  // is not called. After cpu_time_ns() only. An empty function takes the one before back.
  [[nodiscard]] bool notify_when_running(std::function<void()> begins);

  // From any thread: the guest's task is left as soon as may be, to be taken up by its next resume(). An order that arrives while
  // the guest is on its way between host and compiled code may be lost: whoever must have the guest out repeats it. Nothing where
  // no task runs.
  void preempt();

  // From any thread. Whether no guest of the store runs any more when it returns, which is after `patience` at the latest: a host
  // function may be at work, and the guest ends when it returns. The first reason counts.
  bool stop(std::string reason, std::chrono::nanoseconds patience);

 private:
  [[nodiscard]] bool interrupt_runner();  // false: nobody runs it
  void begin_metered();
  void end_metered();

  std::atomic<os::ThreadId> runner_ = 0;
  std::atomic<bool> was_touched_ = false;
  std::atomic<bool> is_metered_ = false;
  std::atomic<uint64_t> used_ns_ = 0;   // in turns that have ended, …
  std::atomic<uint64_t> begun_ns_ = 0;  // … and where the runner's CPU clock stood when this one began; 0: none is counted
  std::atomic<bool> has_notice_ = false;
  std::mutex mutex_;  // guards the following
  std::function<void()> notice_;
  std::function<void()> on_stop_;
  code::StoreContext* context_;
  Waiter* waiter_;
  std::string reason_;
};

}  // namespace mote::runtime
