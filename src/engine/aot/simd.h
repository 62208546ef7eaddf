// Vector lowering, private to lowering (lower.h): one function per family of instructions; each returns null for opcodes that are
// not its own.
//
// v128 is <2 x i64> on the translator's stack; each instruction casts to the lanes it works on, which costs nothing. Plain LLVM
// operations serve where LLVM 19 selects the instruction we want; x86 intrinsics where not, or where out-of-range results matter.
// Targets: x86-64-v2 (SSE4.2) and x86-64-v3 (AVX2). Tested by lower_test.cpp.
#pragma once

#include "engine/aot/lower.h"

#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/Intrinsics.h>

namespace mote::aot {

using Operands = llvm::ArrayRef<llvm::Value*>;

[[nodiscard]] llvm::Value* lower_simd(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);

// v128.*, constants, splats, lane access, shuffles, all_true, bitmask.
[[nodiscard]] llvm::Value* lower_simd_lanes(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);
// Integer arithmetic and comparisons lane by lane.
[[nodiscard]] llvm::Value* lower_simd_integer(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);
// Integer operations between lane widths: narrow, extend, extmul, extadd, dot, q15mulr.
[[nodiscard]] llvm::Value* lower_simd_widening(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);
// Floating point, and conversions from and to it.
[[nodiscard]] llvm::Value* lower_simd_float(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);
[[nodiscard]] llvm::Value* lower_simd_relaxed(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands);

// Shapes.
[[nodiscard]] llvm::FixedVectorType* v128_type(llvm::IRBuilder<>& ir);
[[nodiscard]] llvm::FixedVectorType* integer_lanes(llvm::IRBuilder<>& ir, uint32_t bits);  // i8x16, i16x8, i32x4, i64x2
[[nodiscard]] llvm::FixedVectorType* float_lanes(llvm::IRBuilder<>& ir, uint32_t bits);    // f32x4, f64x2
// What the instruction's name begins with: <16 x i8> for i8x16.add.
[[nodiscard]] llvm::FixedVectorType* lanes_of(llvm::IRBuilder<>& ir, wasm::Opcode op);
[[nodiscard]] llvm::Value* as_v128(const Lowering& lowering, llvm::Value* value);
[[nodiscard]] llvm::Value* splat(const Lowering& lowering, llvm::FixedVectorType* lanes, llvm::Value* scalar);
[[nodiscard]] llvm::Constant* splat(llvm::FixedVectorType* lanes, uint64_t scalar);

// An intrinsic of the target, without overloads.
[[nodiscard]] llvm::Value* x86(const Lowering& lowering, llvm::Intrinsic::ID id, Operands operands);

// Shared between exact and relaxed instructions.
[[nodiscard]] llvm::Value* multiply_pairs_16(const Lowering& lowering, llvm::Value* a, llvm::Value* b);  // pmaddwd
[[nodiscard]] llvm::Value* q15_multiply(const Lowering& lowering, llvm::Value* a, llvm::Value* b, bool saturates);
[[nodiscard]] llvm::Value* trunc_sat_f32x4(const Lowering& lowering, llvm::Value* value, bool is_signed);
[[nodiscard]] llvm::Value* trunc_sat_f64x2(const Lowering& lowering, llvm::Value* value, bool is_signed);

}  // namespace mote::aot
