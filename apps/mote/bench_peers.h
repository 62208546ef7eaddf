// The same handler and event elsewhere, as whole commands: mote itself from the file alone, wasmtime and a container where they are
// installed. Tested by tests/cases/bench.case.
#pragma once

#include "apps/mote/options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::cli {

struct Peer {
  std::string name;                // "wasmtime 48.0.2, cached"
  std::optional<double> total_ms;  // from spawn to the answer: median; nothing: it did not run, …
  std::string why_not;             // … because of this
};

// mote run without a cache, from spawn to exit: median of `rounds`.
[[nodiscard]] Result<double> measure_cold(const Options& options, const std::string& path, const std::string& event_path,
                                          int rounds);
[[nodiscard]] std::vector<Peer> measure_peers(const Options& options, const std::string& path, const std::string& event_path,
                                              int rounds);

}  // namespace mote::cli
