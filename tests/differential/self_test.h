// Whether the comparison notices mistakes: a harness that finds nothing must not look like an engine without bugs.
#pragma once

#include <string>

namespace mote::differential {

// Gives the engine programs in which one kind of instruction was exchanged for another of the same type, and the oracle the
// originals. Empty when enough of these planted mistakes were noticed, else what was expected and seen.
[[nodiscard]] std::string self_test();

}  // namespace mote::differential
