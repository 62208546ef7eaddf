// What fuel counts: the cost of each instruction, and where a straight-line run of instructions ends. Read by every executor of
// wasm code (the compilers, the tests' oracle), so that all of them count alike.
//
// Every instruction costs 1, except those that only give code its structure (block, loop, else, end, nop) and drop: 0.
// The instructions of a run are charged together, just before the one that ends the run transfers control (its own cost
// included); a trap inside a run leaves that run uncharged. Exhaustion (fuel < 0) is tested on entry to a function and at a
// loop's start, on entering it from above and on each repetition; nowhere else.
// Rationale: docs/internals/optimizing-tier.md.
#pragma once

#include "engine/wasm/instruction.h"

#include <cstdint>

namespace mote::code {

[[nodiscard]] constexpr uint32_t fuel_cost(wasm::Opcode op) {
  using enum wasm::Opcode;
  return op == block || op == loop || op == else_ || op == end || op == nop || op == drop ? 0 : 1;
}

// Whether the run ends with this instruction: control leaves it, or several paths meet at it.
[[nodiscard]] constexpr bool ends_fuel_run(wasm::Opcode op) {
  using enum wasm::Opcode;
  switch (op) {
    case unreachable:
    case loop:
    case if_:
    case else_:
    case end:
    case try_table:
    case br:
    case br_if:
    case br_table:
    case br_on_null:
    case br_on_non_null:
    case br_on_cast:
    case br_on_cast_fail:
    case return_:
    case call:
    case call_indirect:
    case call_ref:
    case return_call:
    case return_call_indirect:
    case return_call_ref:
    case throw_:
    case throw_ref:
      return true;
    default:
      return false;
  }
}

}  // namespace mote::code
