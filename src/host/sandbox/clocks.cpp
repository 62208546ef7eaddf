// See clocks.h.
#include "host/sandbox/clocks.h"

#include <algorithm>
#include <cstring>

namespace mote::sandbox {
namespace {

constexpr uint64_t latest_ns = INT64_MAX;  // 292 years

uint64_t sum(uint64_t a, uint64_t b) {
  return a < latest_ns - std::min(b, latest_ns) ? a + b : latest_ns;
}

uint64_t rounded_up(uint64_t ns, uint64_t step) {
  const uint64_t over = ns % step;
  return over == 0 ? ns : sum(ns, step - over);
}

}  // namespace

uint64_t CoarseClocks::now_ns(ClockId clock) {
  const uint64_t now = real_.now_ns(clock);
  return now - now % resolution_ns_;
}
uint64_t CoarseClocks::resolution_ns(ClockId clock) {
  return std::max(resolution_ns_, real_.resolution_ns(clock));
}
bool CoarseClocks::sleep_until(ClockId clock, uint64_t time_ns) {
  return real_.sleep_until(clock, rounded_up(time_ns, resolution_ns_));
}
bool CoarseClocks::wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) {
  if (timeout_ns) {
    const uint64_t now = real_.now_ns(ClockId::monotonic);
    timeout_ns = rounded_up(sum(now, *timeout_ns), resolution_ns_) - now;
  }
  return real_.wait_for(streams, timeout_ns);
}

uint64_t VirtualClocks::now_ns(ClockId clock) {
  passed_ns_ += step_ns;
  return clock == ClockId::realtime ? sum(start_ns_, passed_ns_) : passed_ns_;
}
uint64_t VirtualClocks::resolution_ns(ClockId) {
  return step_ns;
}
bool VirtualClocks::sleep_until(ClockId clock, uint64_t time_ns) {
  const uint64_t base = clock == ClockId::realtime ? start_ns_ : 0;
  if (time_ns > sum(base, passed_ns_)) passed_ns_ = time_ns - base;
  return true;
}
bool VirtualClocks::wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) {
  if (!timeout_ns) return real_.wait_for(streams, timeout_ns);
  const bool is_ready =
      std::ranges::any_of(streams, [](const Wanted& wanted) { return wanted.stream->readiness(wanted.for_writing).is_ready; });
  if (!is_ready) passed_ns_ = sum(passed_ns_, *timeout_ns);
  return true;
}

// SplitMix64.
Outcome<void> SeededRandom::fill(MutableBytes into) {
  while (!into.empty()) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t value = state_;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    value ^= value >> 31;
    const size_t size = std::min(into.size(), sizeof value);
    std::memcpy(into.data(), &value, size);
    into = into.subspan(size);
  }
  return {};
}

}  // namespace mote::sandbox
