// One program against one or more setups; shared by the campaign, the minimiser, the replay of finds and the fuzz target.
#pragma once

#include "tests/differential/compare.h"

#include <string>
#include <vector>

namespace mote::differential {

// The matrix {guard, dense} × {v2, v3} × {canonical NaNs} × {fuel}, without what this machine cannot run. Optimisation levels
// and deterministic relaxed SIMD vary along with it.
[[nodiscard]] std::vector<Setup> all_setups();
[[nodiscard]] bool is_comparable(const Program& program, const Setup& setup);

// Empty when the program behaves alike, else what is wrong, in lines. An invalid module, and an engine's error, are wrong too.
[[nodiscard]] std::string check(const Program& program, const Setup& setup);

}  // namespace mote::differential
