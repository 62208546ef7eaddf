// A long run over many seeds: what each seed makes is run by the oracle and in all setups of setups_of().
//
// Workers are forked for a batch of seeds each, so that a crash of the engine or of a compiler is a find, with its seed, and the
// run goes on behind it. Finds are made smaller and written as .wasm files that --replay takes.
#pragma once

#include "tests/differential/cycles.h"
#include "tests/differential/programs.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mote::differential {

struct CampaignOptions {
  uint64_t first = 1, last = UINT64_MAX;  // seeds
  double seconds = 0;                     // 0: no end
  Maker maker = Maker::anything;
  uint32_t jobs = 1;
  std::string only = {};  // setups whose name contains it
  uint64_t cycles = 0;    // of each pooled run: events besides those that the oracle made (cycles.h)
  bool minimizes = true;
  uint32_t most_finds = 10;          // then it stops: the rest is likely the same
  std::filesystem::path finds = {};  // a folder
  // Where counts, the next seed and the modules' hashes are kept, so that a later run goes on; empty: nowhere. One job only.
  std::filesystem::path state = {};
  bool reports = true;  // a line every minute
};
struct CampaignCounts {
  uint64_t seeds = 0;
  uint64_t modules = 0;                                      // distinct, by hash of their bytes without the plan
  uint64_t executions = 0;                                   // one call of one export in one setup of the engine
  uint64_t optimized_executions = 0, optimized_modules = 0;  // of them, those with code of the optimising tier
  uint64_t oracle_calls = 0;
  uint64_t traps = 0;  // of the oracle's calls
  uint64_t finds = 0;
  CycleCounts cycles = {};
};
[[nodiscard]] CampaignCounts run_campaign(const CampaignOptions& options);

}  // namespace mote::differential
