// Clocks, in nanoseconds. Tested by machine_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

namespace mote::os {

enum class Clock : uint8_t { realtime, monotonic, process_cpu, thread_cpu };

[[nodiscard]] uint64_t now_ns(Clock clock);
// The CPU time of another thread of this process, by its number in the kernel; nothing when there is none.
[[nodiscard]] std::optional<uint64_t> thread_cpu_ns(int thread);
[[nodiscard]] uint64_t resolution_ns(Clock clock);
void sleep_until_ns(Clock clock, uint64_t time_ns);  // realtime or monotonic; restarted after signals

}  // namespace mote::os
