// See check.h.
#include "tests/differential/check.h"

#include "base/core/format.h"
#include "engine/wasm/decode.h"

namespace mote::differential {

std::vector<Setup> all_setups() {
  const bool has_v3 = (code::host_cpu_features() & code::cpu_v3) == code::cpu_v3;
  std::vector<Setup> setups;
  for (uint32_t i = 0; i < 16; ++i) {
    Setup setup;
    setup.memory = (i & 1) != 0 ? code::MemoryMode::dense : code::MemoryMode::guard;
    setup.v3 = (i & 2) == 0;
    setup.canonical_nans = (i & 4) != 0;
    setup.fuel = (i & 8) != 0;
    setup.deterministic_relaxed_simd = i % 5 == 4;
    setup.opt_level = i % 7 == 6 ? 0 : i % 7 == 5 ? 1 : i % 7 == 3 ? 3 : 2;
    if (!setup.v3 || has_v3) setups.push_back(setup);
  }
  return setups;
}

bool is_comparable(const Program& program, const Setup& setup) {
  return program.plan.nan_safe || setup.canonical_nans;
}

std::string check(const Program& program, const Setup& setup) {
  if (const auto module = wasm::decode(program.wasm); !module)
    return "the generator made a malformed module: " + module.error().text();
  else if (const auto valid = wasm::validate_bodies(*module); !valid)
    return "the generator made an invalid module: " + valid.error().text();
  const auto oracle = run_oracle(program, setup);
  if (!oracle) return "the oracle cannot run it: " + oracle.error().text();
  const auto engine = run_engine(program, setup);
  if (!engine) return "the engine cannot run it: " + engine.error().text();
  return difference(*oracle, *engine).value_or("");
}

}  // namespace mote::differential
