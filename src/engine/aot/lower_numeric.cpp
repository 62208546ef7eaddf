// Scalar numeric instructions. Vector instructions go on to simd.h.
//
// LLVM's integer operations are undefined or poison where WebAssembly traps or wraps: shift counts are masked, division and
// conversion to integers come after explicit tests. Abs, neg, copysign and reinterpretation are bit operations in LLVM too, so
// plain instructions serve; so do comparisons and conversions from integers.
// Spec: core/exec/numerics. Tested by lower_test.cpp.
#include "base/core/assert.h"
#include "engine/aot/lower.h"
#include "engine/aot/lower_float.h"
#include "engine/aot/simd.h"

#include <cmath>

namespace mote::aot {
namespace {

using code::TrapCode;
using wasm::Opcode;
namespace intrinsic = llvm::Intrinsic;

enum class Sign : uint8_t { is_signed, is_unsigned };

llvm::Value* compare(const Lowering& lowering, llvm::CmpInst::Predicate predicate, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::Value* second = operands.size() > 1 ? operands[1] : llvm::Constant::getNullValue(operands[0]->getType());
  return lowering.ir.CreateZExt(lowering.ir.CreateCmp(predicate, operands[0], second), lowering.ir.getInt32Ty());
}

llvm::Value* shift_count(const Lowering& lowering, llvm::Value* count) {
  return lowering.ir.CreateAnd(count, count->getType()->getScalarSizeInBits() - 1);
}

llvm::Value* rotate(const Lowering& lowering, intrinsic::ID funnel, llvm::ArrayRef<llvm::Value*> operands) {
  return lowering.ir.CreateIntrinsic(funnel, {operands[0]->getType()}, {operands[0], operands[0], operands[1]});
}

llvm::Value* count_zeros(const Lowering& lowering, intrinsic::ID id, llvm::Value* value) {
  return lowering.ir.CreateIntrinsic(id, {value->getType()}, {value, lowering.ir.getFalse()});
}

void trap_on_zero(const Lowering& lowering, llvm::Value* divisor) {
  lowering.trap_if(lowering.ir.CreateICmpEQ(divisor, llvm::Constant::getNullValue(divisor->getType())),
                   TrapCode::integer_divide_by_zero);
}

llvm::Value* divide_signed(const Lowering& lowering, llvm::Value* dividend, llvm::Value* divisor) {
  llvm::IRBuilder<>& ir = lowering.ir;
  trap_on_zero(lowering, divisor);
  llvm::Type* type = dividend->getType();
  llvm::Constant* min = llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(type->getScalarSizeInBits()));
  llvm::Value* overflows =
      ir.CreateAnd(ir.CreateICmpEQ(dividend, min), ir.CreateICmpEQ(divisor, llvm::Constant::getAllOnesValue(type)));
  lowering.trap_if(overflows, TrapCode::integer_overflow);
  return ir.CreateSDiv(dividend, divisor);
}

// The remainder by -1 is 0, but INT_MIN rem -1 faults in idiv: divide by 1 instead.
llvm::Value* remainder_signed(const Lowering& lowering, llvm::Value* dividend, llvm::Value* divisor) {
  llvm::IRBuilder<>& ir = lowering.ir;
  trap_on_zero(lowering, divisor);
  llvm::Type* type = dividend->getType();
  llvm::Value* is_minus_one = ir.CreateICmpEQ(divisor, llvm::Constant::getAllOnesValue(type));
  return ir.CreateSRem(dividend, ir.CreateSelect(is_minus_one, llvm::ConstantInt::get(type, 1), divisor));
}

llvm::Value* sign_extend_low(const Lowering& lowering, llvm::Value* value, uint32_t bits) {
  return lowering.ir.CreateSExt(lowering.ir.CreateTrunc(value, lowering.ir.getIntNTy(bits)), value->getType());
}

// Truncation to an integer of `bits` bits, with traps. The tested bounds are the nearest representable values outside the range:
// below a signed range that is min - 1, except where rounding would make it min itself (f32 to i32, both to i64): there the
// test is x < min.
llvm::Value* truncate(const Lowering& lowering, llvm::Value* value, uint32_t bits, Sign sign) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::Type* type = value->getType();
  bool is_signed = sign == Sign::is_signed;
  double above = std::ldexp(1.0, static_cast<int>(is_signed ? bits - 1 : bits));
  bool is_exact = !is_signed || (type->isDoubleTy() && bits == 32);
  lowering.trap_if(ir.CreateFCmpUNO(value, value), TrapCode::invalid_conversion_to_integer);
  llvm::Value* is_low = is_exact ? ir.CreateFCmpOLE(value, llvm::ConstantFP::get(type, is_signed ? -above - 1 : -1.0))
                                 : ir.CreateFCmpOLT(value, llvm::ConstantFP::get(type, -above));
  llvm::Value* is_high = ir.CreateFCmpOGE(value, llvm::ConstantFP::get(type, above));
  lowering.trap_if(ir.CreateOr(is_low, is_high), TrapCode::integer_overflow);
  llvm::Type* to = ir.getIntNTy(bits);
  return is_signed ? ir.CreateFPToSI(value, to) : ir.CreateFPToUI(value, to);
}

llvm::Value* truncate_saturating(const Lowering& lowering, llvm::Value* value, uint32_t bits, Sign sign) {
  intrinsic::ID id = sign == Sign::is_signed ? intrinsic::fptosi_sat : intrinsic::fptoui_sat;
  return lowering.ir.CreateIntrinsic(id, {lowering.ir.getIntNTy(bits), value->getType()}, {value});
}

llvm::Value* constant(llvm::IRBuilder<>& ir, const wasm::Instruction& instruction) {
  switch (instruction.op) {
    case Opcode::i32_const:
      return ir.getInt32(static_cast<uint32_t>(instruction.low));
    case Opcode::i64_const:
      return ir.getInt64(instruction.low);
    case Opcode::f32_const:
      return llvm::ConstantFP::get(ir.getContext(), llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, instruction.low)));
    default:
      return llvm::ConstantFP::get(ir.getContext(), llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, instruction.low)));
  }
}

// Constants and integers; null for other opcodes.
llvm::Value* lower_integer(const Lowering& lowering, const wasm::Instruction& instruction, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::Value* a = operands.empty() ? nullptr : operands[0];
  llvm::Value* b = operands.size() < 2 ? nullptr : operands[1];
  using P = llvm::CmpInst;
  using enum Opcode;
  // clang-format off
  switch (instruction.op) {
    case i32_const: case i64_const: case f32_const: case f64_const: return constant(ir, instruction);
    case i32_eqz: case i64_eqz: case i32_eq: case i64_eq: return compare(lowering, P::ICMP_EQ, operands);
    case i32_ne: case i64_ne: return compare(lowering, P::ICMP_NE, operands);
    case i32_lt_s: case i64_lt_s: return compare(lowering, P::ICMP_SLT, operands);
    case i32_lt_u: case i64_lt_u: return compare(lowering, P::ICMP_ULT, operands);
    case i32_gt_s: case i64_gt_s: return compare(lowering, P::ICMP_SGT, operands);
    case i32_gt_u: case i64_gt_u: return compare(lowering, P::ICMP_UGT, operands);
    case i32_le_s: case i64_le_s: return compare(lowering, P::ICMP_SLE, operands);
    case i32_le_u: case i64_le_u: return compare(lowering, P::ICMP_ULE, operands);
    case i32_ge_s: case i64_ge_s: return compare(lowering, P::ICMP_SGE, operands);
    case i32_ge_u: case i64_ge_u: return compare(lowering, P::ICMP_UGE, operands);
    case i32_clz: case i64_clz: return count_zeros(lowering, intrinsic::ctlz, a);
    case i32_ctz: case i64_ctz: return count_zeros(lowering, intrinsic::cttz, a);
    case i32_popcnt: case i64_popcnt: return ir.CreateUnaryIntrinsic(intrinsic::ctpop, a);
    case i32_add: case i64_add: return ir.CreateAdd(a, b);
    case i32_sub: case i64_sub: return ir.CreateSub(a, b);
    case i32_mul: case i64_mul: return ir.CreateMul(a, b);
    case i32_div_s: case i64_div_s: return divide_signed(lowering, a, b);
    case i32_div_u: case i64_div_u: trap_on_zero(lowering, b); return ir.CreateUDiv(a, b);
    case i32_rem_s: case i64_rem_s: return remainder_signed(lowering, a, b);
    case i32_rem_u: case i64_rem_u: trap_on_zero(lowering, b); return ir.CreateURem(a, b);
    case i32_and: case i64_and: return ir.CreateAnd(a, b);
    case i32_or: case i64_or: return ir.CreateOr(a, b);
    case i32_xor: case i64_xor: return ir.CreateXor(a, b);
    case i32_shl: case i64_shl: return ir.CreateShl(a, shift_count(lowering, b));
    case i32_shr_s: case i64_shr_s: return ir.CreateAShr(a, shift_count(lowering, b));
    case i32_shr_u: case i64_shr_u: return ir.CreateLShr(a, shift_count(lowering, b));
    case i32_rotl: case i64_rotl: return rotate(lowering, intrinsic::fshl, operands);
    case i32_rotr: case i64_rotr: return rotate(lowering, intrinsic::fshr, operands);
    case i32_wrap_i64: return ir.CreateTrunc(a, ir.getInt32Ty());
    case i64_extend_i32_s: return ir.CreateSExt(a, ir.getInt64Ty());
    case i64_extend_i32_u: return ir.CreateZExt(a, ir.getInt64Ty());
    case i32_extend8_s: case i64_extend8_s: return sign_extend_low(lowering, a, 8);
    case i32_extend16_s: case i64_extend16_s: return sign_extend_low(lowering, a, 16);
    case i64_extend32_s: return sign_extend_low(lowering, a, 32);
    default: return nullptr;
  }
  // clang-format on
}

// Floating-point operands and results; null for other opcodes.
llvm::Value* lower_float(const Lowering& lowering, Opcode op, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::Value* a = operands.empty() ? nullptr : operands[0];
  llvm::Value* b = operands.size() < 2 ? nullptr : operands[1];
  using P = llvm::CmpInst;
  using enum Sign;
  using enum Opcode;
  // clang-format off
  switch (op) {
    case f32_eq: case f64_eq: return compare(lowering, P::FCMP_OEQ, operands);
    case f32_ne: case f64_ne: return compare(lowering, P::FCMP_UNE, operands);
    case f32_lt: case f64_lt: return compare(lowering, P::FCMP_OLT, operands);
    case f32_gt: case f64_gt: return compare(lowering, P::FCMP_OGT, operands);
    case f32_le: case f64_le: return compare(lowering, P::FCMP_OLE, operands);
    case f32_ge: case f64_ge: return compare(lowering, P::FCMP_OGE, operands);
    case f32_abs: case f64_abs: return ir.CreateUnaryIntrinsic(intrinsic::fabs, a);
    case f32_neg: case f64_neg: return ir.CreateFNeg(a);
    case f32_copysign: case f64_copysign: return ir.CreateBinaryIntrinsic(intrinsic::copysign, a, b);
    case f32_ceil: case f64_ceil: return float_arithmetic(lowering, intrinsic::experimental_constrained_ceil, operands);
    case f32_floor: case f64_floor: return float_arithmetic(lowering, intrinsic::experimental_constrained_floor, operands);
    case f32_trunc: case f64_trunc: return float_arithmetic(lowering, intrinsic::experimental_constrained_trunc, operands);
    case f32_nearest: case f64_nearest: return float_arithmetic(lowering, intrinsic::experimental_constrained_roundeven, operands);
    case f32_sqrt: case f64_sqrt: return float_arithmetic(lowering, intrinsic::experimental_constrained_sqrt, operands);
    case f32_add: case f64_add: return float_arithmetic(lowering, intrinsic::experimental_constrained_fadd, operands);
    case f32_sub: case f64_sub: return float_arithmetic(lowering, intrinsic::experimental_constrained_fsub, operands);
    case f32_mul: case f64_mul: return float_arithmetic(lowering, intrinsic::experimental_constrained_fmul, operands);
    case f32_div: case f64_div: return float_arithmetic(lowering, intrinsic::experimental_constrained_fdiv, operands);
    case f32_min: case f64_min: return float_extremum(lowering, Extremum::min, a, b);
    case f32_max: case f64_max: return float_extremum(lowering, Extremum::max, a, b);
    case i32_trunc_f32_s: case i32_trunc_f64_s: return truncate(lowering, a, 32, is_signed);
    case i32_trunc_f32_u: case i32_trunc_f64_u: return truncate(lowering, a, 32, is_unsigned);
    case i64_trunc_f32_s: case i64_trunc_f64_s: return truncate(lowering, a, 64, is_signed);
    case i64_trunc_f32_u: case i64_trunc_f64_u: return truncate(lowering, a, 64, is_unsigned);
    case i32_trunc_sat_f32_s: case i32_trunc_sat_f64_s: return truncate_saturating(lowering, a, 32, is_signed);
    case i32_trunc_sat_f32_u: case i32_trunc_sat_f64_u: return truncate_saturating(lowering, a, 32, is_unsigned);
    case i64_trunc_sat_f32_s: case i64_trunc_sat_f64_s: return truncate_saturating(lowering, a, 64, is_signed);
    case i64_trunc_sat_f32_u: case i64_trunc_sat_f64_u: return truncate_saturating(lowering, a, 64, is_unsigned);
    case f32_convert_i32_s: case f32_convert_i64_s: return ir.CreateSIToFP(a, ir.getFloatTy());
    case f32_convert_i32_u: case f32_convert_i64_u: return ir.CreateUIToFP(a, ir.getFloatTy());
    case f64_convert_i32_s: case f64_convert_i64_s: return ir.CreateSIToFP(a, ir.getDoubleTy());
    case f64_convert_i32_u: case f64_convert_i64_u: return ir.CreateUIToFP(a, ir.getDoubleTy());
    case f32_demote_f64: return float_resize(lowering, a, ir.getFloatTy());
    case f64_promote_f32: return float_resize(lowering, a, ir.getDoubleTy());
    case i32_reinterpret_f32: return ir.CreateBitCast(a, ir.getInt32Ty());
    case i64_reinterpret_f64: return ir.CreateBitCast(a, ir.getInt64Ty());
    case f32_reinterpret_i32: return ir.CreateBitCast(a, ir.getFloatTy());
    case f64_reinterpret_i64: return ir.CreateBitCast(a, ir.getDoubleTy());
    default: return nullptr;
  }
  // clang-format on
}

}  // namespace

bool is_numeric(Opcode op) {
  const wasm::OpcodeInfo& info = wasm::info(op);
  switch (info.group) {
    case wasm::Group::numeric:
    case wasm::Group::sign_extension:
    case wasm::Group::saturating:
      return true;
    case wasm::Group::simd:
    case wasm::Group::relaxed_simd:
      return !wasm::access_log2(info.immediate);
    default:
      return false;
  }
}

llvm::Value* lower_numeric(const Lowering& lowering, const wasm::Instruction& instruction, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::Value* result = nullptr;
  switch (wasm::info(instruction.op).group) {
    case wasm::Group::simd:
    case wasm::Group::relaxed_simd:
      result = lower_simd(lowering, instruction, operands);
      break;
    default:
      result = lower_integer(lowering, instruction, operands);
      if (result == nullptr) result = lower_float(lowering, instruction.op, operands);
  }
  ASSERT(result != nullptr);
  return result;
}

}  // namespace mote::aot
