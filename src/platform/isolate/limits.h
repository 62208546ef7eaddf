// What may grow between a server and the process of an isolated component.
#pragma once

#include <mote/limits.h>

namespace mote::isolate::limits {

using mote::limits::Limit;

inline constexpr Limit event_size{"cell-event-size", "bytes", 64ull << 20, 64ull << 20};  // of an event or an answer
inline constexpr Limit unsent{"cell-unsent", "bytes", 128ull << 20, 128ull << 20};        // of one worker to one cell
inline constexpr Limit beside_bytes{"cell-frame", "bytes", 2ull << 20,
                                    2ull << 20};                             // of a frame, beside an event's or answer's own
inline constexpr Limit start_time{"cell-start-time", "ms", 60'000, 60'000};  // until a cell says that it is ready
inline constexpr Limit silence{"cell-silence", "ms", 1000, 1000};            // after an event's deadline
inline constexpr Limit request_size{"cell-request", "bytes", 64u << 10, 64u << 10};  // to the keeper

}  // namespace mote::isolate::limits
