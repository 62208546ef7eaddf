// See survey.h.
#include "tests/differential/survey.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/walk.h"
#include "tests/differential/programs.h"

#include <map>

namespace mote::differential {

namespace {

struct Counter {
  std::map<wasm::Opcode, uint64_t> counts;
  void instruction(const wasm::Instruction& instruction) { ++counts[instruction.op]; }
};

constexpr struct {
  wasm::Opcode op;
  const char* text;
  wasm::Group group;
} rows[] = {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) {wasm::Opcode::name, text, wasm::Group::group},
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};

}  // namespace

std::string survey(uint64_t seeds) {
  Counter counter;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto program = make_program(seed);
    if (!program) return program.error().text();
    const wasm::Module module = *wasm::decode(program->wasm);
    for (uint32_t func = module.imported_funcs; func < module.funcs.size(); ++func) {
      if (const auto walked = wasm::walk(module, func, counter); !walked) return walked.error().text();
    }
  }
  std::string missing;
  for (const auto& row : rows) {
    if (row.group == wasm::Group::exceptions || row.group == wasm::Group::gc) continue;
    if (counter.counts[row.op] == 0) missing += std::string(missing.empty() ? "" : ", ") + row.text;
  }
  return missing;
}

}  // namespace mote::differential
