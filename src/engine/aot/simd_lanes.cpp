// Vector shapes, and the instructions that move lanes rather than compute: constants, bitwise operations, splats, lane access,
// shuffles, tests. Also the dispatch over the families of simd.h.
// Spec: core/exec/instructions, "Vector Instructions". Tested by lower_test.cpp.
#include "engine/aot/simd.h"

#include <llvm/IR/IntrinsicsX86.h>

#include <array>

namespace mote::aot {
namespace {

using wasm::Opcode;
namespace intrinsic = llvm::Intrinsic;

llvm::Value* shuffle_bytes(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  std::array<int, 16> mask;
  for (uint32_t lane = 0; lane < 16; ++lane) {
    uint64_t half = lane < 8 ? instruction.low : instruction.high;
    mask[lane] = static_cast<int>(half >> (lane % 8 * 8) & 0xff);
  }
  llvm::FixedVectorType* bytes = integer_lanes(ir, 8);
  return ir.CreateShuffleVector(ir.CreateBitCast(operands[0], bytes), ir.CreateBitCast(operands[1], bytes), mask);
}

// pshufb gives zero for indices with the top bit set and else takes them modulo 16: adding 0x70 with saturation sets the top bit
// of all from 16 on.
llvm::Value* swizzle(const Lowering& lowering, llvm::Value* vector, llvm::Value* indices) {
  llvm::Value* clamped =
      lowering.ir.CreateBinaryIntrinsic(intrinsic::uadd_sat, indices, splat(integer_lanes(lowering.ir, 8), 0x70));
  return x86(lowering, intrinsic::x86_ssse3_pshuf_b_128, {vector, clamped});
}

llvm::Value* is_all_zero(const Lowering& lowering, llvm::Value* vector) {
  llvm::Value* v128 = as_v128(lowering, vector);
  return x86(lowering, intrinsic::x86_sse41_ptestz, {v128, v128});
}

llvm::Value* all_true(const Lowering& lowering, llvm::Value* lanes) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::Value* zeros = ir.CreateICmpEQ(lanes, llvm::Constant::getNullValue(lanes->getType()));
  return is_all_zero(lowering, ir.CreateSExt(zeros, lanes->getType()));
}

llvm::Value* bitmask(const Lowering& lowering, llvm::Value* lanes) {
  llvm::IRBuilder<>& ir = lowering.ir;
  auto* type = llvm::cast<llvm::FixedVectorType>(lanes->getType());
  llvm::Value* signs = ir.CreateICmpSLT(lanes, llvm::Constant::getNullValue(type));
  return ir.CreateZExt(ir.CreateBitCast(signs, ir.getIntNTy(type->getNumElements())), ir.getInt32Ty());
}

llvm::Value* bitselect(const Lowering& lowering, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  return ir.CreateOr(ir.CreateAnd(operands[0], operands[2]), ir.CreateAnd(operands[1], ir.CreateNot(operands[2])));
}

llvm::Value* replace_lane(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = lanes_of(ir, instruction.op);
  llvm::Value* scalar = operands[1];
  if (lanes->getElementType()->isIntegerTy()) scalar = ir.CreateTrunc(scalar, lanes->getElementType());
  return ir.CreateInsertElement(ir.CreateBitCast(operands[0], lanes), scalar, uint64_t{instruction.index});
}

}  // namespace

llvm::Value* lower_simd(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  using Family = llvm::Value* (*)(const Lowering&, const wasm::Instruction&, Operands);
  static constexpr Family families[] = {lower_simd_integer, lower_simd_float, lower_simd_lanes, lower_simd_widening,
                                        lower_simd_relaxed};
  for (Family family : families) {
    if (llvm::Value* result = family(lowering, instruction, operands)) {
      return result->getType()->isVectorTy() ? as_v128(lowering, result) : result;
    }
  }
  return nullptr;
}

llvm::Value* lower_simd_lanes(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  auto lanes = [&](uint32_t operand) { return ir.CreateBitCast(operands[operand], lanes_of(ir, instruction.op)); };
  auto extract = [&] { return ir.CreateExtractElement(lanes(0), uint64_t{instruction.index}); };
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case v128_const: return llvm::ConstantDataVector::get(ir.getContext(), llvm::ArrayRef<uint64_t>{instruction.low, instruction.high});
    case v128_not: return ir.CreateNot(operands[0]);
    case v128_and: return ir.CreateAnd(operands[0], operands[1]);
    case v128_andnot: return ir.CreateAnd(operands[0], ir.CreateNot(operands[1]));
    case v128_or: return ir.CreateOr(operands[0], operands[1]);
    case v128_xor: return ir.CreateXor(operands[0], operands[1]);
    case v128_bitselect: return bitselect(lowering, operands);
    case v128_any_true: return ir.CreateXor(is_all_zero(lowering, operands[0]), 1);
    case i8x16_all_true: case i16x8_all_true: case i32x4_all_true: case i64x2_all_true: return all_true(lowering, lanes(0));
    case i8x16_bitmask: case i16x8_bitmask: case i32x4_bitmask: case i64x2_bitmask: return bitmask(lowering, lanes(0));
    case i8x16_shuffle: return shuffle_bytes(lowering, instruction, operands);
    case i8x16_swizzle: return swizzle(lowering, lanes(0), lanes(1));
    case i8x16_splat: case i16x8_splat: case i32x4_splat: case i64x2_splat: case f32x4_splat: case f64x2_splat:
      return splat(lowering, lanes_of(ir, instruction.op), operands[0]);
    case i8x16_extract_lane_s: case i16x8_extract_lane_s: return ir.CreateSExt(extract(), ir.getInt32Ty());
    case i8x16_extract_lane_u: case i16x8_extract_lane_u: return ir.CreateZExt(extract(), ir.getInt32Ty());
    case i32x4_extract_lane: case i64x2_extract_lane: case f32x4_extract_lane: case f64x2_extract_lane: return extract();
    case i8x16_replace_lane: case i16x8_replace_lane: case i32x4_replace_lane: case i64x2_replace_lane: case f32x4_replace_lane:
    case f64x2_replace_lane:
      return replace_lane(lowering, instruction, operands);
    default: return nullptr;
  }
  // clang-format on
}

llvm::FixedVectorType* integer_lanes(llvm::IRBuilder<>& ir, uint32_t bits) {
  return llvm::FixedVectorType::get(ir.getIntNTy(bits), 128 / bits);
}

llvm::FixedVectorType* float_lanes(llvm::IRBuilder<>& ir, uint32_t bits) {
  return llvm::FixedVectorType::get(bits == 32 ? ir.getFloatTy() : ir.getDoubleTy(), 128 / bits);
}

llvm::FixedVectorType* v128_type(llvm::IRBuilder<>& ir) {
  return integer_lanes(ir, 64);
}

llvm::FixedVectorType* lanes_of(llvm::IRBuilder<>& ir, Opcode op) {
  llvm::StringRef name = wasm::text(op);
  if (name.starts_with("i8x16")) return integer_lanes(ir, 8);
  if (name.starts_with("i16x8")) return integer_lanes(ir, 16);
  if (name.starts_with("i32x4")) return integer_lanes(ir, 32);
  if (name.starts_with("f32x4")) return float_lanes(ir, 32);
  if (name.starts_with("f64x2")) return float_lanes(ir, 64);
  return integer_lanes(ir, 64);  // i64x2, v128
}

llvm::Value* as_v128(const Lowering& lowering, llvm::Value* value) {
  return lowering.ir.CreateBitCast(value, v128_type(lowering.ir));
}

llvm::Value* splat(const Lowering& lowering, llvm::FixedVectorType* lanes, llvm::Value* scalar) {
  llvm::IRBuilder<>& ir = lowering.ir;
  if (scalar->getType()->isIntegerTy()) scalar = ir.CreateZExtOrTrunc(scalar, lanes->getElementType());
  return ir.CreateVectorSplat(lanes->getElementCount(), scalar);
}

llvm::Constant* splat(llvm::FixedVectorType* lanes, uint64_t scalar) {
  return llvm::ConstantInt::get(lanes, llvm::APInt(lanes->getScalarSizeInBits(), scalar));
}

llvm::Value* x86(const Lowering& lowering, intrinsic::ID id, Operands operands) {
  return lowering.ir.CreateIntrinsic(id, {}, operands);
}

}  // namespace mote::aot
