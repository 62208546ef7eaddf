// What a module costs as a handler of events, measured in this process: the first sandbox of a module that lies in the cache, then
// one fresh sandbox for each event, again and again, then many alive at once. Tested by tests/cases/bench.case.
#pragma once

#include "apps/mote/options.h"

#include <mote/pool.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mote::cli {

struct Percentiles {
  uint64_t p50 = 0, p99 = 0, p999 = 0;
  [[nodiscard]] static Percentiles of(std::vector<uint32_t> samples);
};

struct SandboxFigures {
  double first_us = 0;      // of a module that this process has not seen: found in the cache, pooled, run to its answer
  Percentiles acquire_ns;   // until a guest can be entered
  Percentiles cycle_ns;     // acquire, the event in, run, the answer out, reset
  double cycles_per_s = 0;  // on one thread
  uint64_t cycles = 0, failed = 0, different = 0;  // events that failed, and whose answer was not the first one's
  uint64_t faults = 0;                             // of pages, in all cycles
  uint64_t bytes_each = 0;  // of a sandbox that served the event and is alive, packed: resident memory and page tables
  std::vector<uint8_t> answer;
  std::string first_failure;
  Pool::Report pool;
  std::string code;  // Module::Origin::image
};

// `path` is a module, whose code is taken from the cache or compiled at once; each event is `event` on stdin. `progress` is told
// the share of the time that is over. Fails as a run of the first event would.
[[nodiscard]] GuestResult<SandboxFigures> measure_sandboxes(const Options& options, const std::string& path,
                                                            const std::vector<uint8_t>& event,
                                                            const std::function<void(double)>& progress);

}  // namespace mote::cli
