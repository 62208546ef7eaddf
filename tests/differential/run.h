// Runs a program in the oracle (unless it has objects or exceptions) and in the engine. Both do the same and write it down
// (journal.h):
//
// The module is instantiated over the host's functions, memories, tables and globals; where the plan asks for two instances, a
// second time over the same state, with some functions imported from the first (Plan::links). Then the plan's calls are made.
#pragma once

#include "tests/differential/cycles.h"
#include "tests/differential/images.h"
#include "tests/differential/journal.h"
#include "tests/differential/program.h"
#include "tests/differential/setup.h"

#include <mote/result.h>

namespace mote::differential {

// Fails when the module is not valid, or makes more than `step_limit` steps: then the generator is wrong.
inline constexpr uint64_t standard_step_limit = 20'000'000;  // far beyond what the program's own steps allow
[[nodiscard]] Result<Journal> run_oracle(const Program& program, const Rules& rules, uint64_t step_limit = standard_step_limit);
// What a pooled run is to do besides, and what was done.
struct Cycling {
  uint64_t events = 0;
  CycleCounts counts = {};
};
[[nodiscard]] Result<Journal> run_engine(const Program& program, const Setup& setup, Images& images, Cycling& cycling);

// Steps that each call may take in each instance (Plan::steps_global).
inline constexpr int32_t steps_per_call = 100;

}  // namespace mote::differential
