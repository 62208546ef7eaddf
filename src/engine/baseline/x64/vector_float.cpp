// Floating-point vector instructions and the conversions between integer and floating-point lanes (vector.h).
//
// Saturating truncation builds on cvttps2dq and cvttpd2dq, which give INT32_MIN for everything that does not fit.
// Spec: core/exec/numerics.
#include "engine/baseline/x64/vector.h"

namespace mote::baseline::x64 {

namespace {

constexpr uint8_t packed(bool is_f64) {  // the mandatory prefix
  return is_f64 ? 0x66 : 0;
}
constexpr Op op_0f(bool is_f64, uint8_t opcode) {
  return {packed(is_f64), 1, opcode};
}
constexpr Op min(bool is_f64) {
  return op_0f(is_f64, 0x5d);
}
constexpr Op max(bool is_f64) {
  return op_0f(is_f64, 0x5f);
}
constexpr Op compare(bool is_f64) {
  return op_0f(is_f64, 0xc2);
}
constexpr uint8_t equal = 0, less = 1, less_or_equal = 2, unordered = 3, not_equal = 4;  // predicates
constexpr uint8_t to_nearest = 0, down = 1, up = 2, to_zero = 3;                         // rounding modes
constexpr Op pand = {0x66, 1, 0xdb}, pandn = {0x66, 1, 0xdf}, por = {0x66, 1, 0xeb}, pxor = {0x66, 1, 0xef};
constexpr Op paddd = {0x66, 1, 0xfe}, pmaxsd = {0x66, 2, 0x3d}, punpckldq = {0x66, 1, 0x62}, doublewords_by = {0x66, 1, 0x72};
constexpr Op addps = {0, 1, 0x58}, subps = {0, 1, 0x5c}, addpd = {0x66, 1, 0x58}, subpd = {0x66, 1, 0x5c}, shufps = {0, 1, 0xc6};
constexpr Op cvttps2dq = {0xf3, 1, 0x5b}, cvttpd2dq = {0x66, 1, 0xe6}, cvtdq2ps = {0, 1, 0x5b}, cvtdq2pd = {0xf3, 1, 0xe6};
constexpr Op cvtps2pd = {0, 1, 0x5a}, cvtpd2ps = {0x66, 1, 0x5a};

}  // namespace

bool VectorAssembler::float_unary(wasm::Opcode op, Reg to, Reg from) {
  using enum wasm::Opcode;
  const auto square_root = [&](bool is_f64) {
    unary(op_0f(is_f64, 0x51), to, from);
    canonicalize(is_f64, to);
  };
  // clang-format off
  switch (op) {
    case f32x4_abs: with_constant(pand, to, from, constants::f32_magnitude); return true;
    case f64x2_abs: with_constant(pand, to, from, constants::f64_magnitude); return true;
    case f32x4_neg: with_constant(pxor, to, from, constants::f32_sign); return true;
    case f64x2_neg: with_constant(pxor, to, from, constants::f64_sign); return true;
    case f32x4_sqrt: square_root(false); return true;
    case f64x2_sqrt: square_root(true); return true;
    case f32x4_ceil: round(false, up, to, from); return true;
    case f64x2_ceil: round(true, up, to, from); return true;
    case f32x4_floor: round(false, down, to, from); return true;
    case f64x2_floor: round(true, down, to, from); return true;
    case f32x4_trunc: round(false, to_zero, to, from); return true;
    case f64x2_trunc: round(true, to_zero, to, from); return true;
    case f32x4_nearest: round(false, to_nearest, to, from); return true;
    case f64x2_nearest: round(true, to_nearest, to, from); return true;
    case f32x4_demote_f64x2_zero: unary(cvtpd2ps, to, from); canonicalize(false, to); return true;
    case f64x2_promote_low_f32x4: unary(cvtps2pd, to, from); canonicalize(true, to); return true;
    case f32x4_convert_i32x4_s: unary(cvtdq2ps, to, from); return true;
    case f32x4_convert_i32x4_u: convert_unsigned(to, from); return true;
    case f64x2_convert_low_i32x4_s: unary(cvtdq2pd, to, from); return true;
    case f64x2_convert_low_i32x4_u:  // as the low bits of 2^52 + x
      with_constant(punpckldq, to, from, constants::f64_two_52_head);
      with_constant(subpd, to, to, constants::f64_two_52);
      return true;
    case i32x4_trunc_sat_f32x4_s: truncate_f32(true, to, from); return true;
    case i32x4_trunc_sat_f32x4_u: truncate_f32(false, to, from); return true;
    case i32x4_trunc_sat_f64x2_s_zero: truncate_f64(true, to, from); return true;
    case i32x4_trunc_sat_f64x2_u_zero: truncate_f64(false, to, from); return true;
    default: return false;
  }
  // clang-format on
}

bool VectorAssembler::float_binary(wasm::Opcode op, Reg to, Reg a, Reg b) {
  using enum wasm::Opcode;
  const auto arithmetic = [&](bool is_f64, uint8_t opcode) {
    binary(op_0f(is_f64, opcode), to, a, b);
    canonicalize(is_f64, to);
  };
  // clang-format off
  switch (op) {
    case f32x4_eq: binary(compare(false), to, a, b, equal); return true;
    case f64x2_eq: binary(compare(true), to, a, b, equal); return true;
    case f32x4_ne: binary(compare(false), to, a, b, not_equal); return true;
    case f64x2_ne: binary(compare(true), to, a, b, not_equal); return true;
    case f32x4_lt: binary(compare(false), to, a, b, less); return true;
    case f64x2_lt: binary(compare(true), to, a, b, less); return true;
    case f32x4_le: binary(compare(false), to, a, b, less_or_equal); return true;
    case f64x2_le: binary(compare(true), to, a, b, less_or_equal); return true;
    case f32x4_gt: binary(compare(false), to, b, a, less); return true;
    case f64x2_gt: binary(compare(true), to, b, a, less); return true;
    case f32x4_ge: binary(compare(false), to, b, a, less_or_equal); return true;
    case f64x2_ge: binary(compare(true), to, b, a, less_or_equal); return true;
    case f32x4_add: arithmetic(false, 0x58); return true;
    case f64x2_add: arithmetic(true, 0x58); return true;
    case f32x4_sub: arithmetic(false, 0x5c); return true;
    case f64x2_sub: arithmetic(true, 0x5c); return true;
    case f32x4_mul: arithmetic(false, 0x59); return true;
    case f64x2_mul: arithmetic(true, 0x59); return true;
    case f32x4_div: arithmetic(false, 0x5e); return true;
    case f64x2_div: arithmetic(true, 0x5e); return true;
    case f32x4_min: extremum(true, false, to, a, b); return true;
    case f64x2_min: extremum(true, true, to, a, b); return true;
    case f32x4_max: extremum(false, false, to, a, b); return true;
    case f64x2_max: extremum(false, true, to, a, b); return true;
    // pmin(a, b) is b < a ? b : a: minps with the operands exchanged.
    case f32x4_pmin: binary(min(false), to, b, a); return true;
    case f64x2_pmin: binary(min(true), to, b, a); return true;
    case f32x4_pmax: binary(max(false), to, b, a); return true;
    case f64x2_pmax: binary(max(true), to, b, a); return true;
    default: return false;
  }
  // clang-format on
}

// Both orders of minps differ only in zeros of opposite sign and NaNs: or-ing their bits gives -0, and-ing +0; NaNs are replaced.
void VectorAssembler::extremum(bool is_min, bool is_f64, Reg to, Reg a, Reg b) {
  const Op op = is_min ? min(is_f64) : max(is_f64);
  binary(op, scratch_vector, a, b);
  binary(op, scratch_vector_2, b, a);
  binary(is_min ? por : pand, scratch_vector, scratch_vector, scratch_vector_2);
  binary(compare(is_f64), scratch_vector_2, a, b, unordered);
  binary(pandn, to, scratch_vector_2, scratch_vector);
  with_constant(pand, scratch_vector_2, scratch_vector_2, is_f64 ? constants::f64_canonical_nan : constants::f32_canonical_nan);
  binary(por, to, to, scratch_vector_2);
}

void VectorAssembler::round(bool is_f64, uint8_t mode, Reg to, Reg from) {
  constexpr uint8_t quietly = 8;
  unary(Op{0x66, 3, static_cast<uint8_t>(is_f64 ? 0x09 : 0x08)}, to, from, mode | quietly);
  canonicalize(is_f64, to);
}

void VectorAssembler::canonicalize(bool is_f64, Reg reg) {
  if (key_.canonical_nans == 0) return;
  binary(compare(is_f64), scratch_vector, reg, reg, unordered);
  binary(pandn, scratch_vector_2, scratch_vector, reg);
  with_constant(pand, scratch_vector, scratch_vector, is_f64 ? constants::f64_canonical_nan : constants::f32_canonical_nan);
  binary(por, reg, scratch_vector_2, scratch_vector);
}

// Unsigned: in [0, 2^31) one conversion does. From there to 2^32, what is above 2^31 is converted and added: cvttps2dq(x) is
// INT32_MIN, that is 2^31, by itself. The second conversion is negative for small x (clamped to 0) and too large from 2^32 on
// (then INT32_MIN, turned into INT32_MAX, so that the sum is UINT32_MAX).
void VectorAssembler::truncate_f32(bool is_signed, Reg to, Reg from) {
  if (is_signed) {
    binary(compare(false), scratch_vector, from, from, equal);  // zero for NaN
    load_constant(scratch_vector_2, constants::f32_two_31);
    binary(compare(false), scratch_vector_2, scratch_vector_2, from, less_or_equal);  // too large
    unary(cvttps2dq, to, from);
    binary(pxor, to, to, scratch_vector_2);
    return binary(pand, to, to, scratch_vector);
  }
  zero(scratch_vector);
  binary(max(false), to, from, scratch_vector);  // NaN is 0
  load_constant(scratch_vector_2, constants::f32_two_31);
  binary(subps, scratch_vector, to, scratch_vector_2);
  binary(compare(false), scratch_vector_2, scratch_vector_2, scratch_vector, less_or_equal);
  unary(cvttps2dq, scratch_vector, scratch_vector);
  binary(pxor, scratch_vector, scratch_vector, scratch_vector_2);
  zero(scratch_vector_2);
  binary(pmaxsd, scratch_vector, scratch_vector, scratch_vector_2);
  unary(cvttps2dq, to, to);
  binary(paddd, to, to, scratch_vector);
}

// Signed: INT32_MAX is exact in f64, so clamping from above leaves only results that cvttpd2dq has right.
// Unsigned: clamped to [0, UINT32_MAX] and truncated, the number plus 2^52 has it in its low 32 bits.
void VectorAssembler::truncate_f64(bool is_signed, Reg to, Reg from) {
  if (is_signed) {
    binary(compare(true), scratch_vector, from, from, equal);
    with_constant(pand, scratch_vector, scratch_vector, constants::f64_int32_max);  // 0 for NaN, which minpd gives then
    binary(min(true), scratch_vector_2, from, scratch_vector);
    return unary(cvttpd2dq, to, scratch_vector_2);
  }
  zero(scratch_vector);
  binary(max(true), to, from, scratch_vector);
  with_constant(min(true), to, to, constants::f64_uint32_max);
  unary(Op{0x66, 3, 0x09}, to, to, to_zero);  // roundpd
  with_constant(addpd, to, to, constants::f64_two_52);
  constexpr uint8_t even_lanes = 0x88;
  binary(shufps, to, to, scratch_vector, even_lanes);
}

// Upper and lower halves of the number, each exact in the low bits of a power of two, are added with one rounding.
void VectorAssembler::convert_unsigned(Reg to, Reg from) {
  constexpr uint8_t srl = 2;
  with_constant(pand, scratch_vector, from, constants::i32_low_half);
  with_constant(por, scratch_vector, scratch_vector, constants::f32_two_23);
  shift_immediate(doublewords_by, srl, to, from, 16);
  with_constant(por, to, to, constants::f32_two_39);
  with_constant(subps, to, to, constants::f32_two_39_and_23);
  binary(addps, to, to, scratch_vector);
}

}  // namespace mote::baseline::x64
