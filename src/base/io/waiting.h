// Waiting: how a host function waits for descriptors and for time. Without a loop it blocks the thread; where guests are tasks, it
// parks the one that asks, and the thread runs others (host/running).
//
// Tested by loop_test.cpp (blocking), host/running/task_loop_test.cpp.
#pragma once

#include "base/os/descriptor.h"

#include <cstdint>
#include <optional>
#include <span>

namespace mote::io {

using Interest = os::Wanted;  // a descriptor, to be read or to be written

class Waiting {
 public:
  virtual ~Waiting() = default;
  // Returns when one of the descriptors is ready (or broken) or the monotonic clock shows the time (none: as long as it takes). May
  // return early: look again. False: whoever waits is to end, now.
  [[nodiscard]] virtual bool wait(std::span<const Interest> descriptors, std::optional<uint64_t> until_ns) = 0;
  // Whether that leaves the thread to others. If so, nothing should block it otherwise.
  [[nodiscard]] virtual bool parks() const = 0;
};

// Blocks the thread. Stateless, for any number of threads.
[[nodiscard]] Waiting& blocking();

}  // namespace mote::io
