// See self_test.h. An exchanged instruction may have no effect (its result is dropped, its operands are equal, a trap comes first),
// so not every mistake can be noticed: of 45 programs with mistakes 21 behave differently.
#include "tests/differential/self_test.h"

#include "base/core/format.h"
#include "tests/differential/check.h"
#include "tests/differential/generator.h"
#include "tests/differential/isolated.h"

#include <algorithm>

namespace mote::differential {
namespace {

constexpr uint64_t seeds = 60;
constexpr uint32_t least_percent = 30;

// Pairs of opcodes with one signature. Not those that count steps: then programs might not end.
constexpr struct {
  uint8_t from, to;
} exchanges[] = {
    {0x71, 0x73},  // i32.and, i32.xor
    {0x83, 0x85},  // i64.and, i64.xor
    {0x2d, 0x2c},  // i32.load8_u, i32.load8_s
};

// Exchanges all such bytes behind the declarations; none found: the program is of no use here.
bool plant_mistakes(std::vector<uint8_t>& wasm) {
  bool found = false;
  for (size_t at = wasm.size() / 4; at < wasm.size(); ++at) {
    for (const auto [from, to] : exchanges) {
      if (wasm[at] != from) continue;
      wasm[at] = to;
      found = true;
    }
  }
  return found;
}

}  // namespace

std::string self_test() {
  uint32_t planted = 0, noticed = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Choices choices(Choices::from_seed(seed, 6000));
    std::vector<uint8_t> wasm = generate(choices, {.nan_safe = true});
    const auto original = read_program(wasm);
    if (!original || !plant_mistakes(wasm)) continue;
    const auto mistaken = read_program(std::move(wasm));
    if (!mistaken) continue;
    const ChildResult result = isolated(30, [&] {
      const auto oracle = run_oracle(*original, {});
      const auto engine = run_engine(*mistaken, {});
      if (!oracle || !engine) return std::string("invalid");  // the exchanged byte was not an opcode
      return std::string(difference(*oracle, *engine) ? "noticed" : "missed");
    });
    if (result.crashed || result.text == "invalid") continue;
    ++planted;
    if (result.text == "noticed") ++noticed;
  }
  if (planted >= 20 && noticed * 100 >= planted * least_percent) return "";
  return format("of {} planted mistakes {} were noticed; expected {} % of at least 20", planted, noticed, least_percent);
}

}  // namespace mote::differential
