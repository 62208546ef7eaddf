// The real effects: this process's stdio, the machine's clocks, the kernel's randomness. Tested by system_test.cpp.
#pragma once

#include "host/sandbox/effects.h"

#include <memory>

namespace mote::sandbox {

class SystemClocks : public Clocks {
 public:
  [[nodiscard]] uint64_t now_ns(ClockId clock) override;
  [[nodiscard]] uint64_t resolution_ns(ClockId clock) override;
  void sleep_until(ClockId clock, uint64_t time_ns) override;
  void wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) override;
};

class SystemRandom : public Random {
 public:
  [[nodiscard]] Outcome<void> fill(MutableBytes into) override;
};

// A stream over a descriptor of this process, which stays open when the stream goes. SystemClocks can wait for such streams only.
[[nodiscard]] std::unique_ptr<Stream> system_stream(int descriptor);

}  // namespace mote::sandbox
