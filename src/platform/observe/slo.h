// Whether a promised latency is kept: the 99.9th percentile over a sliding window, from looks at a histogram that only grows.
// Tested by slo_test.cpp.
#pragma once

#include "platform/observe/histogram.h"

#include <cstdint>
#include <deque>

namespace mote::observe {

class SloWatch {
 public:
  SloWatch(uint64_t p999_us, uint64_t window_ms) : p999_ns_(p999_us * 1000), window_ms_(window_ms) {}

  struct Verdict {
    uint64_t p999_us = 0;  // over the window
    uint64_t events = 0;   // in it
    bool is_missed = false;
    bool has_changed = false;  // since the look before
  };
  // A look: `now_ms` never goes back. Called some times in a window, as once a second; keeps at most 17 looks.
  Verdict look(uint64_t now_ms, Distribution held);

 private:
  static constexpr uint64_t slices = 16;  // of the window: how exactly its beginning is met
  struct Look {
    uint64_t at_ms;
    Distribution held;
  };
  uint64_t p999_ns_, window_ms_;
  std::deque<Look> looks_;  // the first is at the window's beginning, or a slice before it
  bool is_missed_ = false;
};

}  // namespace mote::observe
