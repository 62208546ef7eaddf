// GuestStack: a stack of its own for guest code, with a guard region, and the switch to it.
//
// Layout, high to low: exchange buffer (16 KiB) | guest frames | host reserve (256 KiB) | guard (64 KiB, no access). Guest code
// probes each page of its frames, so it cannot step over the guard. Host functions run on this stack too and check `host_limit`
// first, so that they have the reserve to themselves. Tested by guest_stack_test.cpp.
#pragma once

#include "base/os/memory_map.h"

#include <mote/result.h>

#include <cstdint>

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
  [[nodiscard]] bool holds(const void* address) const { return address >= guard_high() && address < top(); }
  explicit operator bool() const { return static_cast<bool>(mapping_); }

  // Runs function(argument) on this stack and returns when it does. Must not be called on this very stack.
  void run(void (*function)(void*), void* argument) const;

 private:
  Mapping mapping_;
};

}  // namespace mote::os
