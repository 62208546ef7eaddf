// The specification suite against the engine: both tiers in both memory modes and with a collection at
// every allocation, and the baseline tier without AVX. See suite.h.
#include "mote_engine.h"
#include "suite.h"

int main(int argc, char** argv) {
  using namespace mote;
  constexpr CodegenOptions::Cpu cpu = CodegenOptions().cpu;
  const spec::Configuration configurations[] = {
      {"baseline", "guard", [] { return spec::make_mote_engine(Tiering::baseline, MemoryMode::guard); }},
      {"baseline", "dense", [] { return spec::make_mote_engine(Tiering::baseline, MemoryMode::dense); }},
      {"baseline without AVX", "guard",
       [] { return spec::make_mote_engine(Tiering::baseline, MemoryMode::guard, CodegenOptions::Cpu::v2); }},
      {"baseline with zeal", "guard", [] { return spec::make_mote_engine(Tiering::baseline, MemoryMode::guard, cpu, true); }},
      {"optimizing", "guard", [] { return spec::make_mote_engine(Tiering::optimizing, MemoryMode::guard); }},
      {"optimizing", "dense", [] { return spec::make_mote_engine(Tiering::optimizing, MemoryMode::dense); }},
      {"optimizing with zeal", "guard", [] { return spec::make_mote_engine(Tiering::optimizing, MemoryMode::guard, cpu, true); }},
  };
  return spec::run_suite(argc, argv, configurations);
}
