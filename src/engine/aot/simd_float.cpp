// Floating-point vector instructions and the conversions between integer and floating-point lanes.
//
// Saturating truncation builds on cvttps2dq and cvttpd2dq, which give INT32_MIN for everything that does not fit; as intrinsics,
// since LLVM's own fptosi is poison there. Spec: core/exec/numerics. Tested by lower_test.cpp.
#include "engine/aot/lower_float.h"
#include "engine/aot/simd.h"

#include <llvm/IR/IntrinsicsX86.h>

#include <array>

namespace mote::aot {
namespace {

using wasm::Opcode;
namespace intrinsic = llvm::Intrinsic;

llvm::Constant* float_splat(llvm::Type* lanes, double value) {
  return llvm::ConstantFP::get(lanes, value);
}

// maxps and minps with a constant as second operand: NaN gives the constant.
llvm::Value* clamp_below(const Lowering& lowering, llvm::Value* value, double bound) {
  return float_extremum_x86(lowering, Extremum::max, value, float_splat(value->getType(), bound));
}

llvm::Value* clamp_above(const Lowering& lowering, llvm::Value* value, double bound) {
  return float_extremum_x86(lowering, Extremum::min, value, float_splat(value->getType(), bound));
}

llvm::Value* compare(const Lowering& lowering, llvm::CmpInst::Predicate predicate, llvm::Value* a, llvm::Value* b) {
  return lowering.ir.CreateSExt(lowering.ir.CreateFCmp(predicate, a, b), bits_type(a->getType()));
}

// The two low lanes of a vector of four, as a vector of two.
llvm::Value* low_half(const Lowering& lowering, llvm::Value* value) {
  return lowering.ir.CreateShuffleVector(value, std::array<int, 2>{0, 1});
}

// A vector of two, followed by two zero lanes.
llvm::Value* with_zeros(const Lowering& lowering, llvm::Value* value) {
  return lowering.ir.CreateShuffleVector(value, llvm::Constant::getNullValue(value->getType()), std::array<int, 4>{0, 1, 2, 3});
}

// In [0, 2^31) one conversion does. From there to 2^32, convert what is above 2^31 and add: cvttps2dq(x) is INT32_MIN, that is
// 2^31, by itself. The second conversion is negative for small x (clamped to 0) and too large from 2^32 on (then INT32_MIN,
// turned into INT32_MAX, so the sum is UINT32_MAX).
llvm::Value* trunc_sat_unsigned(const Lowering& lowering, llvm::Value* value) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* words = integer_lanes(ir, 32);
  llvm::Constant* half = float_splat(value->getType(), 0x1p31);
  llvm::Value* positive = clamp_below(lowering, value, 0.0);
  llvm::Value* above = ir.CreateFSub(positive, half);
  llvm::Value* overflow = ir.CreateSExt(ir.CreateFCmpOGE(above, half), words);
  llvm::Value* rest = ir.CreateXor(x86(lowering, intrinsic::x86_sse2_cvttps2dq, {above}), overflow);
  rest = ir.CreateBinaryIntrinsic(intrinsic::smax, rest, llvm::Constant::getNullValue(words));
  return ir.CreateAdd(x86(lowering, intrinsic::x86_sse2_cvttps2dq, {positive}), rest);
}

}  // namespace

llvm::Value* trunc_sat_f32x4(const Lowering& lowering, llvm::Value* value, bool is_signed) {
  if (!is_signed) return trunc_sat_unsigned(lowering, value);
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* words = integer_lanes(ir, 32);
  llvm::Value* is_number = ir.CreateSExt(ir.CreateFCmpORD(value, value), words);
  llvm::Value* too_large = ir.CreateSExt(ir.CreateFCmpOGE(value, float_splat(value->getType(), 0x1p31)), words);
  llvm::Value* converted = x86(lowering, intrinsic::x86_sse2_cvttps2dq, {value});
  return ir.CreateAnd(ir.CreateXor(converted, too_large), is_number);
}

// Signed: INT32_MAX is exact in f64, so clamping from above leaves only results that cvttpd2dq has right.
// Unsigned: clamped to [0, UINT32_MAX] and truncated, the number plus 2^52 has it in its low 32 bits.
llvm::Value* trunc_sat_f64x2(const Lowering& lowering, llvm::Value* value, bool is_signed) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::Type* type = value->getType();
  if (is_signed) {
    llvm::Value* bound = ir.CreateSelect(ir.CreateFCmpORD(value, value), float_splat(type, 0x7fff'ffff), float_splat(type, 0.0));
    return x86(lowering, intrinsic::x86_sse2_cvttpd2dq, {float_extremum_x86(lowering, Extremum::min, value, bound)});
  }
  llvm::Value* clamped = clamp_above(lowering, clamp_below(lowering, value, 0.0), 0xffff'ffff);
  llvm::Value* whole = ir.CreateUnaryIntrinsic(intrinsic::trunc, clamped);
  llvm::Value* words = ir.CreateBitCast(ir.CreateFAdd(whole, float_splat(type, 0x1p52)), integer_lanes(ir, 32));
  return ir.CreateShuffleVector(words, llvm::Constant::getNullValue(words->getType()), std::array<int, 4>{0, 2, 4, 4});
}

llvm::Value* lower_simd_float(const Lowering& lowering, const wasm::Instruction& instruction, Operands operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::FixedVectorType* lanes = lanes_of(ir, instruction.op);
  auto cast = [&](uint32_t operand, llvm::Type* type) { return ir.CreateBitCast(operands[operand], type); };
  auto a = [&] { return cast(0, lanes); };
  auto b = [&] { return cast(1, lanes); };
  auto words = [&] { return cast(0, integer_lanes(ir, 32)); };
  auto singles = [&] { return cast(0, float_lanes(ir, 32)); };
  auto doubles = [&] { return cast(0, float_lanes(ir, 64)); };
  auto unary = [&](intrinsic::ID id) { return float_arithmetic(lowering, id, {a()}); };
  auto binary = [&](intrinsic::ID id) { return float_arithmetic(lowering, id, {a(), b()}); };
  using P = llvm::CmpInst;
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case f32x4_eq: case f64x2_eq: return compare(lowering, P::FCMP_OEQ, a(), b());
    case f32x4_ne: case f64x2_ne: return compare(lowering, P::FCMP_UNE, a(), b());
    case f32x4_lt: case f64x2_lt: return compare(lowering, P::FCMP_OLT, a(), b());
    case f32x4_gt: case f64x2_gt: return compare(lowering, P::FCMP_OGT, a(), b());
    case f32x4_le: case f64x2_le: return compare(lowering, P::FCMP_OLE, a(), b());
    case f32x4_ge: case f64x2_ge: return compare(lowering, P::FCMP_OGE, a(), b());
    case f32x4_abs: case f64x2_abs: return ir.CreateUnaryIntrinsic(intrinsic::fabs, a());
    case f32x4_neg: case f64x2_neg: return ir.CreateFNeg(a());
    case f32x4_ceil: case f64x2_ceil: return unary(intrinsic::experimental_constrained_ceil);
    case f32x4_floor: case f64x2_floor: return unary(intrinsic::experimental_constrained_floor);
    case f32x4_trunc: case f64x2_trunc: return unary(intrinsic::experimental_constrained_trunc);
    case f32x4_nearest: case f64x2_nearest: return unary(intrinsic::experimental_constrained_roundeven);
    case f32x4_sqrt: case f64x2_sqrt: return unary(intrinsic::experimental_constrained_sqrt);
    case f32x4_add: case f64x2_add: return binary(intrinsic::experimental_constrained_fadd);
    case f32x4_sub: case f64x2_sub: return binary(intrinsic::experimental_constrained_fsub);
    case f32x4_mul: case f64x2_mul: return binary(intrinsic::experimental_constrained_fmul);
    case f32x4_div: case f64x2_div: return binary(intrinsic::experimental_constrained_fdiv);
    case f32x4_min: case f64x2_min: return float_extremum(lowering, Extremum::min, a(), b());
    case f32x4_max: case f64x2_max: return float_extremum(lowering, Extremum::max, a(), b());
    // pmin(a, b) is b < a ? b : a: minps with the operands exchanged.
    case f32x4_pmin: case f64x2_pmin: return float_extremum_x86(lowering, Extremum::min, b(), a());
    case f32x4_pmax: case f64x2_pmax: return float_extremum_x86(lowering, Extremum::max, b(), a());
    case i32x4_trunc_sat_f32x4_s: return trunc_sat_f32x4(lowering, singles(), true);
    case i32x4_trunc_sat_f32x4_u: return trunc_sat_f32x4(lowering, singles(), false);
    case i32x4_trunc_sat_f64x2_s_zero: return trunc_sat_f64x2(lowering, doubles(), true);
    case i32x4_trunc_sat_f64x2_u_zero: return trunc_sat_f64x2(lowering, doubles(), false);
    case f32x4_convert_i32x4_s: return ir.CreateSIToFP(words(), lanes);
    case f32x4_convert_i32x4_u: return ir.CreateUIToFP(words(), lanes);
    case f64x2_convert_low_i32x4_s: return ir.CreateSIToFP(low_half(lowering, words()), lanes);
    case f64x2_convert_low_i32x4_u: return ir.CreateUIToFP(low_half(lowering, words()), lanes);
    case f32x4_demote_f64x2_zero:
      return with_zeros(lowering, float_resize(lowering, doubles(), llvm::FixedVectorType::get(ir.getFloatTy(), 2)));
    case f64x2_promote_low_f32x4: return float_resize(lowering, low_half(lowering, singles()), lanes);
    default: return nullptr;
  }
  // clang-format on
}

}  // namespace mote::aot
