// Makes a failing program smaller, as a module: what minimize.h leaves, since choices cannot express every smaller program.
#pragma once

#include "tests/differential/program.h"

#include <functional>

namespace mote::differential {

// Drops planned calls, empties function bodies, drops runs of instructions or puts constants in their place, while the module stays
// valid and `fails` holds. At most `attempts` candidates are tried.
[[nodiscard]] Program reduce(Program program, uint32_t attempts, const std::function<bool(const Program&)>& fails);

}  // namespace mote::differential
