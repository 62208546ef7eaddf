// The specification suite against the engine, optimising tier, in both memory modes: see suite.h.
#include "mote_engine.h"
#include "suite.h"

int main(int argc, char** argv) {
  using namespace mote;
  const spec::Configuration configurations[] = {
      {"optimizing", "guard", [] { return spec::make_mote_engine(MemoryMode::guard); }},
      {"optimizing", "dense", [] { return spec::make_mote_engine(MemoryMode::dense); }},
  };
  return spec::run_suite(argc, argv, configurations);
}
