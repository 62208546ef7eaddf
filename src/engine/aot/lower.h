// Lowering of numeric instructions to LLVM IR: everything without control flow, calls or memory — scalar and vector.
//
// Values: i32, i64, float, double; v128 is <2 x i64>. Rules and their reasons: docs/internals/optimizing-tier.md (constrained
// floating point with maytrap, hand-made min/max, explicit tests before division and conversion, opaque NaN handling).
// Tested by tests/spec and the differential runs.
#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/IRBuilder.h>

#include "engine/code/abi.h"
#include "engine/code/codegen_key.h"
#include "engine/wasm/instruction.h"

namespace mote::aot {

struct Lowering {
  llvm::IRBuilder<>& ir;
  const code::CodegenKey& key;
  // Ends the current block with a branch to a cold trap block when `condition` (i1) holds, and continues in a new block.
  llvm::function_ref<void(llvm::Value* condition, code::TrapCode trap)> trap_if;
};

// Whether lower_numeric knows the opcode: constants, numeric operators, conversions, all vector instructions without memory access.
[[nodiscard]] bool is_numeric(wasm::Opcode op);
// The result of the instruction; operands in stack order.
[[nodiscard]] llvm::Value* lower_numeric(const Lowering& lowering, const wasm::Instruction& instruction,
                                         llvm::ArrayRef<llvm::Value*> operands);

}  // namespace mote::aot
