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

// A stream behind which is a descriptor of this process. SystemClocks can wait for such streams only.
class DescriptorStream : public Stream {
 public:
  [[nodiscard]] virtual int descriptor() const = 0;
};

// One whose descriptor stays open when the stream goes.
[[nodiscard]] std::unique_ptr<Stream> system_stream(int descriptor);

}  // namespace mote::sandbox
