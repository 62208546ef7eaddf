// Fuzz target: the bytes are choices of the program generator (tests/differential); the oracle and the optimising tier must agree
// on what it makes. The first byte picks the setup. A disagreement, an invalid generated module and a failing compiler all abort.
// Bounded: a program takes at most some thousand steps. Long runs without coverage: tests/differential's own campaign.
#include "tests/differential/check.h"
#include "tests/differential/programs.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace mote::differential;

[[noreturn]] void disagree(const Setup& setup, const std::string& what) {
  fprintf(stderr, "%s: %s\n", text(setup).c_str(), what.c_str());
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 8192) return 0;
  static const std::vector<Setup> setups = all_setups();
  const Setup& setup = setups[data[0] % setups.size()];
  const auto program = make_program({data + 1, data + size}, setup.rules);
  if (!program) disagree(setup, "the generator made a malformed module: " + program.error().text());
  if (const std::string failure = check(*program, setup); !failure.empty()) disagree(setup, failure);
  return 0;
}
