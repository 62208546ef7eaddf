// The real effects: this process's stdio, the machine's clocks, the kernel's randomness. Tested by system_test.cpp.
#pragma once

#include "base/io/waiting.h"
#include "base/os/random.h"
#include "host/sandbox/effects.h"

#include <memory>

namespace mote::sandbox {

// Both wait by `waiting`, which outlives them: where that parks guests, a stream waits in wait_until_ready() and not in an
// operation.
class SystemClocks : public Clocks {
 public:
  explicit SystemClocks(io::Waiting& waiting = io::blocking()) : waiting_(waiting) {}
  [[nodiscard]] uint64_t now_ns(ClockId clock) override;
  [[nodiscard]] uint64_t resolution_ns(ClockId clock) override;
  [[nodiscard]] bool sleep_until(ClockId clock, uint64_t time_ns) override;
  [[nodiscard]] bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) override;

 private:
  io::Waiting& waiting_;
};

class SystemRandom : public Random {
 public:
  [[nodiscard]] Outcome<void> fill(MutableBytes into) override;
};

// The same for guests that come one after another: most draws are no system call (os::RandomReserve). For one thread's guests.
class ReserveRandom : public Random {
 public:
  [[nodiscard]] Outcome<void> fill(MutableBytes into) override;

 private:
  os::RandomReserve reserve_;
};

// A stream behind which is a descriptor of this process. SystemClocks can wait for such streams only.
class DescriptorStream : public Stream {
 public:
  [[nodiscard]] virtual int descriptor() const = 0;
};

// One whose descriptor stays open when the stream goes.
[[nodiscard]] std::unique_ptr<Stream> system_stream(int descriptor, io::Waiting& waiting = io::blocking());

}  // namespace mote::sandbox
