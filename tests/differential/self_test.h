// Whether the comparison notices mistakes: a harness that finds nothing must not look like an engine without bugs.
#pragma once

#include <string>

namespace mote::differential {

// Gives the engine programs in which instructions were exchanged for others of the same type, and the oracle the originals. A
// mistake that changes what the oracle sees must be noticed, every one. Empty when that is so and mistakes showed in every kind of
// record, else what was missed.
[[nodiscard]] std::string self_test();

}  // namespace mote::differential
