// ParkingLot: where the guests of memory.atomic.wait sleep, one lot for each shared memory. Each waiter blocks the thread that runs
// its store, and nothing else.
//
// A wait compares and queues, a notify takes from the queue, under one lock: a store to the location followed by a notify cannot
// slip in between. Queues are first come, first served, one for each location. Thread-safe. Spec: threads proposal,
// core/exec/instructions ("memory.atomic.wait", "memory.atomic.notify"). Tested by parking_lot_test.cpp, also under TSan.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace mote::runtime {

class ParkingLot;

// One thread's place in a lot; each store has one, since it runs on one thread at a time.
class Waiter {
 public:
  // Ends the present wait and all later ones. From any thread.
  void cancel();
  // By its store, when nothing waits and nobody may cancel: waits are possible again.
  void renew() { is_cancelled_ = false; }

 private:
  friend class ParkingLot;
  [[nodiscard]] bool enter(ParkingLot& lot);  // false: cancelled
  void leave();

  std::mutex mutex_;           // taken before a lot's
  ParkingLot* lot_ = nullptr;  // under mutex_: where it waits now
  std::atomic<bool> is_cancelled_ = false;
  // Under the lot's mutex.
  std::condition_variable woken_;
  bool is_queued_ = false;
  Waiter* before_ = nullptr;
  Waiter* after_ = nullptr;
};

class ParkingLot {
 public:
  enum class Outcome : uint8_t {
    woken = 0,
    not_equal = 1,
    timed_out = 2,
    cancelled,
    full
  };  // the first three as the guest sees them

  explicit ParkingLot(uint64_t most_waiters) : most_waiters_(most_waiters) {}
  ParkingLot(const ParkingLot&) = delete;
  ParkingLot& operator=(const ParkingLot&) = delete;

  // Sleeps while nobody notifies, if *location is `expected`. Negative timeouts never end.
  [[nodiscard]] Outcome wait(Waiter& waiter, uint32_t* location, uint32_t expected, int64_t timeout_ns);
  [[nodiscard]] Outcome wait(Waiter& waiter, uint64_t* location, uint64_t expected, int64_t timeout_ns);
  // Wakes those who have waited longest there, at most `most`; how many.
  uint32_t notify(const void* location, uint32_t most);
  [[nodiscard]] uint64_t waiter_count();

 private:
  friend class Waiter;
  struct Queue {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
  };
  template <class T>
  [[nodiscard]] Outcome wait_for(Waiter& waiter, T* location, T expected, int64_t timeout_ns);
  void append(const void* location, Waiter& waiter);
  void remove(const void* location, Waiter& waiter);

  const uint64_t most_waiters_;
  std::mutex mutex_;
  std::unordered_map<const void*, Queue> queues_;  // by location; none is empty
  uint64_t waiter_count_ = 0;
};

}  // namespace mote::runtime
