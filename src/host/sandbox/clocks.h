// Clocks and randomness that tell a guest less than the real ones: in steps, virtual, seeded. For policies ([clock], [random]).
//
// Tested by clocks_test.cpp.
#pragma once

#include "host/sandbox/effects.h"

#include <cstdint>

namespace mote::sandbox {

// Another clock, in steps. Waiting lasts until the step that shows the time.
class CoarseClocks : public Clocks {
 public:
  CoarseClocks(Clocks& real, uint64_t resolution_ns) : real_(real), resolution_ns_(resolution_ns) {}
  [[nodiscard]] uint64_t now_ns(ClockId clock) override;
  [[nodiscard]] uint64_t resolution_ns(ClockId clock) override;
  [[nodiscard]] bool sleep_until(ClockId clock, uint64_t time_ns) override;
  [[nodiscard]] bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) override;
  void begin_event() override { real_.begin_event(); }

 private:
  Clocks& real_;
  uint64_t resolution_ns_;
};

// Time that begins at `start_ns` (since 1970) and passes only for the guest: 1 us with each look at a clock, and as much as it
// waits for, at once. Waiting for streams alone waits for them.
class VirtualClocks : public Clocks {
 public:
  VirtualClocks(Clocks& real, uint64_t start_ns) : real_(real), start_ns_(start_ns) {}
  [[nodiscard]] uint64_t now_ns(ClockId clock) override;
  [[nodiscard]] uint64_t resolution_ns(ClockId clock) override;
  [[nodiscard]] bool sleep_until(ClockId clock, uint64_t time_ns) override;
  [[nodiscard]] bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) override;
  void begin_event() override { passed_ns_ = 0; }

 private:
  static constexpr uint64_t step_ns = 1000;
  Clocks& real_;
  uint64_t start_ns_;
  uint64_t passed_ns_ = 0;
};

// The numbers that follow from a seed, the same each time: not for secrets.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : seed_(seed), state_(seed) {}
  [[nodiscard]] Outcome<void> fill(MutableBytes into) override;
  void begin_event() override { state_ = seed_; }

 private:
  uint64_t seed_, state_;
};

}  // namespace mote::sandbox
