// Every limit of the HTTP server: name, unit, default and hard maximum, in the form of <mote/limits.h>. What a client can make grow
// or make wait is bounded by one of these. What each does: docs/internals/http.md.
#pragma once

#include <mote/limits.h>

#include <cstdint>

namespace mote::limits {

inline constexpr Limit http_connections{"http-connections", "connections", 10'000,
                                        1'000'000};                                   // of one server, which is one thread
inline constexpr Limit http_head_size{"http-head-size", "bytes", 16 << 10, 1 << 20};  // request line, headers; trailers
inline constexpr Limit http_headers{"http-headers", "headers", 100, 10'000};
inline constexpr Limit http_target_size{"http-target-size", "bytes", 8 << 10, 1 << 20};
inline constexpr Limit http_requests{"http-requests", "requests", 1'000'000,
                                     1ull << 40};                              // of one connection, which is closed then
inline constexpr Limit http_streams{"http-streams", "requests", 128, 10'000};  // at once, of one connection of HTTP/2
inline constexpr Limit http_unread_size{"http-unread-size", "bytes", 64 << 10,
                                        1 << 30};  // of a body that nobody wanted: read all the same
inline constexpr Limit http_output_size{"http-output-size", "bytes", 64 << 10,
                                        1 << 30};  // of a streamed answer, waiting for its reader
inline constexpr Limit http_head_time{"http-head-time", "ms", 10'000, 3'600'000};
// Waiting for a body, or for a reader, uses these up; bytes that come give time back, at the least rate.
inline constexpr Limit http_body_time{"http-body-time", "ms", 30'000, 3'600'000};
inline constexpr Limit http_write_time{"http-write-time", "ms", 30'000, 3'600'000};
inline constexpr Limit http_least_rate{"http-least-rate", "bytes/s", 1024, 1 << 30};
inline constexpr Limit http_idle_time{"http-idle-time", "ms", 60'000, 86'400'000};  // between requests
inline constexpr Limit http_linger_time{"http-linger-time", "ms", 2'000, 60'000};   // for a client to notice that it was refused
// Of one connection of HTTP/2: what costs more to answer than to send (resets, pings, settings), at once and a second.
inline constexpr Limit http_nuisances{"http-nuisances", "frames", 200, 1'000'000};
inline constexpr Limit http_nuisance_rate{"http-nuisance-rate", "frames/s", 50, 1'000'000};

}  // namespace mote::limits
