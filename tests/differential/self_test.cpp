// See self_test.h. An exchanged instruction may have no effect (its result is dropped, its operands are equal, a trap comes first),
// so the oracle runs the mistaken program too, to tell whether there is anything to notice.
#include "tests/differential/self_test.h"

#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/walk.h"
#include "tests/differential/check.h"
#include "tests/differential/choices.h"
#include "tests/differential/isolated.h"
#include "tests/differential/programs.h"
#include "tests/differential/reduce.h"

#include <algorithm>
#include <array>

namespace mote::differential {
namespace {

constexpr uint64_t first_seed = 1, last_seed = 120, least_noticed = 20;

// Pairs of one-byte opcodes with one signature and one immediate. Not those that count steps: then programs might not end.
constexpr struct {
  uint8_t from, to;
} exchanges[] = {
    {0x71, 0x73},  // i32.and, i32.xor
    {0x83, 0x85},  // i64.and, i64.xor
    {0x48, 0x49},  // i32.lt_s, i32.lt_u
    {0xa0, 0xa1},  // f64.add, f64.sub
    {0x94, 0x92},  // f32.mul, f32.add
    {0x2d, 0x2c},  // i32.load8_u, i32.load8_s
    {0x3a, 0x3b},  // i32.store8, i32.store16
    {0x3c, 0x3e},  // i64.store8, i64.store32
    {0x6e, 0x70},  // i32.div_u, i32.rem_u
};

struct Planter {
  std::vector<uint8_t>& wasm;
  bool found = false;
  void instruction(const wasm::Instruction& instruction) {
    uint8_t& byte = wasm[instruction.offset];
    for (const auto [from, to] : exchanges) {
      if (byte != from) continue;
      byte = to;
      found = true;
      return;
    }
  }
};

// Exchanges all such instructions; none found: the program is of no use here.
bool plant_mistakes(std::vector<uint8_t>& wasm) {
  const std::vector<uint8_t> original = wasm;
  const auto module = wasm::decode(original);
  if (!module) return false;
  Planter planter{wasm};
  for (uint32_t func = module->imported_funcs; func < module->funcs.size(); ++func) (void)wasm::walk(*module, func, planter);
  return planter.found;
}

constexpr std::array kinds = {Journal::Kind::host_call, Journal::Kind::results, Journal::Kind::trap,
                              Journal::Kind::fuel,      Journal::Kind::memory,  Journal::Kind::global};

// "": nothing to notice; else the kinds of records in which the mistake showed, as bits; none: missed.
std::string compare(const Program& original, const Program& mistaken, const Setup& setup) {
  const auto expected = run_oracle(original, setup.rules), changed = run_oracle(mistaken, setup.rules);
  if (!expected || !changed || *expected == *changed) return "";
  Images images(mistaken.wasm);
  Cycling none;
  const auto engine = run_engine(mistaken, setup, images, none);
  if (!engine) return "";
  return format("{}", Journal::different_kinds(*expected, *engine));
}

// How many instructions a program has, and of them those that count bits: something to look for.
struct Finder {
  uint32_t all = 0, found = 0;
  void instruction(const wasm::Instruction& instruction) {
    ++all;
    if (instruction.op == wasm::Opcode::i64_popcnt) ++found;
  }
};
Finder find(const Program& program) {
  const wasm::Module module = *wasm::decode(program.wasm);
  Finder finder;
  for (uint32_t func = module.imported_funcs; func < module.funcs.size(); ++func) (void)wasm::walk(module, func, finder);
  return finder;
}

constexpr uint32_t most_left = 20;  // of some thousand

// A program that "fails" because of one instruction must shrink to it and to what keeps it valid.
std::string reduces() {
  for (uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    const auto program = make_program(seed);
    if (!program || find(*program).found == 0) continue;
    const Program reduced = reduce(*program, UINT32_MAX, [](const Program& candidate) { return find(candidate).found != 0; });
    const Finder left = find(reduced);
    if (left.found != 0 && left.all <= most_left && reduced.plan.calls.empty()) return "";
    return format("a program of {} instructions was reduced to {}; expected {} and no calls", find(*program).all, left.all,
                  most_left);
  }
  return "no program to reduce";
}

}  // namespace

std::string self_test() {
  if (std::string failure = reduces(); !failure.empty()) return failure;
  uint32_t seen = 0;
  uint64_t noticed = 0, missed = 0;
  for (uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    Setup setup;
    setup.tier = setup.lower_tier = has_baseline() && seed % 4 != 0 ? code::Tier::baseline : code::Tier::optimizing;
    setup.memory = seed % 2 != 0 ? code::MemoryMode::guard : code::MemoryMode::dense;
    setup.rules.fuel = seed % 3 == 0;
    const auto original = make_program(Choices::from_seed(seed, choices_per_seed), setup.rules);
    if (!original) continue;
    std::vector<uint8_t> wasm = original->wasm;
    if (!plant_mistakes(wasm)) continue;
    const auto mistaken = read_program(std::move(wasm));
    if (!mistaken) continue;
    const ChildResult result = isolated(30, [&] { return compare(*original, *mistaken, setup); });
    if (result.text.empty()) continue;
    const uint32_t bits = result.crashed ? 0 : static_cast<uint32_t>(std::stoul(result.text));
    ++(bits != 0 ? noticed : missed);
    seen |= bits;
  }
  std::string unseen;
  for (const Journal::Kind kind : kinds) {
    if ((seen >> static_cast<uint32_t>(kind) & 1) == 0) unseen += format(" {}", static_cast<uint32_t>(kind));
  }
  if (missed == 0 && noticed >= least_noticed && unseen.empty()) return "";
  return format("{} planted mistakes were noticed, {} missed; expected at least {} and none; no record of kind{} differed", noticed,
                missed, least_noticed, unseen);
}

}  // namespace mote::differential
