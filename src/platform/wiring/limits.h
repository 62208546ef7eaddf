// What the limits of a component, by the names of -W, mean for its sandboxes and events. Tested by limits_test.cpp: every limit
// that a policy knows arrives somewhere.
#pragma once

#include "host/policy/effective.h"

#include <mote/limits.h>
#include <mote/store.h>

#include <cstdint>
#include <span>

namespace mote::wiring {

struct Limits {
  StoreLimits store = {.memory_size_bytes = limits::pool_memory_size.standard};
  int64_t fuel = 0;                       // 0: not counted
  uint64_t deadline_ns = 30'000'000'000;  // an event's, when nothing else is said
  uint64_t cpu_ns = UINT64_MAX;
  uint64_t host_call_bytes = limits::host_call_bytes.standard;
  uint64_t descriptors = limits::descriptors.standard;
  bool operator==(const Limits& other) const;
};
[[nodiscard]] Limits limits_of(std::span<const policy::EffectiveLimit> said);

}  // namespace mote::wiring
