// The two encodings of a vector instruction, and what is composed of them everywhere (vector.h). Also the dispatch by subject.
#include "base/core/assert.h"
#include "engine/baseline/x64/vector.h"

namespace mote::baseline::x64 {

namespace {

constexpr Op movaps = {0, 1, 0x28}, pand = {0x66, 1, 0xdb}, pandn = {0x66, 1, 0xdf}, por = {0x66, 1, 0xeb}, pxor = {0x66, 1, 0xef};

}  // namespace

void VectorAssembler::move(Reg to, Reg from) {
  if (to != from) unary(movaps, to, from);
}

void VectorAssembler::binary(Op op, Reg to, Reg a, Reg b) {
  if (has_avx_) return code_.emit_vex(op, false, to, a, b);
  if (to == b && to != a) {
    ASSERT(to != scratch_vector);
    move(scratch_vector, a);
    code_.emit(op, false, scratch_vector, b);
    return move(to, scratch_vector);
  }
  move(to, a);
  code_.emit(op, false, to, b);
}

void VectorAssembler::binary(Op op, Reg to, Reg a, const Mem& b) {
  ASSERT(has_avx_);
  code_.emit_vex(op, false, to, a, b);
}

void VectorAssembler::binary(Op op, Reg to, Reg a, Reg b, uint8_t immediate) {
  if (has_avx_) {
    code_.emit_vex(op, false, to, a, b);
    return code_.imm8(immediate);
  }
  const bool is_in_the_way = to == b && to != a;
  ASSERT(!is_in_the_way || to != scratch_vector);
  const Reg target = is_in_the_way ? scratch_vector : to;
  move(target, a);
  code_.emit(op, false, target, b);
  code_.imm8(immediate);
  move(to, target);
}

void VectorAssembler::shift_immediate(Op op, uint8_t extension, Reg to, Reg from, uint8_t count) {
  const auto field = static_cast<Reg>(extension);
  if (has_avx_) {
    code_.emit_vex(op, false, field, to, from);
  } else {
    move(to, from);
    code_.emit(op, false, field, to);
  }
  code_.imm8(count);
}

void VectorAssembler::with_constant(Op op, Reg to, Reg a, uint32_t constant) {
  if (!has_avx_) move(to, a);
  const Position behind = has_avx_ ? code_.rip_vex(op, false, to, a) : code_.rip(op, false, to);
  relocations_.push_back({behind, Relocation::constant(constant)});
}

void VectorAssembler::load_constant(Reg to, uint32_t constant) {
  const Position behind = has_avx_ ? code_.rip_vex(movaps, false, to, Reg::none) : code_.rip(movaps, false, to);
  relocations_.push_back({behind, Relocation::constant(constant)});
}

void VectorAssembler::invert(Reg to, Reg from) {
  ASSERT(from != scratch_vector_2);
  ones(scratch_vector_2);
  binary(pxor, to, from, scratch_vector_2);
}

void VectorAssembler::select_bits(Reg to, Reg a, Reg b, Reg mask) {
  ASSERT(b != scratch_vector);
  binary(pand, scratch_vector, a, mask);
  binary(pandn, scratch_vector_2, mask, b);
  binary(por, to, scratch_vector_2, scratch_vector);
}

void VectorAssembler::unary(wasm::Opcode op, Reg to, Reg from) {
  const bool is_known = integer_unary(op, to, from) || float_unary(op, to, from) || relaxed_unary(op, to, from);
  ASSERT(is_known);
}

void VectorAssembler::binary(wasm::Opcode op, Reg to, Reg a, Reg b) {
  ASSERT(to != b);
  const bool is_known = integer_binary(op, to, a, b) || float_binary(op, to, a, b) || relaxed_binary(op, to, a, b);
  ASSERT(is_known);
}

std::optional<Op> VectorAssembler::single(wasm::Opcode op) {
  using enum wasm::Opcode;
  const auto of = [](uint8_t opcode) { return Op{0x66, 1, opcode}; };
  const auto of_38 = [](uint8_t opcode) { return Op{0x66, 2, opcode}; };
  // clang-format off
  switch (op) {
    case v128_and: return of(0xdb);
    case v128_or: return of(0xeb);
    case v128_xor: return of(0xef);
    case i8x16_eq: return of(0x74);
    case i16x8_eq: return of(0x75);
    case i32x4_eq: return of(0x76);
    case i64x2_eq: return of_38(0x29);
    case i8x16_gt_s: return of(0x64);
    case i16x8_gt_s: return of(0x65);
    case i32x4_gt_s: return of(0x66);
    case i64x2_gt_s: return of_38(0x37);
    case i8x16_add: return of(0xfc);
    case i16x8_add: return of(0xfd);
    case i32x4_add: return of(0xfe);
    case i64x2_add: return of(0xd4);
    case i8x16_sub: return of(0xf8);
    case i16x8_sub: return of(0xf9);
    case i32x4_sub: return of(0xfa);
    case i64x2_sub: return of(0xfb);
    case i8x16_add_sat_s: return of(0xec);
    case i16x8_add_sat_s: return of(0xed);
    case i8x16_add_sat_u: return of(0xdc);
    case i16x8_add_sat_u: return of(0xdd);
    case i8x16_sub_sat_s: return of(0xe8);
    case i16x8_sub_sat_s: return of(0xe9);
    case i8x16_sub_sat_u: return of(0xd8);
    case i16x8_sub_sat_u: return of(0xd9);
    case i16x8_mul: return of(0xd5);
    case i32x4_mul: return of_38(0x40);
    case i8x16_min_s: return of_38(0x38);
    case i16x8_min_s: return of(0xea);
    case i32x4_min_s: return of_38(0x39);
    case i8x16_min_u: return of(0xda);
    case i16x8_min_u: return of_38(0x3a);
    case i32x4_min_u: return of_38(0x3b);
    case i8x16_max_s: return of_38(0x3c);
    case i16x8_max_s: return of(0xee);
    case i32x4_max_s: return of_38(0x3d);
    case i8x16_max_u: return of(0xde);
    case i16x8_max_u: return of_38(0x3e);
    case i32x4_max_u: return of_38(0x3f);
    case i8x16_avgr_u: return of(0xe0);
    case i16x8_avgr_u: return of(0xe3);
    case i8x16_narrow_i16x8_s: return of(0x63);
    case i8x16_narrow_i16x8_u: return of(0x67);
    case i16x8_narrow_i32x4_s: return of(0x6b);
    case i16x8_narrow_i32x4_u: return of_38(0x2b);
    case i32x4_dot_i16x8_s: return of(0xf5);
    default: return std::nullopt;
  }
  // clang-format on
}

}  // namespace mote::baseline::x64
