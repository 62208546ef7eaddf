// One program against one setup or more; shared by the campaign, the minimiser, the replay of finds and the fuzz target.
#pragma once

#include "tests/differential/run.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mote::differential {

[[nodiscard]] bool is_comparable(const Program& program, const Setup& setup);

struct Verdict {
  std::string failure;          // empty when the program behaves alike, else what is wrong, in lines
  Setup setup;                  // where it went wrong
  Journal::Counts counts = {};  // of one run; all agreeing runs have the same
  uint32_t runs = 0;            // of engines
  uint32_t optimized_runs = 0;  // of them, those with code of the optimising tier
  CycleCounts cycles = {};
};
// An invalid module, and an engine's error, are wrong too. The setups must have the same rules: the oracle runs once. `next` is
// told each setup before it runs, so that a crash can be blamed. `cycles`: so many more events of each pooled run.
[[nodiscard]] Verdict check(const Program& program, std::span<const Setup> setups,
                            const std::function<void(const Setup&)>& next = {}, uint64_t cycles = 0);
[[nodiscard]] std::string check(const Program& program, const Setup& setup, uint64_t cycles = 0);

}  // namespace mote::differential
