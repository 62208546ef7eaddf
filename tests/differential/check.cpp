// See check.h.
#include "tests/differential/check.h"

#include "base/core/assert.h"
#include "base/core/format.h"

namespace mote::differential {

bool is_comparable(const Program& program, const Setup& setup) {
  return program.plan.nan_safe || setup.rules.canonical_nans;
}

namespace {

// Where the oracle does not know what a program consists of, the plainest way to run it says what is right.
Result<Journal> expected(const Program& program, const Setup& like, Images& images) {
  if (!program.has_objects) return run_oracle(program, like.rules);
  Setup plain{.rules = like.rules, .memory = code::MemoryMode::dense, .opt_level = 0};
  plain.tier = plain.lower_tier = has_baseline() ? code::Tier::baseline : code::Tier::optimizing;
  Cycling none;
  return run_engine(program, plain, images, none);
}

}  // namespace

Verdict check(const Program& program, std::span<const Setup> setups, const std::function<void(const Setup&)>& next,
              uint64_t cycles) {
  ASSERT(!setups.empty());
  Verdict verdict;
  verdict.setup = setups[0];
  Images images(program.wasm);
  Cycling cycling{.events = cycles};
  const auto oracle = expected(program, setups[0], images);
  if (!oracle) {
    verdict.failure = "the oracle cannot run it: " + oracle.error().text();
    return verdict;
  }
  verdict.counts = oracle->counts();
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
