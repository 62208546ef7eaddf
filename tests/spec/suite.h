// The whole suite: groups × configurations, one child process for each script, results added up and printed.
//
// A child keeps a crash to its script: it counts as one failure, told by script and line. Lines printed for each group:
//   spec GROUP TIER MODE: P passed, F failed, S skipped (REASON)
// then the modules whose commands were skipped, the failures, and the closing line of every suite of this project.
#pragma once

#include "engine.h"

#include <span>

namespace mote::spec {

// Reads the command line (see usage in suite.cpp), runs, prints; returns the process's exit status: 0 when nothing failed.
[[nodiscard]] int run_suite(int argc, char** argv, std::span<const Configuration> configurations);

}  // namespace mote::spec
