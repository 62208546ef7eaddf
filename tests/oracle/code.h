// A function body as the oracle runs it: the instructions that the walker tells, in order, with the ends of blocks found.
//
// Instructions that can never be reached are not told, so they are not here; nothing can jump to them either.
#pragma once

#include "engine/wasm/walk.h"

#include <mote/result.h>

#include <vector>

namespace mote::oracle {

struct Step {
  wasm::Instruction instruction;  // its spans are not to be used: what they held is below
  uint32_t params = 0;            // block, loop, if: how many values it takes and gives
  uint32_t results = 0;
  uint32_t else_at = 0;           // if: the step after `else`, or that of `end`
  uint32_t end_at = 0;            // block, loop, if, else: the step of `end`
  std::vector<uint32_t> targets;  // br_table
};

struct Code {
  std::vector<wasm::ValueType> locals;  // parameters first
  uint32_t params = 0;
  uint32_t results = 0;
  uint64_t offset = 0;      // of the body: where a function without fuel stops
  std::vector<Step> steps;  // the last is the function's `end`
};

// Fails for instructions that the oracle does not know ("the oracle does not run …").
[[nodiscard]] Result<Code> read_code(const wasm::Module& module, wasm::FuncIndex func);

}  // namespace mote::oracle
