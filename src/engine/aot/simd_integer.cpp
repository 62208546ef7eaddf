// Integer vector instructions: lane by lane, and between lane widths.
//
// LLVM 19 selects good code for most plain operations, awkward ones included (shifts of bytes, i64x2.mul and shr_s, popcnt by
// pshufb); averages, narrowing, multiply-add and Q15 multiplication are the machine's own instructions by name.
// Spec: core/exec/numerics. Tested by lower_test.cpp.
#include "engine/aot/simd.h"

#include <llvm/IR/IntrinsicsX86.h>

#include <numeric>

namespace mote::aot {
namespace {

using wasm::Opcode;
namespace intrinsic = llvm::Intrinsic;

enum class Half : uint8_t { low, high };
enum class Sign : uint8_t { is_signed, is_unsigned };

llvm::Value* compare(const Lowering& lowering, llvm::CmpInst::Predicate predicate, llvm::Value* a, llvm::Value* b) {
  return lowering.ir.CreateSExt(lowering.ir.CreateICmp(predicate, a, b), a->getType());
}

// One half of the lanes, each extended to double width.
llvm::Value* extend(const Lowering& lowering, llvm::Value* vector, uint32_t to_bits, Half half, Sign sign) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* wide = integer_lanes(ir, to_bits);
  llvm::SmallVector<int, 8> mask(wide->getNumElements());
  std::iota(mask.begin(), mask.end(), half == Half::low ? 0 : static_cast<int>(mask.size()));
  llvm::Value* narrow = ir.CreateShuffleVector(ir.CreateBitCast(vector, integer_lanes(ir, to_bits / 2)), mask);
  return sign == Sign::is_signed ? ir.CreateSExt(narrow, wide) : ir.CreateZExt(narrow, wide);
}

llvm::Value* extmul(const Lowering& lowering, Operands operands, uint32_t to_bits, Half half, Sign sign) {
  return lowering.ir.CreateMul(extend(lowering, operands[0], to_bits, half, sign),
                               extend(lowering, operands[1], to_bits, half, sign));
}

// Adjacent bytes added as 16-bit lanes: pmaddubsw by ones. Its first operand is unsigned, its second signed; no sum saturates.
llvm::Value* extadd_bytes(const Lowering& lowering, llvm::Value* vector, Sign sign) {
  llvm::FixedVectorType* bytes = integer_lanes(lowering.ir, 8);
  llvm::Value* lanes = lowering.ir.CreateBitCast(vector, bytes);
  llvm::Value* ones = splat(bytes, 1);
  return sign == Sign::is_signed ? x86(lowering, intrinsic::x86_ssse3_pmadd_ub_sw_128, {ones, lanes})
                                 : x86(lowering, intrinsic::x86_ssse3_pmadd_ub_sw_128, {lanes, ones});
}

// Adjacent 16-bit lanes added as 32-bit ones: pmaddwd by ones is signed; for unsigned lanes, flip the top bits and add them back.
llvm::Value* extadd_words(const Lowering& lowering, llvm::Value* vector, Sign sign) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* words = integer_lanes(ir, 16);
  llvm::Value* lanes = ir.CreateBitCast(vector, words);
  if (sign == Sign::is_signed) return multiply_pairs_16(lowering, lanes, splat(words, 1));
  llvm::Value* sums = multiply_pairs_16(lowering, ir.CreateXor(lanes, splat(words, 0x8000)), splat(words, 1));
  return ir.CreateAdd(sums, splat(integer_lanes(ir, 32), 0x10000));
}

llvm::Value* narrow(const Lowering& lowering, intrinsic::ID pack, Operands operands, uint32_t from_bits) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = integer_lanes(ir, from_bits);
  return x86(lowering, pack, {ir.CreateBitCast(operands[0], lanes), ir.CreateBitCast(operands[1], lanes)});
}

}  // namespace

llvm::Value* multiply_pairs_16(const Lowering& lowering, llvm::Value* a, llvm::Value* b) {
  llvm::FixedVectorType* words = integer_lanes(lowering.ir, 16);
  return x86(lowering, intrinsic::x86_sse2_pmadd_wd, {lowering.ir.CreateBitCast(a, words), lowering.ir.CreateBitCast(b, words)});
}

// pmulhrsw is exact but for INT16_MIN squared, where it gives INT16_MIN, which no other operands do.
llvm::Value* q15_multiply(const Lowering& lowering, llvm::Value* a, llvm::Value* b, bool saturates) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* words = integer_lanes(ir, 16);
  llvm::Value* product =
      x86(lowering, intrinsic::x86_ssse3_pmul_hr_sw_128, {ir.CreateBitCast(a, words), ir.CreateBitCast(b, words)});
  if (!saturates) return product;
  return ir.CreateXor(product, ir.CreateSExt(ir.CreateICmpEQ(product, splat(words, 0x8000)), words));
}

llvm::Value* lower_simd_integer(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = lanes_of(ir, instruction.op);
  auto a = [&] { return ir.CreateBitCast(operands[0], lanes); };
  auto b = [&] { return ir.CreateBitCast(operands[1], lanes); };
  auto count = [&] { return splat(lowering, lanes, ir.CreateAnd(operands[1], lanes->getScalarSizeInBits() - 1)); };
  auto binary = [&](intrinsic::ID id) { return ir.CreateBinaryIntrinsic(id, a(), b()); };
  using P = llvm::CmpInst;
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case i8x16_eq: case i16x8_eq: case i32x4_eq: case i64x2_eq: return compare(lowering, P::ICMP_EQ, a(), b());
    case i8x16_ne: case i16x8_ne: case i32x4_ne: case i64x2_ne: return compare(lowering, P::ICMP_NE, a(), b());
    case i8x16_lt_s: case i16x8_lt_s: case i32x4_lt_s: case i64x2_lt_s: return compare(lowering, P::ICMP_SLT, a(), b());
    case i8x16_lt_u: case i16x8_lt_u: case i32x4_lt_u: return compare(lowering, P::ICMP_ULT, a(), b());
    case i8x16_gt_s: case i16x8_gt_s: case i32x4_gt_s: case i64x2_gt_s: return compare(lowering, P::ICMP_SGT, a(), b());
    case i8x16_gt_u: case i16x8_gt_u: case i32x4_gt_u: return compare(lowering, P::ICMP_UGT, a(), b());
    case i8x16_le_s: case i16x8_le_s: case i32x4_le_s: case i64x2_le_s: return compare(lowering, P::ICMP_SLE, a(), b());
    case i8x16_le_u: case i16x8_le_u: case i32x4_le_u: return compare(lowering, P::ICMP_ULE, a(), b());
    case i8x16_ge_s: case i16x8_ge_s: case i32x4_ge_s: case i64x2_ge_s: return compare(lowering, P::ICMP_SGE, a(), b());
    case i8x16_ge_u: case i16x8_ge_u: case i32x4_ge_u: return compare(lowering, P::ICMP_UGE, a(), b());
    case i8x16_abs: case i16x8_abs: case i32x4_abs: case i64x2_abs: return ir.CreateBinaryIntrinsic(intrinsic::abs, a(), ir.getFalse());
    case i8x16_neg: case i16x8_neg: case i32x4_neg: case i64x2_neg: return ir.CreateNeg(a());
    case i8x16_popcnt: return ir.CreateUnaryIntrinsic(intrinsic::ctpop, a());
    case i8x16_shl: case i16x8_shl: case i32x4_shl: case i64x2_shl: return ir.CreateShl(a(), count());
    case i8x16_shr_s: case i16x8_shr_s: case i32x4_shr_s: case i64x2_shr_s: return ir.CreateAShr(a(), count());
    case i8x16_shr_u: case i16x8_shr_u: case i32x4_shr_u: case i64x2_shr_u: return ir.CreateLShr(a(), count());
    case i8x16_add: case i16x8_add: case i32x4_add: case i64x2_add: return ir.CreateAdd(a(), b());
    case i8x16_sub: case i16x8_sub: case i32x4_sub: case i64x2_sub: return ir.CreateSub(a(), b());
    case i16x8_mul: case i32x4_mul: case i64x2_mul: return ir.CreateMul(a(), b());
    case i8x16_add_sat_s: case i16x8_add_sat_s: return binary(intrinsic::sadd_sat);
    case i8x16_add_sat_u: case i16x8_add_sat_u: return binary(intrinsic::uadd_sat);
    case i8x16_sub_sat_s: case i16x8_sub_sat_s: return binary(intrinsic::ssub_sat);
    case i8x16_sub_sat_u: case i16x8_sub_sat_u: return binary(intrinsic::usub_sat);
    case i8x16_min_s: case i16x8_min_s: case i32x4_min_s: return binary(intrinsic::smin);
    case i8x16_min_u: case i16x8_min_u: case i32x4_min_u: return binary(intrinsic::umin);
    case i8x16_max_s: case i16x8_max_s: case i32x4_max_s: return binary(intrinsic::smax);
    case i8x16_max_u: case i16x8_max_u: case i32x4_max_u: return binary(intrinsic::umax);
    case i8x16_avgr_u: return x86(lowering, intrinsic::x86_sse2_pavg_b, {a(), b()});
    case i16x8_avgr_u: return x86(lowering, intrinsic::x86_sse2_pavg_w, {a(), b()});
    default: return nullptr;
  }
  // clang-format on
}

llvm::Value* lower_simd_widening(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  uint32_t bits = lanes_of(lowering.ir, instruction.op)->getScalarSizeInBits();  // of the result's lanes
  using enum Half;
  using enum Sign;
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case i8x16_narrow_i16x8_s: return narrow(lowering, intrinsic::x86_sse2_packsswb_128, operands, 16);
    case i8x16_narrow_i16x8_u: return narrow(lowering, intrinsic::x86_sse2_packuswb_128, operands, 16);
    case i16x8_narrow_i32x4_s: return narrow(lowering, intrinsic::x86_sse2_packssdw_128, operands, 32);
    case i16x8_narrow_i32x4_u: return narrow(lowering, intrinsic::x86_sse41_packusdw, operands, 32);
    case i16x8_extend_low_i8x16_s: case i32x4_extend_low_i16x8_s: case i64x2_extend_low_i32x4_s:
      return extend(lowering, operands[0], bits, low, is_signed);
    case i16x8_extend_high_i8x16_s: case i32x4_extend_high_i16x8_s: case i64x2_extend_high_i32x4_s:
      return extend(lowering, operands[0], bits, high, is_signed);
    case i16x8_extend_low_i8x16_u: case i32x4_extend_low_i16x8_u: case i64x2_extend_low_i32x4_u:
      return extend(lowering, operands[0], bits, low, is_unsigned);
    case i16x8_extend_high_i8x16_u: case i32x4_extend_high_i16x8_u: case i64x2_extend_high_i32x4_u:
      return extend(lowering, operands[0], bits, high, is_unsigned);
    case i16x8_extmul_low_i8x16_s: case i32x4_extmul_low_i16x8_s: case i64x2_extmul_low_i32x4_s:
      return extmul(lowering, operands, bits, low, is_signed);
    case i16x8_extmul_high_i8x16_s: case i32x4_extmul_high_i16x8_s: case i64x2_extmul_high_i32x4_s:
      return extmul(lowering, operands, bits, high, is_signed);
    case i16x8_extmul_low_i8x16_u: case i32x4_extmul_low_i16x8_u: case i64x2_extmul_low_i32x4_u:
      return extmul(lowering, operands, bits, low, is_unsigned);
    case i16x8_extmul_high_i8x16_u: case i32x4_extmul_high_i16x8_u: case i64x2_extmul_high_i32x4_u:
      return extmul(lowering, operands, bits, high, is_unsigned);
    case i16x8_extadd_pairwise_i8x16_s: return extadd_bytes(lowering, operands[0], is_signed);
    case i16x8_extadd_pairwise_i8x16_u: return extadd_bytes(lowering, operands[0], is_unsigned);
    case i32x4_extadd_pairwise_i16x8_s: return extadd_words(lowering, operands[0], is_signed);
    case i32x4_extadd_pairwise_i16x8_u: return extadd_words(lowering, operands[0], is_unsigned);
    case i32x4_dot_i16x8_s: return multiply_pairs_16(lowering, operands[0], operands[1]);
    case i16x8_q15mulr_sat_s: return q15_multiply(lowering, operands[0], operands[1], true);
    default: return nullptr;
  }
  // clang-format on
}

}  // namespace mote::aot
