// EventWatchdog: one thread that ends guests, or their turns, which take more time than their event was given, where events are so short and many
// that watching one may cost some nanoseconds and no more (watchdog.h is for guests that live longer, and move between threads).
//
// Each worker's thread has a line, which says what it runs: begin() and end() write there, without a lock, an allocation or a
// system call. The watchdog looks at all lines at each tick and remembers since when it saw an event. So an event is ended up to
// two ticks late and never early; CPU time is asked for only of an event that has run for as long as it may compute. An event that
// has ended is never stopped, nor the next one in its place: to stop one the watchdog claims the line under the event's number, and
// end() waits until a claim is over. It sleeps while no event begins. It starts no thread: run() is called on one that the caller
// has. Tested by event_watchdog_test.cpp, with a stress test that ThreadSanitizer runs too.
#pragma once

#include <mote/store.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mote::running {

struct EventBudget {
  static constexpr uint64_t unlimited = UINT64_MAX;
  uint64_t wall_ns = unlimited;
  uint64_t cpu_ns = unlimited;  // of the line's thread
  // Not the end of the event but of its turn: its task (mote/task.h) comes back to whoever resumed it.
  bool preempts = false;
};
// What the trap of a guest that had no more will say.
struct EventReasons {
  std::string wall = "timeout", cpu = "cpu time";
};

class EventWatchdog {
 public:
  explicit EventWatchdog(uint64_t tick_ns = 1'000'000, EventReasons reasons = {})
      : tick_ns_(tick_ns), reasons_(std::move(reasons)) {}
  EventWatchdog(const EventWatchdog&) = delete;
  EventWatchdog& operator=(const EventWatchdog&) = delete;

  void run();  // returns after end()
  void end();  // from any thread

  // What one thread runs. Ends before the watchdog, and between events.
  class alignas(64) Line {
   public:
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line();

    // Of the line's thread, in turns. `stopper` ends the event's guest, and stays until end().
    void begin(const Stopper& stopper, EventBudget budget) {
      stopper_.store(&stopper, std::memory_order_relaxed);
      wall_ns_.store(budget.wall_ns, std::memory_order_relaxed);
      cpu_ns_.store(budget.cpu_ns, std::memory_order_relaxed);
      preempts_.store(budget.preempts, std::memory_order_relaxed);
      // In one order with the watchdog's going to sleep, so that either sees the other.
      state_.store(state_of(++number_, Phase::runs), std::memory_order_seq_cst);
      if (watchdog_.sleeps_.load(std::memory_order_seq_cst)) [[unlikely]]
        watchdog_.wake();
    }
    // Whether the event was told to stop, or its turn to end. From its return on it is not.
    bool end() {
      uint64_t runs = state_of(number_, Phase::runs);
      if (state_.compare_exchange_strong(runs, state_of(number_, Phase::idle), std::memory_order_acq_rel)) [[likely]]
        return false;
      return end_told();
    }

   private:
    friend class EventWatchdog;
    // Claimed: the watchdog stops the event. Told: it has, at least once.
    enum class Phase : uint8_t { idle, runs, told, claimed };
    static constexpr uint64_t state_of(uint64_t number, Phase phase) { return number << 2 | static_cast<uint64_t>(phase); }
    explicit Line(EventWatchdog& watchdog) : watchdog_(watchdog) {}
    bool end_told();

    std::atomic<uint64_t> state_ = 0;  // the event's number and phase
    // Written before an event runs and not again before it is idle: what was read between two equal states is the event's.
    std::atomic<const Stopper*> stopper_ = nullptr;
    std::atomic<uint64_t> wall_ns_ = 0, cpu_ns_ = 0;
    std::atomic<bool> preempts_ = false;
    uint64_t number_ = 0;  // the thread's own
    EventWatchdog& watchdog_;
  };
  // For the thread that calls.
  [[nodiscard]] std::unique_ptr<Line> line();

 private:
  // What the watchdog remembers of a line.
  struct Watched {
    Line* line;
    int thread;  // the kernel's number
    uint64_t number = 0;
    uint64_t seen_ns = 0;                // since when
    uint64_t cpu_seen_ns = 0;            // where its thread's CPU clock stood then
    uint64_t pause_ns = 0, next_ns = 0;  // of an event that was told to stop: until it is told again
  };
  [[nodiscard]] uint64_t look_at_all(uint64_t now);
  [[nodiscard]] uint64_t look_at(Watched& watched, uint64_t now);
  void tell(Watched& watched, uint64_t state, uint64_t now, const std::string& reason);
  [[nodiscard]] bool has_running_event() const;
  void sleep(std::unique_lock<std::mutex>& lock);
  void wake();

  const uint64_t tick_ns_;
  const EventReasons reasons_;
  std::atomic<bool> sleeps_ = false;
  std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  std::vector<Watched> watched_;
  uint64_t quiet_since_ns_ = 0;  // no event was seen from then on; 0: one was
  bool has_ended_ = false;
};

}  // namespace mote::running
