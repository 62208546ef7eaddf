// The register half of vector loads and stores (vector.h): what is in memory, and how it becomes a vector or comes from one.
// Addresses may be unaligned. Spec: core/exec/instructions, "v128.load…", "v128.store…".
#include "engine/baseline/x64/vector.h"

namespace mote::baseline::x64 {

namespace {

constexpr Op op_38(uint8_t opcode) {
  return {0x66, 2, opcode};
}
constexpr Op op_3a(uint8_t opcode) {
  return {0x66, 3, opcode};
}
constexpr Op movups = {0, 1, 0x10}, movups_store = {0, 1, 0x11}, movss = {0xf3, 1, 0x10}, movss_store = {0xf3, 1, 0x11};
constexpr Op movsd = {0xf2, 1, 0x10}, movsd_store = {0xf2, 1, 0x11}, movddup = {0xf2, 1, 0x12}, movd = {0x66, 1, 0x6e};
constexpr Op pshufb = op_38(0x00), pshufd = {0x66, 1, 0x70}, pshuflw = {0xf2, 1, 0x70};
constexpr Op vbroadcastss = op_38(0x18), vpbroadcastb = op_38(0x78), vpbroadcastw = op_38(0x79);
constexpr Op pinsrb = op_3a(0x20), pinsrw = {0x66, 1, 0xc4}, pinsrd = op_3a(0x22);
constexpr Op pextrb = op_3a(0x14), pextrw = op_3a(0x15), pextrd = op_3a(0x16);

}  // namespace

// The address may be relative to r11, which may be overwritten once it was read.
void VectorAssembler::load(wasm::Opcode op, Reg to, const Mem& from) {
  using enum wasm::Opcode;
  switch (op) {
    case v128_load:
      return transfer(movups, false, to, from);
    case v128_load8x8_s:
      return transfer(op_38(0x20), false, to, from);
    case v128_load8x8_u:
      return transfer(op_38(0x30), false, to, from);
    case v128_load16x4_s:
      return transfer(op_38(0x23), false, to, from);
    case v128_load16x4_u:
      return transfer(op_38(0x33), false, to, from);
    case v128_load32x2_s:
      return transfer(op_38(0x25), false, to, from);
    case v128_load32x2_u:
      return transfer(op_38(0x35), false, to, from);
    case v128_load8_splat:
      if (has_avx2_) return transfer(vpbroadcastb, false, to, from);
      code_.movzx8(Reg::r11, from);
      transfer(movd, false, to, Reg::r11);
      zero(scratch_vector);
      return binary(pshufb, to, to, scratch_vector);
    case v128_load16_splat:
      if (has_avx2_) return transfer(vpbroadcastw, false, to, from);
      code_.movzx16(Reg::r11, from);
      transfer(movd, false, to, Reg::r11);
      unary(pshuflw, to, to, 0);
      return unary(pshufd, to, to, 0);
    case v128_load32_splat:
      if (has_avx_) return transfer(vbroadcastss, false, to, from);
      transfer(movss, false, to, from);
      return unary(pshufd, to, to, 0);
    case v128_load64_splat:
      return transfer(movddup, false, to, from);
    case v128_load32_zero:
      return transfer(movss, false, to, from);
    default:  // v128.load64_zero
      return transfer(movsd, false, to, from);
  }
}

void VectorAssembler::load_lane(wasm::Opcode op, Reg to, Reg vector, const Mem& from, uint32_t lane) {
  using enum wasm::Opcode;
  const auto index = static_cast<uint8_t>(lane);
  switch (op) {
    case v128_load8_lane:
      return insert(pinsrb, false, to, vector, from, index);
    case v128_load16_lane:
      return insert(pinsrw, false, to, vector, from, index);
    case v128_load32_lane:
      return insert(pinsrd, false, to, vector, from, index);
    default:  // v128.load64_lane
      return insert(pinsrd, true, to, vector, from, index);
  }
}

void VectorAssembler::store(wasm::Opcode op, const Mem& to, Reg from, uint32_t lane) {
  using enum wasm::Opcode;
  const auto store_lane = [&](Op extraction, bool w) {
    transfer(extraction, w, from, to);
    code_.imm8(static_cast<uint8_t>(lane));
  };
  switch (op) {
    case v128_store:
      return transfer(movups_store, false, from, to);
    case v128_store8_lane:
      return store_lane(pextrb, false);
    case v128_store16_lane:
      return store_lane(pextrw, false);
    case v128_store32_lane:
      return lane == 0 ? transfer(movss_store, false, from, to) : store_lane(pextrd, false);
    default:  // v128.store64_lane
      return lane == 0 ? transfer(movsd_store, false, from, to) : store_lane(pextrd, true);
  }
}

}  // namespace mote::baseline::x64
