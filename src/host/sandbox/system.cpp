// The real effects, over base/os: see system.h.
#include "host/sandbox/system.h"

#include "base/os/clock.h"
#include "base/os/descriptor.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "host/sandbox/refusal.h"

#include <cerrno>
#include <vector>

namespace mote::sandbox {
namespace {

os::Clock system_clock(ClockId clock) {
  return clock == ClockId::monotonic ? os::Clock::monotonic : os::Clock::realtime;
}

class SystemStream : public DescriptorStream {
 public:
  explicit SystemStream(int descriptor) : descriptor_(descriptor) {}

  // Whoever shares our stdio may have made it non-blocking, which is not what the guest asked for: wait and try again.
  Outcome<uint64_t> read(MutableBytes into) override {
    for (;;) {
      const auto count = os::read_descriptor(descriptor_, into);
      if (count) return *count;
      if (count.error() != EAGAIN) return std::unexpected(refusal(count.error()));
      wait(false);
    }
  }
  Outcome<uint64_t> write(Bytes from) override {
    for (;;) {
      const auto count = os::write_descriptor(descriptor_, from);
      if (count) return *count;
      if (count.error() != EAGAIN) return std::unexpected(refusal(count.error()));
      wait(true);
    }
  }
  bool is_terminal() const override { return os::is_terminal(descriptor_); }
  Readiness readiness(bool for_writing) override {
    const os::Readiness ready = os::readiness(descriptor_, for_writing);
    return {ready.is_ready, ready.is_hung_up, ready.bytes};
  }
  int descriptor() const override { return descriptor_; }

 private:
  void wait(bool for_writing) {
    const os::Wanted wanted[] = {{descriptor_, for_writing}};
    os::wait_for(wanted, std::nullopt);
  }

  int descriptor_;
};

}  // namespace

uint64_t SystemClocks::now_ns(ClockId clock) {
  return os::now_ns(system_clock(clock));
}
uint64_t SystemClocks::resolution_ns(ClockId clock) {
  return os::resolution_ns(system_clock(clock));
}
void SystemClocks::sleep_until(ClockId clock, uint64_t time_ns) {
  os::sleep_until_ns(system_clock(clock), time_ns);
}
void SystemClocks::wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) {
  std::vector<os::Wanted> wanted;
  wanted.reserve(streams.size());
  for (const Wanted& one : streams) {
    wanted.push_back({static_cast<const DescriptorStream*>(one.stream)->descriptor(), one.for_writing});
  }
  os::wait_for(wanted, timeout_ns);
}

Outcome<void> SystemRandom::fill(MutableBytes into) {
  if (!os::fill_random(into)) return std::unexpected(Refusal::io_failure);
  return {};
}

std::unique_ptr<Stream> system_stream(int descriptor) {
  return std::make_unique<SystemStream>(descriptor);
}

}  // namespace mote::sandbox
