// Every limit of a manifest and of the server that it describes: name, unit, default and hard maximum, as in <mote/limits.h>.
// Parser, schema and docs/reference/manifest.md take them from here.
#pragma once

#include <mote/limits.h>

#include <cstdint>

namespace mote::manifest::limits {

using mote::limits::Limit;

// What a file may hold.
inline constexpr Limit file_size{"manifest-size", "bytes", 1u << 20, 1u << 20};
inline constexpr Limit values{"manifest-values", "values", 20'000, 20'000};
inline constexpr Limit components{"components", "components", 1000, 1000};
inline constexpr Limit triggers{"triggers", "triggers", 10'000, 10'000};  // of each type
inline constexpr Limit variables{"variables", "variables", 1000, 1000};
inline constexpr Limit entries{"entries", "entries", 1000, 1000};  // of one list or table of a component: files, hosts, variables
inline constexpr Limit route_segments{"route-segments", "segments", 64, 64};
inline constexpr Limit route_parameters{"route-parameters", "parameters", 16, 16};
inline constexpr Limit rendered_size{"rendered-size", "bytes", 1u << 20, 1u << 20};  // of one text with its variables put in

// Of one component.
inline constexpr Limit assets{"files", "files", 100'000, 100'000};                // that `files` collects
inline constexpr Limit assets_depth{"files-depth", "folders", 64, 64};            // in folders
inline constexpr Limit concurrency{"concurrency.most", "events", 1000, 100'000};  // under way at once
inline constexpr Limit queue{"concurrency.queue", "events", 1000, 1'000'000};     // waiting for one of these to end
inline constexpr Limit event_time{"timeout", "ms", 30'000, 31'536'000'000};       // of an event, when nothing else is said
inline constexpr Limit event_memory{"max-memory-size", "bytes", mote::limits::pool_memory_size.standard,
                                    mote::limits::memory_size.hard};
inline constexpr Limit event_host_call_bytes{"max-host-call-bytes", "bytes", mote::limits::host_call_bytes.standard,
                                             mote::limits::host_call_bytes.hard};
inline constexpr Limit output_size{"max-output-size", "bytes", mote::limits::output_size.standard, mote::limits::output_size.hard};
inline constexpr Limit event_size{"max-event-size", "bytes", 16ull << 20, 4ull << 30};

// Of the server.
inline constexpr Limit workers{"server.workers", "threads", 0, 1024};  // 0: one for each core
inline constexpr Limit head_size{"server.limits.head_size", "bytes", 16u << 10, 1u << 20};
inline constexpr Limit headers{"server.limits.headers", "headers", 100, 1000};
inline constexpr Limit body_size{"server.limits.body_size", "bytes", 16ull << 20, 4ull << 30};
inline constexpr Limit connections{"server.limits.connections", "connections", 10'000, 1'000'000};
inline constexpr Limit head_time{"server.limits.head_time", "ms", 10'000, 3'600'000};
inline constexpr Limit body_time{"server.limits.body_time", "ms", 30'000, 3'600'000};
inline constexpr Limit idle_time{"server.limits.idle_time", "ms", 60'000, 3'600'000};
inline constexpr Limit drain_time{"server.limits.drain_time", "ms", 30'000, 3'600'000};  // for events under way when it is to stop
inline constexpr Limit outbox_size{"server.outbox.most_size", "bytes", 256ull << 20, 1ull << 40};
inline constexpr Limit log_size{"server.log.most_size", "bytes", 16ull << 20, 1ull << 40};  // of one file
inline constexpr Limit log_files{"server.log.files", "files", 3, 1000};  // of one component, the current one included

}  // namespace mote::manifest::limits
