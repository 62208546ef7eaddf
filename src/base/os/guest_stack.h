// GuestStack: a stack of its own for guest code, with a guard region, and the switch to it; StackPool keeps unused ones.
//
// Layout, high to low: exchange buffer (16 KiB) | guest frames | host reserve (256 KiB) | guard (64 KiB, no access). Guest code
// probes each page of its frames, so it cannot step over the guard. Host functions run on this stack too and check `host_limit`
// first, so that they have the reserve to themselves. Tested by guest_stack_test.cpp.
#pragma once

#include "base/os/memory_map.h"

#include <mote/result.h>

#include <cstdint>
#include <mutex>
#include <vector>

namespace mote::os {

class GuestStack {
 public:
  static constexpr uint64_t exchange_size = 16 << 10, host_reserve_size = 256 << 10, guard_size = 64 << 10;

  GuestStack() = default;
  [[nodiscard]] static Result<GuestStack> create(uint64_t guest_size);  // bytes for guest frames

  [[nodiscard]] uint8_t* guard_low() const { return mapping_.data(); }
  [[nodiscard]] uint8_t* guard_high() const { return mapping_.data() + guard_size; }
  [[nodiscard]] uint8_t* host_limit() const { return guard_high() + host_reserve_size; }
  [[nodiscard]] uint8_t* top() const { return mapping_.data() + mapping_.size() - exchange_size; }  // 16-aligned
  [[nodiscard]] uint8_t* exchange_buffer() const { return top(); }
  [[nodiscard]] uint64_t guest_size() const { return static_cast<uint64_t>(top() - host_limit()); }
  [[nodiscard]] bool holds(const void* address) const { return address >= guard_high() && address < top(); }
  explicit operator bool() const { return static_cast<bool>(mapping_); }

  // Gives back the memory of what was on it: it reads as zeros. While nobody runs on it.
  void discard() { mapping_.discard(guard_size, mapping_.size() - guard_size); }

  // Runs function(argument) on this stack and returns when it does. Must not be called on this very stack.
  void run(void (*function)(void*), void* argument) const;

 private:
  Mapping mapping_;
};

// Stacks that nobody runs on, for the next who needs one of the same size: making one costs two system calls and the faults of its
// pages. Thread-safe.
class StackPool {
 public:
  static constexpr uint64_t kept_size = 64 << 10;  // what stays in memory of each: the pages next to its top

  explicit StackPool(uint64_t most) : most_(most) {}
  [[nodiscard]] Result<GuestStack> take(uint64_t guest_size);  // from the pool, or a new one
  void give(GuestStack stack);                                 // freed where the pool holds `most` already
  [[nodiscard]] uint64_t count();

 private:
  const uint64_t most_;
  std::mutex mutex_;
  std::vector<GuestStack> stacks_;
};

}  // namespace mote::os
