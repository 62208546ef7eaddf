// Integer vector instructions: lane by lane, and between lane widths (vector.h). Spec: core/exec/numerics.
#include "engine/baseline/x64/vector.h"

namespace mote::baseline::x64 {

namespace {

constexpr Op op_0f(uint8_t opcode) {
  return {0x66, 1, opcode};
}
constexpr Op op_38(uint8_t opcode) {
  return {0x66, 2, opcode};
}
constexpr Op pand = op_0f(0xdb), pandn = op_0f(0xdf), pxor = op_0f(0xef), pshufb = op_38(0x00), pshufd = op_0f(0x70);
constexpr Op paddb = op_0f(0xfc), paddd = op_0f(0xfe), paddq = op_0f(0xd4), psubq = op_0f(0xfb);
constexpr Op pcmpeqb = op_0f(0x74), pcmpeqw = op_0f(0x75), pcmpeqd = op_0f(0x76), pcmpeqq = op_38(0x29);
constexpr Op pcmpgtb = op_0f(0x64), pcmpgtw = op_0f(0x65), pcmpgtd = op_0f(0x66), pcmpgtq = op_38(0x37);
constexpr Op pminub = op_0f(0xda), pminuw = op_38(0x3a), pminud = op_38(0x3b);
constexpr Op pmaxub = op_0f(0xde), pmaxuw = op_38(0x3e), pmaxud = op_38(0x3f);
constexpr Op pmullw = op_0f(0xd5), pmulhw = op_0f(0xe5), pmulhuw = op_0f(0xe4), pmuludq = op_0f(0xf4), pmuldq = op_38(0x28);
constexpr Op pmaddwd = op_0f(0xf5), pmaddubsw = op_38(0x04), pmulhrsw = op_38(0x0b);
constexpr Op punpcklbw = op_0f(0x60), punpckhbw = op_0f(0x68), punpcklwd = op_0f(0x61), punpckhwd = op_0f(0x69);
constexpr Op punpckhdq = op_0f(0x6a), packsswb = op_0f(0x63);
constexpr Op pmovsxbw = op_38(0x20), pmovsxwd = op_38(0x23), pmovsxdq = op_38(0x25);
constexpr Op pmovzxbw = op_38(0x30), pmovzxwd = op_38(0x33), pmovzxdq = op_38(0x35);
constexpr Op psllw = op_0f(0xf1), pslld = op_0f(0xf2), psllq = op_0f(0xf3), psrlw = op_0f(0xd1), psrld = op_0f(0xd2);
constexpr Op psrlq = op_0f(0xd3), psraw = op_0f(0xe1), psrad = op_0f(0xe2);
constexpr Op words_by = op_0f(0x71), quadwords_by = op_0f(0x73);  // by an immediate; the extension says which shift
constexpr uint8_t srl = 2, sra = 4, sll = 6;
constexpr uint8_t both_high = 0xee, pairs_low = 0x50, pairs_high = 0xfa;  // pshufd: lanes 2 3 2 3, 0 0 1 1, 2 2 3 3

uint32_t lane_bits(wasm::Opcode op) {
  using enum wasm::Opcode;
  switch (op) {
    case i8x16_shl:
    case i8x16_shr_s:
    case i8x16_shr_u:
      return 8;
    case i16x8_shl:
    case i16x8_shr_s:
    case i16x8_shr_u:
      return 16;
    case i32x4_shl:
    case i32x4_shr_s:
    case i32x4_shr_u:
      return 32;
    default:
      return 64;
  }
}

}  // namespace

bool VectorAssembler::integer_unary(wasm::Opcode op, Reg to, Reg from) {
  using enum wasm::Opcode;
  const auto negate = [&](uint8_t subtract) {
    zero(scratch_vector);
    binary(op_0f(subtract), to, scratch_vector, from);
  };
  // clang-format off
  switch (op) {
    case v128_not: invert(to, from); return true;
    case i8x16_abs: unary(op_38(0x1c), to, from); return true;
    case i16x8_abs: unary(op_38(0x1d), to, from); return true;
    case i32x4_abs: unary(op_38(0x1e), to, from); return true;
    case i64x2_abs:  // (x ^ sign) - sign
      zero(scratch_vector);
      binary(pcmpgtq, scratch_vector, scratch_vector, from);
      binary(pxor, to, from, scratch_vector);
      binary(psubq, to, to, scratch_vector);
      return true;
    case i8x16_neg: negate(0xf8); return true;
    case i16x8_neg: negate(0xf9); return true;
    case i32x4_neg: negate(0xfa); return true;
    case i64x2_neg: negate(0xfb); return true;
    case i8x16_popcnt: count_ones(to, from); return true;
    case i16x8_extend_low_i8x16_s: unary(pmovsxbw, to, from); return true;
    case i16x8_extend_low_i8x16_u: unary(pmovzxbw, to, from); return true;
    case i32x4_extend_low_i16x8_s: unary(pmovsxwd, to, from); return true;
    case i32x4_extend_low_i16x8_u: unary(pmovzxwd, to, from); return true;
    case i64x2_extend_low_i32x4_s: unary(pmovsxdq, to, from); return true;
    case i64x2_extend_low_i32x4_u: unary(pmovzxdq, to, from); return true;
    case i16x8_extend_high_i8x16_s: extend_high(to, from, pmovsxbw); return true;
    case i32x4_extend_high_i16x8_s: extend_high(to, from, pmovsxwd); return true;
    case i64x2_extend_high_i32x4_s: extend_high(to, from, pmovsxdq); return true;
    case i16x8_extend_high_i8x16_u: zero(scratch_vector); binary(punpckhbw, to, from, scratch_vector); return true;
    case i32x4_extend_high_i16x8_u: zero(scratch_vector); binary(punpckhwd, to, from, scratch_vector); return true;
    case i64x2_extend_high_i32x4_u: zero(scratch_vector); binary(punpckhdq, to, from, scratch_vector); return true;
    // Pairs are added by multiplying with ones. pmaddubsw takes its first operand as unsigned, its second as signed.
    case i16x8_extadd_pairwise_i8x16_s:
      load_constant(scratch_vector, constants::i8_one);
      binary(pmaddubsw, to, scratch_vector, from);
      return true;
    case i16x8_extadd_pairwise_i8x16_u: with_constant(pmaddubsw, to, from, constants::i8_one); return true;
    case i32x4_extadd_pairwise_i16x8_s: with_constant(pmaddwd, to, from, constants::i16_one); return true;
    case i32x4_extadd_pairwise_i16x8_u:  // as signed numbers that are 2^15 smaller
      with_constant(pxor, to, from, constants::i16_min);
      with_constant(pmaddwd, to, to, constants::i16_one);
      with_constant(paddd, to, to, constants::i32_two_16);
      return true;
    default: return false;
  }
  // clang-format on
}

// Both halves of each byte are looked up.
void VectorAssembler::count_ones(Reg to, Reg from) {
  with_constant(pand, scratch_vector, from, constants::low_nibbles);
  shift_immediate(words_by, srl, scratch_vector_2, from, 4);
  with_constant(pand, scratch_vector_2, scratch_vector_2, constants::low_nibbles);
  load_constant(to, constants::nibble_popcnt);
  binary(pshufb, to, to, scratch_vector);
  load_constant(scratch_vector, constants::nibble_popcnt);
  binary(pshufb, scratch_vector, scratch_vector, scratch_vector_2);
  binary(paddb, to, to, scratch_vector);
}

void VectorAssembler::extend_high(Reg to, Reg from, Op extension) {
  unary(pshufd, scratch_vector, from, both_high);
  unary(extension, to, scratch_vector);
}

bool VectorAssembler::integer_binary(wasm::Opcode op, Reg to, Reg a, Reg b) {
  using enum wasm::Opcode;
  const auto not_equal = [&](Op equal) {
    binary(equal, scratch_vector, a, b);
    invert(to, scratch_vector);
  };
  const auto not_greater = [&](Op greater, Reg left, Reg right) {
    binary(greater, scratch_vector, left, right);
    invert(to, scratch_vector);
  };
  if (const std::optional<Op> same = single(op)) return binary(*same, to, a, b), true;
  // clang-format off
  switch (op) {
    case v128_andnot: binary(pandn, to, b, a); return true;
    case i8x16_ne: not_equal(pcmpeqb); return true;
    case i16x8_ne: not_equal(pcmpeqw); return true;
    case i32x4_ne: not_equal(pcmpeqd); return true;
    case i64x2_ne: not_equal(pcmpeqq); return true;
    case i8x16_lt_s: binary(pcmpgtb, to, b, a); return true;
    case i16x8_lt_s: binary(pcmpgtw, to, b, a); return true;
    case i32x4_lt_s: binary(pcmpgtd, to, b, a); return true;
    case i64x2_lt_s: binary(pcmpgtq, to, b, a); return true;
    case i8x16_le_s: not_greater(pcmpgtb, a, b); return true;
    case i16x8_le_s: not_greater(pcmpgtw, a, b); return true;
    case i32x4_le_s: not_greater(pcmpgtd, a, b); return true;
    case i64x2_le_s: not_greater(pcmpgtq, a, b); return true;
    case i8x16_ge_s: not_greater(pcmpgtb, b, a); return true;
    case i16x8_ge_s: not_greater(pcmpgtw, b, a); return true;
    case i32x4_ge_s: not_greater(pcmpgtd, b, a); return true;
    case i64x2_ge_s: not_greater(pcmpgtq, b, a); return true;
    case i8x16_le_u: compare_unsigned(pminub, pcmpeqb, false, to, a, b); return true;
    case i16x8_le_u: compare_unsigned(pminuw, pcmpeqw, false, to, a, b); return true;
    case i32x4_le_u: compare_unsigned(pminud, pcmpeqd, false, to, a, b); return true;
    case i8x16_ge_u: compare_unsigned(pmaxub, pcmpeqb, false, to, a, b); return true;
    case i16x8_ge_u: compare_unsigned(pmaxuw, pcmpeqw, false, to, a, b); return true;
    case i32x4_ge_u: compare_unsigned(pmaxud, pcmpeqd, false, to, a, b); return true;
    case i8x16_gt_u: compare_unsigned(pminub, pcmpeqb, true, to, a, b); return true;
    case i16x8_gt_u: compare_unsigned(pminuw, pcmpeqw, true, to, a, b); return true;
    case i32x4_gt_u: compare_unsigned(pminud, pcmpeqd, true, to, a, b); return true;
    case i8x16_lt_u: compare_unsigned(pmaxub, pcmpeqb, true, to, a, b); return true;
    case i16x8_lt_u: compare_unsigned(pmaxuw, pcmpeqw, true, to, a, b); return true;
    case i32x4_lt_u: compare_unsigned(pmaxud, pcmpeqd, true, to, a, b); return true;
    case i8x16_swizzle: swizzle(to, a, b); return true;
    case i64x2_mul: multiply_quadwords(to, a, b); return true;
    case i16x8_q15mulr_sat_s: q15_multiply(to, a, b); return true;
    case i16x8_extmul_low_i8x16_s: multiply_extended(pmovsxbw, Half::low, to, a, b); return true;
    case i16x8_extmul_high_i8x16_s: multiply_extended(pmovsxbw, Half::high, to, a, b); return true;
    case i16x8_extmul_low_i8x16_u: multiply_extended(pmovzxbw, Half::low, to, a, b); return true;
    case i16x8_extmul_high_i8x16_u: multiply_extended(pmovzxbw, Half::high, to, a, b); return true;
    case i32x4_extmul_low_i16x8_s: multiply_extended_words(true, Half::low, to, a, b); return true;
    case i32x4_extmul_high_i16x8_s: multiply_extended_words(true, Half::high, to, a, b); return true;
    case i32x4_extmul_low_i16x8_u: multiply_extended_words(false, Half::low, to, a, b); return true;
    case i32x4_extmul_high_i16x8_u: multiply_extended_words(false, Half::high, to, a, b); return true;
    case i64x2_extmul_low_i32x4_s: multiply_extended_doublewords(true, Half::low, to, a, b); return true;
    case i64x2_extmul_high_i32x4_s: multiply_extended_doublewords(true, Half::high, to, a, b); return true;
    case i64x2_extmul_low_i32x4_u: multiply_extended_doublewords(false, Half::low, to, a, b); return true;
    case i64x2_extmul_high_i32x4_u: multiply_extended_doublewords(false, Half::high, to, a, b); return true;
    default: return false;
  }
  // clang-format on
}

// a <= b where a is the smaller one, a >= b where it is the larger one; inverted: > and <.
void VectorAssembler::compare_unsigned(Op extremum, Op equal, bool is_inverted, Reg to, Reg a, Reg b) {
  binary(extremum, scratch_vector, a, b);
  if (!is_inverted) return binary(equal, to, scratch_vector, a);
  binary(equal, scratch_vector, scratch_vector, a);
  invert(to, scratch_vector);
}

void VectorAssembler::multiply_extended(Op extension, Half half, Reg to, Reg a, Reg b) {
  for (const auto& [target, source] : {std::pair{scratch_vector, a}, std::pair{scratch_vector_2, b}}) {
    if (half == Half::high) unary(pshufd, target, source, both_high);
    unary(extension, target, half == Half::high ? target : source);
  }
  binary(pmullw, to, scratch_vector, scratch_vector_2);
}

// Low and high halves of the products, woven together.
void VectorAssembler::multiply_extended_words(bool is_signed, Half half, Reg to, Reg a, Reg b) {
  binary(pmullw, scratch_vector, a, b);
  binary(is_signed ? pmulhw : pmulhuw, scratch_vector_2, a, b);
  binary(half == Half::low ? punpcklwd : punpckhwd, to, scratch_vector, scratch_vector_2);
}

void VectorAssembler::multiply_extended_doublewords(bool is_signed, Half half, Reg to, Reg a, Reg b) {
  const uint8_t lanes = half == Half::low ? pairs_low : pairs_high;
  unary(pshufd, scratch_vector, a, lanes);
  unary(pshufd, scratch_vector_2, b, lanes);
  binary(is_signed ? pmuldq : pmuludq, to, scratch_vector, scratch_vector_2);
}

// The low products, and 2^32 times the two mixed ones.
void VectorAssembler::multiply_quadwords(Reg to, Reg a, Reg b) {
  shift_immediate(quadwords_by, srl, scratch_vector, a, 32);
  binary(pmuludq, scratch_vector, scratch_vector, b);
  shift_immediate(quadwords_by, srl, scratch_vector_2, b, 32);
  binary(pmuludq, scratch_vector_2, scratch_vector_2, a);
  binary(paddq, scratch_vector, scratch_vector, scratch_vector_2);
  shift_immediate(quadwords_by, sll, scratch_vector, scratch_vector, 32);
  binary(pmuludq, to, a, b);
  binary(paddq, to, to, scratch_vector);
}

// pmulhrsw is exact but for INT16_MIN squared, where it gives INT16_MIN, which no other operands do.
void VectorAssembler::q15_multiply(Reg to, Reg a, Reg b) {
  binary(pmulhrsw, to, a, b);
  with_constant(pcmpeqw, scratch_vector, to, constants::i16_min);
  binary(pxor, to, to, scratch_vector);
}

void VectorAssembler::shift(wasm::Opcode op, Reg to, Reg from, Reg count) {
  const uint32_t bits = lane_bits(op);
  code_.mov(false, Reg::r11, count);
  code_.alu_imm(Alu::and_, false, Reg::r11, static_cast<int32_t>(bits - 1));
  if (op == wasm::Opcode::i8x16_shr_s) code_.alu_imm(Alu::add, false, Reg::r11, 8);
  transfer({0x66, 1, 0x6e}, false, scratch_vector, Reg::r11);  // movd
  bits == 8 ? shift_bytes(op, to, from) : shift_lanes(op, to, from);
}

void VectorAssembler::shift_lanes(wasm::Opcode op, Reg to, Reg from) {
  using enum wasm::Opcode;
  // clang-format off
  switch (op) {
    case i16x8_shl: return binary(psllw, to, from, scratch_vector);
    case i32x4_shl: return binary(pslld, to, from, scratch_vector);
    case i64x2_shl: return binary(psllq, to, from, scratch_vector);
    case i16x8_shr_u: return binary(psrlw, to, from, scratch_vector);
    case i32x4_shr_u: return binary(psrld, to, from, scratch_vector);
    case i64x2_shr_u: return binary(psrlq, to, from, scratch_vector);
    case i16x8_shr_s: return binary(psraw, to, from, scratch_vector);
    case i32x4_shr_s: return binary(psrad, to, from, scratch_vector);
    default: break;
  }
  // clang-format on
  // i64x2.shr_s: (x >> n ^ sign >> n) - (sign >> n)
  load_constant(scratch_vector_2, constants::f64_sign);
  binary(psrlq, scratch_vector_2, scratch_vector_2, scratch_vector);
  binary(psrlq, to, from, scratch_vector);
  binary(pxor, to, to, scratch_vector_2);
  binary(psubq, to, to, scratch_vector_2);
}

// As words; bits that came over from the neighbour are masked off. Signed: as words whose low byte goes away.
void VectorAssembler::shift_bytes(wasm::Opcode op, Reg to, Reg from) {
  if (op == wasm::Opcode::i8x16_shr_s) {
    binary(punpcklbw, scratch_vector_2, from, from);
    binary(psraw, scratch_vector_2, scratch_vector_2, scratch_vector);
    binary(punpckhbw, to, from, from);
    binary(psraw, to, to, scratch_vector);
    return binary(packsswb, to, scratch_vector_2, to);
  }
  const bool is_left = op == wasm::Opcode::i8x16_shl;
  const Op by_words = is_left ? psllw : psrlw;
  binary(by_words, to, from, scratch_vector);
  ones(scratch_vector_2);
  binary(by_words, scratch_vector_2, scratch_vector_2, scratch_vector);
  if (!is_left) shift_immediate(words_by, srl, scratch_vector_2, scratch_vector_2, 8);
  zero(scratch_vector);
  binary(pshufb, scratch_vector_2, scratch_vector_2, scratch_vector);  // the lowest byte is the mask
  binary(pand, to, to, scratch_vector_2);
}

void VectorAssembler::shift(wasm::Opcode op, Reg to, Reg from, uint32_t count) {
  using enum wasm::Opcode;
  const uint32_t bits = lane_bits(op);
  const auto by = static_cast<uint8_t>(count & (bits - 1));
  if (by == 0) return move(to, from);
  const bool is_left = op == i8x16_shl || op == i16x8_shl || op == i32x4_shl || op == i64x2_shl;
  const bool is_signed = op == i8x16_shr_s || op == i16x8_shr_s || op == i32x4_shr_s || op == i64x2_shr_s;
  if (bits == 8 && !is_signed) {
    const uint32_t mask = is_left ? 0xffu << by & 0xff : 0xffu >> by;
    code_.mov_imm(Reg::r11, uint64_t{mask} * 0x0101'0101);
    transfer({0x66, 1, 0x6e}, false, scratch_vector, Reg::r11);  // movd
    unary(pshufd, scratch_vector, scratch_vector, 0);
    shift_immediate(words_by, is_left ? sll : srl, to, from, by);
    return binary(pand, to, to, scratch_vector);
  }
  if (is_signed && (bits == 8 || bits == 64)) {
    code_.mov_imm(Reg::r11, bits == 8 ? by + 8u : by);
    transfer({0x66, 1, 0x6e}, false, scratch_vector, Reg::r11);
    return bits == 8 ? shift_bytes(op, to, from) : shift_lanes(op, to, from);
  }
  const auto opcode = static_cast<uint8_t>(bits == 16 ? 0x71 : bits == 32 ? 0x72 : 0x73);
  shift_immediate(op_0f(opcode), is_left ? sll : is_signed ? sra : srl, to, from, by);
}

}  // namespace mote::baseline::x64
