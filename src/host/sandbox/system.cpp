// The real effects, over base/os: see system.h.
#include "host/sandbox/system.h"

#include "base/os/clock.h"
#include "base/os/descriptor.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "base/os/node.h"
#include "host/sandbox/refusal.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

namespace mote::sandbox {
namespace {

os::Clock system_clock(ClockId clock) {
  return clock == ClockId::monotonic ? os::Clock::monotonic : os::Clock::realtime;
}

class SystemStream : public DescriptorStream {
 public:
  SystemStream(int descriptor, io::Waiting& waiting)
      : descriptor_(descriptor), waiting_(waiting), is_file_(os::is_file(descriptor)) {}

  // Whoever shares our stdio may have made it non-blocking, which is not what the guest asked for: wait and try again.
  Outcome<uint64_t> read(MutableBytes into) override {
    if (is_file_) return outcome(os::read_pieces(descriptor_, {&into, 1}, std::nullopt));
    for (;;) {
      const auto count = os::read_descriptor(descriptor_, into);
      if (count) return *count;
      if (count.error() != EAGAIN || parks()) return std::unexpected(refusal(count.error()));
      wait(false);
    }
  }
  Outcome<uint64_t> write(Bytes from) override {
    // A pipe that is ready has room for this much; more could wait for its reader.
    if (parks() && !is_file_) from = from.first(std::min<size_t>(from.size(), os::surely_written));
    for (;;) {
      const auto count = os::write_descriptor(descriptor_, from);
      if (count) return *count;
      if (count.error() != EAGAIN || parks()) return std::unexpected(refusal(count.error()));
      wait(true);
    }
  }
  bool parks() const override { return waiting_.parks(); }
  Outcome<bool> wait_until_ready(bool for_writing) override {
    if (is_file_ || os::readiness(descriptor_, for_writing).is_ready) return false;
    const io::Interest wanted[] = {{descriptor_, for_writing}};
    if (!waiting_.wait(wanted, std::nullopt)) return std::unexpected(Refusal::interrupted);
    return true;
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
  io::Waiting& waiting_;
  const bool is_file_;  // never waits
};

}  // namespace

uint64_t SystemClocks::now_ns(ClockId clock) {
  return os::now_ns(system_clock(clock));
}
uint64_t SystemClocks::resolution_ns(ClockId clock) {
  return os::resolution_ns(system_clock(clock));
}
// Where a wait parks, the realtime clock is looked at once a second: it may have been set.
bool SystemClocks::sleep_until(ClockId clock, uint64_t time_ns) {
  if (!waiting_.parks()) {
    os::sleep_until_ns(system_clock(clock), time_ns);
    return true;
  }
  constexpr uint64_t second_ns = 1'000'000'000;
  for (uint64_t now = now_ns(clock); now < time_ns; now = now_ns(clock)) {
    const uint64_t left = clock == ClockId::realtime ? std::min(time_ns - now, second_ns) : time_ns - now;
    if (!waiting_.wait({}, now_ns(ClockId::monotonic) + left)) return false;
  }
  return true;
}
bool SystemClocks::wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) {
  std::vector<io::Interest> wanted;
  wanted.reserve(streams.size());
  for (const Wanted& one : streams) {
    wanted.push_back({static_cast<const DescriptorStream*>(one.stream)->descriptor(), one.for_writing});
  }
  std::optional<uint64_t> until;
  if (timeout_ns) {
    const uint64_t now = now_ns(ClockId::monotonic);
    until = *timeout_ns < UINT64_MAX - now ? now + *timeout_ns : UINT64_MAX;
  }
  return waiting_.wait(wanted, until);
}

Outcome<void> SystemRandom::fill(MutableBytes into) {
  if (!os::fill_random(into)) return std::unexpected(Refusal::io_failure);
  return {};
}

Outcome<void> ReserveRandom::fill(MutableBytes into) {
  if (!reserve_.fill(into)) return std::unexpected(Refusal::io_failure);
  return {};
}

std::unique_ptr<Stream> system_stream(int descriptor, io::Waiting& waiting) {
  return std::make_unique<SystemStream>(descriptor, waiting);
}

}  // namespace mote::sandbox
