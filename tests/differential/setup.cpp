// See setup.h.
#include "tests/differential/setup.h"

#include "base/core/format.h"
#include "tests/differential/images.h"

namespace mote::differential {

using code::MemoryMode;
using code::Tier;

namespace {

constexpr uint64_t seeds_alike = 50;

// Bits that do not hang together for neighbours.
uint64_t mixed(uint64_t seed) {
  seed = (seed ^ (seed >> 31)) * 0x9e3779b97f4a7c15ull;
  return (seed ^ (seed >> 29)) * 0xbf58476d1ce4e5b9ull;
}

bool has_v3() {
  return (code::host_cpu_features() & code::cpu_v3) == code::cpu_v3;
}

void vary_unseen(Setup& setup, uint64_t bits) {
  static constexpr uint8_t levels[] = {2, 2, 2, 2, 2, 1, 3, 0};
  setup.opt_level = levels[bits & 7];
  setup.epochs = (bits >> 3 & 7) == 0;
  setup.spectre = (bits >> 6 & 3) != 0;
  setup.debug_info = (bits >> 8 & 7) == 0;
}

const char* name(Tier tier) {
  return tier == Tier::baseline ? "baseline" : "optimizing";
}

}  // namespace

std::string text(const Setup& setup) {
  const Rules& rules = setup.rules;
  return format("{}{} {} {} O{}{}{}{}{}{}{}{}{}", name(setup.tier),
                setup.lower_tier == setup.tier ? "" : format("-over-{}", name(setup.lower_tier)),
                setup.memory == MemoryMode::guard ? "guard" : "dense", rules.v3 ? "v3" : "v2", setup.opt_level,
                rules.canonical_nans ? " canonical-nans" : "", rules.deterministic_relaxed_simd ? " deterministic-relaxed" : "",
                rules.fuel ? " fuel" : "", setup.epochs ? " epochs" : "", setup.spectre ? "" : " no-spectre",
                setup.debug_info ? " debug-info" : "", setup.zeal ? " zeal" : "",
                !setup.pooled  ? ""
                : setup.copied ? " pooled-copied"
                               : " pooled");
}

code::CodegenKey key_of(const Setup& setup, Tier tier) {
  code::CodegenKey key;
  key.tier = tier;
  key.memory = setup.memory;
  key.opt_level = tier == Tier::optimizing ? setup.opt_level : uint8_t{0};
  key.canonical_nans = setup.rules.canonical_nans;
  key.deterministic_relaxed_simd = setup.rules.deterministic_relaxed_simd;
  key.fuel = setup.rules.fuel;
  key.epochs = setup.epochs;
  key.spectre = setup.spectre;
  key.debug_info = tier == Tier::baseline && setup.debug_info;
  key.cpu_features = setup.rules.v3 ? code::cpu_v3 : code::cpu_v2;
  return key;
}

bool is_possible(const Setup& setup) {
  const bool uses_baseline = setup.tier == Tier::baseline || setup.lower_tier == Tier::baseline;
  return (has_v3() || !setup.rules.v3) && (has_baseline() || !uses_baseline);
}

std::vector<Setup> all_setups() {
  std::vector<Setup> setups;
  for (uint32_t i = 0; i < 64; ++i) {
    Setup setup;
    setup.rules = {
        .v3 = (i & 2) == 0, .canonical_nans = (i & 4) != 0, .deterministic_relaxed_simd = i % 5 == 4, .fuel = (i & 8) != 0};
    setup.memory = (i & 1) != 0 ? MemoryMode::dense : MemoryMode::guard;
    setup.tier = (i & 16) != 0 ? Tier::baseline : Tier::optimizing;
    setup.lower_tier = (i & 32) != 0 ? (setup.tier == Tier::baseline ? Tier::optimizing : Tier::baseline) : setup.tier;
    vary_unseen(setup, mixed(i));
    setup.pooled = (mixed(i) >> 12 & 3) == 0;
    setup.copied = (mixed(i) >> 14 & 3) == 0;
    setup.zeal = (mixed(i) >> 16 & 1) != 0;
    if (is_possible(setup)) setups.push_back(setup);
  }
  return setups;
}

// Neighbouring seeds have the same rules: LLVM's passes are set up once for them.
Rules rules_of(uint64_t seed) {
  const uint64_t bits = mixed(seed / seeds_alike);
  return {.v3 = has_v3() && (bits >> 8 & 3) != 0,
          .canonical_nans = (bits >> 10 & 3) == 0,
          .deterministic_relaxed_simd = (bits >> 12 & 3) == 0,
          .fuel = (bits >> 14 & 3) == 0};
}

std::vector<Setup> setups_of(uint64_t seed, bool two, bool always_optimizing) {
  const uint64_t bits = mixed(seed / seeds_alike);
  const MemoryMode chosen = (bits >> 16 & 1) != 0 ? MemoryMode::dense : MemoryMode::guard;
  Setup base;
  base.rules = rules_of(seed);
  vary_unseen(base, mixed(bits));
  std::vector<Setup> setups;
  auto add = [&](Tier tier, Tier lower_tier, MemoryMode memory, bool pooled = false) {
    Setup setup = base;
    setup.tier = tier, setup.lower_tier = lower_tier, setup.memory = memory;
    setup.pooled = pooled, setup.copied = (bits >> 20 & 7) == 0;
    setup.zeal = setups.size() % 2 != (bits >> 24 & 1);
    if (is_possible(setup)) setups.push_back(setup);
  };
  add(Tier::baseline, Tier::baseline, MemoryMode::guard);
  add(Tier::baseline, Tier::baseline, MemoryMode::dense);
  add(Tier::baseline, Tier::baseline, chosen, /*pooled=*/true);
  if (!always_optimizing && has_baseline() && (bits >> 30 & 7) != 0) return setups;
  add(Tier::optimizing, Tier::optimizing, chosen);
  add(Tier::optimizing, Tier::optimizing, chosen, /*pooled=*/true);
  if (two) add(Tier::baseline, Tier::optimizing, chosen), add(Tier::optimizing, Tier::baseline, chosen);
  return setups;
}

}  // namespace mote::differential
