// See check.h.
#include "tests/differential/check.h"

#include "base/core/assert.h"
#include "base/core/format.h"

namespace mote::differential {

bool is_comparable(const Program& program, const Setup& setup) {
  return program.plan.nan_safe || setup.rules.canonical_nans;
}

Verdict check(const Program& program, std::span<const Setup> setups, const std::function<void(const Setup&)>& next,
              uint64_t cycles) {
  ASSERT(!setups.empty());
  Verdict verdict;
  verdict.setup = setups[0];
  const auto oracle = run_oracle(program, setups[0].rules);
  if (!oracle) {
    verdict.failure = "the oracle cannot run it: " + oracle.error().text();
    return verdict;
  }
  verdict.counts = oracle->counts();
  Images images(program.wasm);
  Cycling cycling{.events = cycles};
  for (const Setup& setup : setups) {
    ASSERT(setup.rules == setups[0].rules);
    if (next) next(setup);
    verdict.setup = setup;
    const auto engine = run_engine(program, setup, images, cycling);
    if (!engine) {
      verdict.failure = "the engine cannot run it: " + engine.error().text();
      return verdict;
    }
    ++verdict.runs;
    verdict.cycles = cycling.counts;
    if (setup.tier == code::Tier::optimizing || setup.lower_tier == code::Tier::optimizing) ++verdict.optimized_runs;
    if (auto difference = Journal::difference(*oracle, *engine)) {
      verdict.failure = std::move(*difference);
      return verdict;
    }
  }
  return verdict;
}

std::string check(const Program& program, const Setup& setup, uint64_t cycles) {
  return check(program, std::span(&setup, 1), {}, cycles).failure;
}

}  // namespace mote::differential
