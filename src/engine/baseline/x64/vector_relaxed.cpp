// Relaxed vector instructions (vector.h): what each does is chosen in engine/code/relaxed_simd.h, for all tiers.
// Spec: core/exec/numerics, "Relaxed Operations".
#include "base/core/assert.h"
#include "engine/baseline/x64/vector.h"
#include "engine/code/relaxed_simd.h"

namespace mote::baseline::x64 {

namespace {

constexpr Op op_0f(bool is_f64, uint8_t opcode) {
  return {static_cast<uint8_t>(is_f64 ? 0x66 : 0), 1, opcode};
}
constexpr Op pxor = {0x66, 1, 0xef}, pshufb = {0x66, 2, 0x00}, paddsw = {0x66, 1, 0xed};
constexpr Op paddd = {0x66, 1, 0xfe}, pmullw = {0x66, 1, 0xd5}, pmaddwd = {0x66, 1, 0xf5}, pmaddubsw = {0x66, 2, 0x04};
constexpr Op pmulhrsw = {0x66, 2, 0x0b}, pcmpgtb = {0x66, 1, 0x64}, pcmpgtq = {0x66, 2, 0x37};
constexpr Op words_by = {0x66, 1, 0x71}, doublewords_by = {0x66, 1, 0x72};
constexpr Op cvttps2dq = {0xf3, 1, 0x5b}, cvttpd2dq = {0x66, 1, 0xe6};
constexpr uint8_t sra = 4, sll = 6;  // extensions of shifts by an immediate

}  // namespace

bool VectorAssembler::relaxed_unary(wasm::Opcode op, Reg to, Reg from) {
  const code::RelaxedSimd choice = code::relaxed_simd(key_);
  using enum wasm::Opcode;
  // clang-format off
  switch (op) {
    case i32x4_relaxed_trunc_f32x4_s: choice.trunc_s == 0 ? truncate_f32(true, to, from) : unary(cvttps2dq, to, from); return true;
    case i32x4_relaxed_trunc_f32x4_u: truncate_f32(false, to, from); return true;
    case i32x4_relaxed_trunc_f64x2_s_zero: choice.trunc_s == 0 ? truncate_f64(true, to, from) : unary(cvttpd2dq, to, from); return true;
    case i32x4_relaxed_trunc_f64x2_u_zero: truncate_f64(false, to, from); return true;
    default: return false;
  }
  // clang-format on
}

bool VectorAssembler::relaxed_binary(wasm::Opcode op, Reg to, Reg a, Reg b) {
  const code::RelaxedSimd choice = code::relaxed_simd(key_);
  using enum wasm::Opcode;
  const auto relaxed_extremum = [&](bool is_min, bool is_f64) {
    if ((is_min ? choice.fmin : choice.fmax) == 0) return extremum(is_min, is_f64, to, a, b);
    binary(op_0f(is_f64, is_min ? 0x5d : 0x5f), to, a, b);
    canonicalize(is_f64, to);
  };
  // clang-format off
  switch (op) {
    case i8x16_relaxed_swizzle: choice.swizzle == 0 ? swizzle(to, a, b) : binary(pshufb, to, a, b); return true;
    case f32x4_relaxed_min: relaxed_extremum(true, false); return true;
    case f64x2_relaxed_min: relaxed_extremum(true, true); return true;
    case f32x4_relaxed_max: relaxed_extremum(false, false); return true;
    case f64x2_relaxed_max: relaxed_extremum(false, true); return true;
    case i16x8_relaxed_q15mulr_s: choice.iq15mulr == 0 ? q15_multiply(to, a, b) : binary(pmulhrsw, to, a, b); return true;
    case i16x8_relaxed_dot_i8x16_i7x16_s: dot_bytes(to, a, b); return true;
    default: return false;
  }
  // clang-format on
}

void VectorAssembler::ternary(wasm::Opcode op, Reg to, Reg a, Reg b, Reg c) {
  using enum wasm::Opcode;
  ASSERT(to != b && to != c);
  switch (op) {
    case v128_bitselect:
      return select_bits(to, a, b, c);
    case f32x4_relaxed_madd:
      return multiply_add(false, false, to, a, b, c);
    case f64x2_relaxed_madd:
      return multiply_add(true, false, to, a, b, c);
    case f32x4_relaxed_nmadd:
      return multiply_add(false, true, to, a, b, c);
    case f64x2_relaxed_nmadd:
      return multiply_add(true, true, to, a, b, c);
    case i32x4_relaxed_dot_i8x16_i7x16_add_s:
      dot_bytes(to, a, b);
      with_constant(pmaddwd, to, to, constants::i16_one);
      return binary(paddd, to, to, c);
    default:
      return select_lanes(op, to, a, b, c);
  }
}

void VectorAssembler::multiply_add(bool is_f64, bool is_negated, Reg to, Reg a, Reg b, Reg c) {
  if (code::relaxed_simd(key_).fmadd != 0) {
    fused_multiply_add(is_f64, is_negated, to, a, b, c);
  } else {
    if (is_negated) {
      with_constant(pxor, to, a, is_f64 ? constants::f64_sign : constants::f32_sign);
      binary(op_0f(is_f64, 0x59), to, to, b);
    } else {
      binary(op_0f(is_f64, 0x59), to, a, b);
    }
    binary(op_0f(is_f64, 0x58), to, to, c);
  }
  canonicalize(is_f64, to);
}

// The digits in vfmadd213ps: which operands are multiplied, which is added.
void VectorAssembler::fused_multiply_add(bool is_f64, bool is_negated, Reg to, Reg a, Reg b, Reg c) {
  const uint8_t negated = is_negated ? 4 : 0;
  if (to == a) return code_.emit_vex({0x66, 2, static_cast<uint8_t>(0xa8 + negated)}, is_f64, to, b, c);
  move(to, c);
  code_.emit_vex({0x66, 2, static_cast<uint8_t>(0xb8 + negated)}, is_f64, to, a, b);
}

// By the lane's top bit, or bit by bit. There is no blend of 16-bit lanes; those of the older encoding want the mask in xmm0.
void VectorAssembler::select_lanes(wasm::Opcode op, Reg to, Reg a, Reg b, Reg mask) {
  using enum wasm::Opcode;
  if (code::relaxed_simd(key_).laneselect == 0) return select_bits(to, a, b, mask);
  if (has_avx_ && op != i16x8_relaxed_laneselect) {
    const uint8_t blend = op == i8x16_relaxed_laneselect ? 0x4c : op == i32x4_relaxed_laneselect ? 0x4a : 0x4b;
    code_.emit_vex({0x66, 3, blend}, false, to, b, a);
    return code_.imm8(static_cast<uint8_t>(number(mask) << 4));
  }
  if (op == i16x8_relaxed_laneselect) {
    shift_immediate(words_by, sra, scratch_vector_2, mask, 15);
  } else if (op == i32x4_relaxed_laneselect) {
    shift_immediate(doublewords_by, sra, scratch_vector_2, mask, 31);
  } else {
    zero(scratch_vector_2);
    binary(op == i8x16_relaxed_laneselect ? pcmpgtb : pcmpgtq, scratch_vector_2, scratch_vector_2, mask);
  }
  select_bits(to, a, b, scratch_vector_2);
}

// Products of bytes, added in pairs with saturation. Exact signed products of even and of odd bytes fit 16 bits.
void VectorAssembler::dot_bytes(Reg to, Reg a, Reg b) {
  if (code::relaxed_simd(key_).idot == 1) return binary(pmaddubsw, to, b, a);  // the first operand is the unsigned one
  const auto even_bytes = [&](Reg target, Reg from) {
    shift_immediate(words_by, sll, target, from, 8);
    shift_immediate(words_by, sra, target, target, 8);
  };
  even_bytes(scratch_vector, a);
  even_bytes(scratch_vector_2, b);
  binary(pmullw, scratch_vector, scratch_vector, scratch_vector_2);
  shift_immediate(words_by, sra, to, a, 8);
  shift_immediate(words_by, sra, scratch_vector_2, b, 8);
  binary(pmullw, to, to, scratch_vector_2);
  binary(paddsw, to, to, scratch_vector);
}

}  // namespace mote::baseline::x64
