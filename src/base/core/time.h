// Points in time as text: ISO 8601, UTC. Tested by time_test.cpp.
#pragma once

#include <cstdint>
#include <string>

namespace mote {

// "2026-11-26T13:05:00.123Z" of nanoseconds since 1970 (the year 0 at the earliest), with `digits` (0, 3 or 9) of the second's
// parts.
[[nodiscard]] std::string utc_text(int64_t ns, int digits);

}  // namespace mote
