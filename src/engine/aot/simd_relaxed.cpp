// Relaxed vector instructions: what each does is chosen in engine/code/relaxed_simd.h, for all tiers; here it becomes IR.
// Spec: core/exec/numerics, "Relaxed Operations". Tested by lower_test.cpp, with and without the deterministic profile.
#include "engine/aot/lower_float.h"
#include "engine/aot/nan.h"
#include "engine/aot/simd.h"
#include "engine/code/relaxed_simd.h"

#include <llvm/IR/IntrinsicsX86.h>

namespace mote::aot {
namespace {

using wasm::Opcode;
namespace intrinsic = llvm::Intrinsic;

// The exact instruction that the choice 0 stands for.
llvm::Value* lower_as(const Lowering& lowering, Opcode op, Operands operands) {
  wasm::Instruction instruction;
  instruction.op = op;
  return lower_simd(lowering, instruction, operands);
}

llvm::Value* multiply_add(const Lowering& lowering, llvm::Value* a, llvm::Value* b, llvm::Value* c, bool is_fused) {
  if (is_fused) return float_arithmetic(lowering, intrinsic::experimental_constrained_fma, {a, b, c});
  llvm::Value* product = float_arithmetic(lowering, intrinsic::experimental_constrained_fmul, {a, b});
  return float_arithmetic(lowering, intrinsic::experimental_constrained_fadd, {product, c});
}

llvm::Value* extremum(const Lowering& lowering, Extremum which, llvm::Value* a, llvm::Value* b, uint8_t choice) {
  if (choice == 0) return float_extremum(lowering, which, a, b);
  llvm::Value* result = float_extremum_x86(lowering, which, a, b);
  return lowering.key.canonical_nans != 0 ? mark_arithmetic(lowering.ir, result) : result;
}

// Products of bytes, added in pairs with saturation. Exact signed products of even and of odd bytes fit 16 bits.
llvm::Value* dot_bytes(const Lowering& lowering, Operands operands, uint8_t choice) {
  llvm::IRBuilder<>& ir = lowering.ir;
  if (choice == 1) {
    llvm::FixedVectorType* bytes = integer_lanes(ir, 8);
    return x86(lowering, intrinsic::x86_ssse3_pmadd_ub_sw_128,
               {ir.CreateBitCast(operands[1], bytes), ir.CreateBitCast(operands[0], bytes)});
  }
  llvm::FixedVectorType* words = integer_lanes(ir, 16);
  llvm::Value* a = ir.CreateBitCast(operands[0], words);
  llvm::Value* b = ir.CreateBitCast(operands[1], words);
  auto even = [&](llvm::Value* value) { return ir.CreateAShr(ir.CreateShl(value, splat(words, 8)), splat(words, 8)); };
  auto odd = [&](llvm::Value* value) { return ir.CreateAShr(value, splat(words, 8)); };
  return ir.CreateBinaryIntrinsic(intrinsic::sadd_sat, ir.CreateMul(even(a), even(b)), ir.CreateMul(odd(a), odd(b)));
}

llvm::Value* lane_select(const Lowering& lowering, Opcode op, Operands operands, uint8_t choice) {
  if (choice == 0) return lower_as(lowering, Opcode::v128_bitselect, operands);
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = lanes_of(ir, op);
  llvm::Value* is_first = ir.CreateICmpSLT(ir.CreateBitCast(operands[2], lanes), llvm::Constant::getNullValue(lanes));
  return ir.CreateSelect(is_first, ir.CreateBitCast(operands[0], lanes), ir.CreateBitCast(operands[1], lanes));
}

}  // namespace

llvm::Value* lower_simd_relaxed(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  const code::RelaxedSimd choice = code::relaxed_simd(lowering.key);
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = lanes_of(ir, instruction.op);
  auto cast = [&](uint32_t operand) { return ir.CreateBitCast(operands[operand], lanes); };
  auto floats = [&](uint32_t bits) { return ir.CreateBitCast(operands[0], float_lanes(ir, bits)); };
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case i8x16_relaxed_swizzle:
      if (choice.swizzle == 0) return lower_as(lowering, i8x16_swizzle, operands);
      return x86(lowering, intrinsic::x86_ssse3_pshuf_b_128, {cast(0), cast(1)});
    case i32x4_relaxed_trunc_f32x4_s:
      if (choice.trunc_s == 0) return trunc_sat_f32x4(lowering, floats(32), true);
      return x86(lowering, intrinsic::x86_sse2_cvttps2dq, {floats(32)});
    case i32x4_relaxed_trunc_f32x4_u: return trunc_sat_f32x4(lowering, floats(32), false);
    case i32x4_relaxed_trunc_f64x2_s_zero:
      if (choice.trunc_s == 0) return trunc_sat_f64x2(lowering, floats(64), true);
      return x86(lowering, intrinsic::x86_sse2_cvttpd2dq, {floats(64)});
    case i32x4_relaxed_trunc_f64x2_u_zero: return trunc_sat_f64x2(lowering, floats(64), false);
    case f32x4_relaxed_madd: case f64x2_relaxed_madd:
      return multiply_add(lowering, cast(0), cast(1), cast(2), choice.fmadd != 0);
    case f32x4_relaxed_nmadd: case f64x2_relaxed_nmadd:
      return multiply_add(lowering, ir.CreateFNeg(cast(0)), cast(1), cast(2), choice.fmadd != 0);
    case i8x16_relaxed_laneselect: case i16x8_relaxed_laneselect: case i32x4_relaxed_laneselect: case i64x2_relaxed_laneselect:
      return lane_select(lowering, instruction.op, operands, choice.laneselect);
    case f32x4_relaxed_min: case f64x2_relaxed_min: return extremum(lowering, Extremum::min, cast(0), cast(1), choice.fmin);
    case f32x4_relaxed_max: case f64x2_relaxed_max: return extremum(lowering, Extremum::max, cast(0), cast(1), choice.fmax);
    case i16x8_relaxed_q15mulr_s: return q15_multiply(lowering, operands[0], operands[1], choice.iq15mulr == 0);
    case i16x8_relaxed_dot_i8x16_i7x16_s: return dot_bytes(lowering, operands, choice.idot);
    case i32x4_relaxed_dot_i8x16_i7x16_add_s: {
      llvm::Value* pairs = dot_bytes(lowering, operands, choice.idot);
      return ir.CreateAdd(multiply_pairs_16(lowering, pairs, splat(integer_lanes(ir, 16), 1)), cast(2));
    }
    default: return nullptr;
  }
  // clang-format on
}

}  // namespace mote::aot
