// Lowering of numeric instructions to LLVM IR: everything without control flow, calls or memory — scalar and vector — and the
// register half of the vector loads and stores, whose memory half is the translator's.
//
// Values: i32, i64, float, double; v128 is <2 x i64>. What must hold of the function that is being built: attribute strictfp
// (arithmetic is constrained floating point), no-builtins, and the subtarget of key.cpu_features (at least x86-64-v2).
// Nothing here becomes a library call. Rules and their reasons: docs/internals/numerics.md.
// With key.canonical_nans, run canonicalize_nans (nan.h) on the function once its locals are SSA values.
// Tested by lower_test.cpp (every opcode against plain C++, on v2 and v3), tests/spec and the differential runs.
#pragma once

#include "engine/code/abi.h"
#include "engine/code/codegen_key.h"
#include "engine/wasm/instruction.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/IRBuilder.h>

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

// Vector loads and stores, v128.load and v128.store included: the translator accesses one value of simd_memory_type in memory, and
// these turn it into the instruction's result or make it from the instruction's operand.
//   load:       result = finish_simd_load(lowering, instruction, load, nullptr)
//   load lane:  result = finish_simd_load(lowering, instruction, load, vector operand)
//   store:      store simd_value_to_store(lowering, instruction, vector operand)
[[nodiscard]] bool is_simd_memory(wasm::Opcode op);
[[nodiscard]] bool is_simd_store(wasm::Opcode op);      // of those: a store (no result)
[[nodiscard]] bool is_simd_lane_load(wasm::Opcode op);  // of those: a load that also has a vector operand
[[nodiscard]] llvm::Type* simd_memory_type(llvm::IRBuilder<>& ir, wasm::Opcode op);
[[nodiscard]] llvm::Value* finish_simd_load(const Lowering& lowering, const wasm::Instruction& instruction, llvm::Value* loaded,
                                            llvm::Value* vector);
[[nodiscard]] llvm::Value* simd_value_to_store(const Lowering& lowering, const wasm::Instruction& instruction, llvm::Value* vector);

}  // namespace mote::aot
