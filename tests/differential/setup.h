// How one run of a program is set up: what the program means (Rules) and which code runs it (Setup).
//
// Rules are what the specification or the embedder leaves open and the oracle must therefore be told: one run of the oracle judges
// all setups with the same rules. Everything else in a Setup must not be visible to a guest, and that is what is tested.
#pragma once

#include "engine/code/codegen_key.h"

#include <string>
#include <vector>

namespace mote::differential {

struct Rules {
  bool v3 = true;  // of the CPU: decides whether relaxed multiply-add is fused
  bool canonical_nans = false;
  bool deterministic_relaxed_simd = false;
  bool fuel = false;
  bool operator==(const Rules&) const = default;
};

struct Setup {
  Rules rules = {};
  code::Tier tier = code::Tier::optimizing;
  code::Tier lower_tier = code::Tier::optimizing;  // of the instance that imports are linked to, in programs of two
  code::MemoryMode memory = code::MemoryMode::guard;
  uint8_t opt_level = 2;
  bool epochs = false;
  bool spectre = true;      // masks against speculation
  bool pooled = false;      // in a store that is reset between events (engine/pool)
  bool copied = false;      // … by copying all memory
  bool zeal = false;        // collects at each allocation
  bool debug_info = false;  // baseline: every local and operand in its slot at each instruction
};
[[nodiscard]] std::string text(const Setup& setup);
[[nodiscard]] code::CodegenKey key_of(const Setup& setup, code::Tier tier);

// Whether this build and this machine can run it.
[[nodiscard]] bool is_possible(const Setup& setup);

// The whole matrix {tiers, mixed} × {guard, dense} × rules; what guests must not see varies along with it.
[[nodiscard]] std::vector<Setup> all_setups();
// What a campaign runs for one seed: one set of rules, so that the oracle runs once; the baseline tier in both memory modes. LLVM
// takes most of a seed's time, so it gets one in eight stretches of seeds, and there one memory mode. Each tier runs pooled once,
// too. `two`: the program has two instances; `always_optimizing`: no stretch without LLVM. Half of them are zealous.
[[nodiscard]] std::vector<Setup> setups_of(uint64_t seed, bool two, bool always_optimizing = false);
[[nodiscard]] Rules rules_of(uint64_t seed);

}  // namespace mote::differential
