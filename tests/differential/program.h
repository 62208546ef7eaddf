// A generated program: a valid module and what to do with it, in one file.
//
// The module imports from module "host" only: functions "f0", "f1", … that the harness must answer as host_results() says,
// memories "m0", …, tables "t0", …, globals "g0", … and tags "e0", …, each kind from index 0 on. It exports everything it has:
// functions "f<index>" (imported ones too), memories "m<index>", tables "t<index>", globals "g<index>", so that all state can be
// compared. One mutable global bounds its running time: every function entry and every repetition of a loop takes one step and
// traps (unreachable) when none is left; the harness sets it before each call.
//
// A program of two instances links the module to itself: the upper instance shares the host's memories, tables and globals with the
// lower one, and takes some of its functions from it. So one module tests calls between instances, which may be of different tiers.
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
  uint8_t instance = 0;
  std::vector<oracle::Value> args;  // references: an embedder's number plus one, or 0 for null
};

struct Plan {
  bool nan_safe = true;  // see GeneratorOptions
  uint32_t steps_global = 0;
  int64_t fuel = 0;                             // for each call and instantiation, in stores that count fuel
  std::vector<oracle::Value> imported_globals;  // their values
  std::vector<Call> calls;
  bool two = false;  // two instances
  // By imported function: the function of the lower instance that the upper one gets.
  static constexpr uint32_t from_host = UINT32_MAX;
  std::vector<uint32_t> links;
};

struct Program {
  std::vector<uint8_t> wasm;
  Plan plan;
  std::vector<wasm::FuncType> funcs;      // the type of each function, imported ones first
  std::vector<wasm::GlobalType> globals;  // all; imported ones first
  std::vector<wasm::TableType> tables;
  std::vector<wasm::MemoryType> memories;
  uint32_t imported_funcs = 0, imported_tables = 0, imported_memories = 0;
  std::vector<wasm::FuncType> imported_tags;
  bool has_objects = false;  // data types or tags, which the oracle does not know

  [[nodiscard]] uint32_t imported_globals() const { return static_cast<uint32_t>(plan.imported_globals.size()); }
  [[nodiscard]] uint32_t instances() const { return plan.two ? 2 : 1; }
};

// Appends the plan to a module as its last section.
void append_plan(std::vector<uint8_t>& wasm, const Plan& plan);
// Fails when the module does not decode or has no such section: it is not one of ours.
[[nodiscard]] Result<Program> read_program(std::vector<uint8_t> wasm);

// What host function `index` answers: bits mixed from its arguments, so that both sides compute the same.
[[nodiscard]] std::vector<oracle::Value> host_results(uint32_t index, const wasm::FuncType& type,
                                                      const std::vector<oracle::Value>& args);

}  // namespace mote::differential
