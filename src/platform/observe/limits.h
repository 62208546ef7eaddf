// Every limit of what is observed: name, unit, default and hard maximum, as in <mote/limits.h>.
#pragma once

#include <mote/limits.h>

namespace mote::observe::limits {

using mote::limits::Limit;

inline constexpr Limit components{"observed-components", "components", 10'000, 10'000};  // that ever were in this process
inline constexpr Limit line{"log-line", "bytes", 16u << 10, 1u << 20};                   // of a guest's output; longer ones are cut
inline constexpr Limit event_lines{"event-lines", "lines", 1000, 1'000'000};             // of one event; further ones are counted
inline constexpr Limit tail_lines{"log-tail", "lines", 1000, 100'000};                   // kept for who looks later
inline constexpr Limit tail_size{"log-tail-size", "bytes", 1u << 20, 1u << 30};          // of these
inline constexpr Limit spans{"spans-waiting", "spans", 10'000, 1'000'000};  // until they are sent; further ones are counted
inline constexpr Limit log_records{"log-records-waiting", "records", 10'000, 1'000'000};
inline constexpr Limit attribute{"attribute", "bytes", 4096, 64u << 10};  // of a span; longer ones are cut

}  // namespace mote::observe::limits
