// A generated program: a valid module and what to do with it, in one file.
//
// The module imports from module "host" only: functions "f0", "f1", … that the harness must answer as host_results() says, and
// globals "g0", …. It exports everything it has: functions "f<index>" (imported ones too), memories "m<index>", tables "t<index>",
// globals "g<index>", so that all state can be compared. One mutable global bounds its running time: every function entry and
// every repetition of a loop takes one step and traps (unreachable) when none is left; the harness sets it before each call.
//
// What the binary format has no place for (the Plan) lies in the custom section "differential". So a find is a .wasm file that any
// tool can read, and it stays valid when the generator changes.
#pragma once

#include "base/core/bytes.h"
#include "engine/wasm/types.h"
#include "tests/oracle/value.h"

#include <mote/result.h>

#include <cstdint>
#include <vector>

namespace mote::differential {

struct Call {
  uint32_t func = 0;
  std::vector<oracle::Value> args;  // references: an embedder's number plus one, or 0 for null
};

struct Plan {
  bool nan_safe = true;  // see GeneratorOptions
  uint32_t steps_global = 0;
  int64_t fuel = 0;                             // for stores that count fuel
  std::vector<oracle::Value> imported_globals;  // their values
  std::vector<Call> calls;
};

struct Program {
  std::vector<uint8_t> wasm;
  Plan plan;
  std::vector<wasm::FuncType> funcs;      // the type of each function, imported ones first
  std::vector<wasm::GlobalType> globals;  // all; imported ones first
  std::vector<wasm::ValueType> tables;    // their elements' types
  uint32_t memories = 0;
  uint32_t imported_funcs = 0;
};

// Appends the plan to a module as its last section.
void append_plan(std::vector<uint8_t>& wasm, const Plan& plan);
// Fails when the module does not decode or has no such section: it is not one of ours.
[[nodiscard]] Result<Program> read_program(std::vector<uint8_t> wasm);

// What host function `index` answers: bits mixed from its arguments, so that both sides compute the same.
[[nodiscard]] std::vector<oracle::Value> host_results(uint32_t index, const wasm::FuncType& type,
                                                      const std::vector<oracle::Value>& args);

}  // namespace mote::differential
