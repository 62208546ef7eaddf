// Vector instructions that move lanes rather than compute: constants, splats, lane access, shuffles, tests (vector.h).
// Spec: core/exec/instructions, "Vector Instructions".
#include "base/core/assert.h"
#include "engine/baseline/x64/vector.h"

#include <algorithm>

namespace mote::baseline::x64 {

namespace {

constexpr Op op_0f(uint8_t opcode) {
  return {0x66, 1, opcode};
}
constexpr Op op_38(uint8_t opcode) {
  return {0x66, 2, opcode};
}
constexpr Op op_3a(uint8_t opcode) {
  return {0x66, 3, opcode};
}
constexpr Op movd = op_0f(0x6e), movd_store = op_0f(0x7e), pshufd = op_0f(0x70), pshufb = op_38(0x00), por = op_0f(0xeb);
constexpr Op pshuflw = {0xf2, 1, 0x70}, pshufhw = {0xf3, 1, 0x70}, paddusb = op_0f(0xdc), packsswb = op_0f(0x63);
constexpr Op punpcklqdq = op_0f(0x6c), punpckhqdq = op_0f(0x6d), shufps = {0, 1, 0xc6}, palignr = op_3a(0x0f);
constexpr Op pinsrb = op_3a(0x20), pinsrw = op_0f(0xc4), pinsrd = op_3a(0x22), insertps = op_3a(0x21);
constexpr Op pextrb = op_3a(0x14), pextrw = op_3a(0x15), pextrd = op_3a(0x16), ptest = op_38(0x17), pmovmskb = op_0f(0xd7);
constexpr Op movsd = {0xf2, 1, 0x10}, vpbroadcastb = op_38(0x78), vpbroadcastw = op_38(0x79);

std::array<uint8_t, 16> bytes(uint64_t low, uint64_t high) {
  std::array<uint8_t, 16> out;
  for (uint32_t i = 0; i < 16; ++i) out[i] = static_cast<uint8_t>((i < 8 ? low : high) >> (i % 8 * 8));
  return out;
}

uint64_t half(const std::array<uint8_t, 16>& bytes, uint32_t first) {
  uint64_t out = 0;
  for (uint32_t i = 0; i < 8; ++i) out |= uint64_t{bytes[first + i]} << (i * 8);
  return out;
}

// The lanes of `size` bytes that bytes are taken from, or nothing when a lane is not taken as a whole.
template <size_t count>
std::optional<std::array<uint8_t, count>> whole_lanes(const std::array<uint8_t, 16>& lanes) {
  constexpr size_t size = 16 / count;
  std::array<uint8_t, count> out;
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>(lanes[i * size] / size);
    for (size_t j = 0; j < size; ++j) {
      if (lanes[i * size + j] != out[i] * size + j) return std::nullopt;
    }
  }
  return out;
}

// Four selectors of two bits, as pshufd and its relatives want them.
template <class Selectors>
uint8_t packed(const Selectors& selectors, size_t first = 0) {
  uint8_t out = 0;
  for (size_t i = 0; i < 4; ++i) out |= static_cast<uint8_t>((selectors[first + i] & 3) << (2 * i));
  return out;
}

}  // namespace

void VectorAssembler::constant(Reg to, uint64_t low, uint64_t high) {
  if (low == 0 && high == 0) return zero(to);
  if (low == UINT64_MAX && high == UINT64_MAX) return ones(to);
  code_.mov_imm(Reg::r11, low);
  transfer(movd, true, to, Reg::r11);
  if (high == low) return binary(punpcklqdq, to, to, to);
  if (high == 0) return;
  code_.mov_imm(Reg::r11, high);
  insert(pinsrd, true, to, to, Reg::r11, 1);
}

// pshufb gives zero for indices with the top bit set: adding 0x70 with saturation sets it in all from 16 on.
void VectorAssembler::swizzle(Reg to, Reg vector, Reg indices) {
  with_constant(paddusb, scratch_vector, indices, constants::swizzle_bound);
  binary(pshufb, to, vector, scratch_vector);
}

void VectorAssembler::shuffle(Reg to, Reg a, Reg b, uint64_t low, uint64_t high) {
  Lanes lanes = bytes(low, high);
  if (a == b) {
    for (uint8_t& lane : lanes) lane &= 15;
  }
  if (std::ranges::all_of(lanes, [](uint8_t lane) { return lane < 16; })) {
    if (shuffle_one(to, a, lanes)) return;
    constant(scratch_vector, half(lanes, 0), half(lanes, 8));
    return binary(pshufb, to, a, scratch_vector);
  }
  if (std::ranges::all_of(lanes, [](uint8_t lane) { return lane >= 16; })) {
    for (uint8_t& lane : lanes) lane &= 15;
    if (shuffle_one(to, b, lanes)) return;
    constant(scratch_vector, half(lanes, 0), half(lanes, 8));
    return binary(pshufb, to, b, scratch_vector);
  }
  if (shuffle_two(to, a, b, lanes)) return;
  // Each operand's bytes, zero where the other's go.
  Lanes of_a = lanes, of_b = lanes;
  for (uint32_t i = 0; i < 16; ++i) {
    of_a[i] = lanes[i] < 16 ? lanes[i] : 0x80;
    of_b[i] = lanes[i] < 16 ? 0x80 : lanes[i] & 15;
  }
  constant(scratch_vector, half(of_b, 0), half(of_b, 8));
  binary(pshufb, scratch_vector_2, b, scratch_vector);
  constant(scratch_vector, half(of_a, 0), half(of_a, 8));
  binary(pshufb, to, a, scratch_vector);
  binary(por, to, to, scratch_vector_2);
}

// What one machine instruction without a mask does to one operand.
bool VectorAssembler::shuffle_one(Reg to, Reg from, const Lanes& lanes) {
  if (const auto doublewords = whole_lanes<4>(lanes)) {
    if (*doublewords == std::array<uint8_t, 4>{0, 1, 2, 3}) return move(to, from), true;
    return unary(pshufd, to, from, packed(*doublewords)), true;
  }
  if (const auto words = whole_lanes<8>(lanes)) {
    const std::array<uint8_t, 8>& w = *words;
    const bool keeps_high = w[4] == 4 && w[5] == 5 && w[6] == 6 && w[7] == 7;
    const bool keeps_low = w[0] == 0 && w[1] == 1 && w[2] == 2 && w[3] == 3;
    const bool is_low_inside = std::all_of(w.begin(), w.begin() + 4, [](uint8_t lane) { return lane < 4; });
    const bool is_high_inside = std::all_of(w.begin() + 4, w.end(), [](uint8_t lane) { return lane >= 4; });
    if (keeps_high && is_low_inside) return unary(pshuflw, to, from, packed(w)), true;
    if (keeps_low && is_high_inside) return unary(pshufhw, to, from, packed(w, 4)), true;
  }
  for (uint8_t i = 0; i < 16; ++i) {
    if (lanes[i] != ((lanes[0] + i) & 15)) return false;
  }
  return binary(palignr, to, from, from, lanes[0]), true;
}

// … to two.
bool VectorAssembler::shuffle_two(Reg to, Reg a, Reg b, const Lanes& lanes) {
  const auto is = [&](auto lane_of) {
    for (uint8_t i = 0; i < 16; ++i) {
      if (lanes[i] != lane_of(i)) return false;
    }
    return true;
  };
  // Lanes of both in turn.
  constexpr uint8_t low_unpacks[] = {0x60, 0x61, 0x62, 0x6c}, high_unpacks[] = {0x68, 0x69, 0x6a, 0x6d};
  for (uint32_t log2 = 0; log2 < 4; ++log2) {
    const uint32_t size = 1u << log2;
    const auto unpacked = [&](uint32_t first, bool is_b_first) {
      return [=](uint8_t i) {
        const bool is_b = (i / size % 2 != 0) != is_b_first;
        return static_cast<uint8_t>(first + i / (2 * size) * size + i % size + (is_b ? 16 : 0));
      };
    };
    if (is(unpacked(0, false))) return binary(op_0f(low_unpacks[log2]), to, a, b), true;
    if (is(unpacked(8, false))) return binary(op_0f(high_unpacks[log2]), to, a, b), true;
    if (is(unpacked(0, true))) return binary(op_0f(low_unpacks[log2]), to, b, a), true;
    if (is(unpacked(8, true))) return binary(op_0f(high_unpacks[log2]), to, b, a), true;
  }
  // A window over one behind the other: palignr puts its second operand first.
  if (is([&](uint8_t i) { return static_cast<uint8_t>(lanes[0] + i); })) return binary(palignr, to, b, a, lanes[0]), true;
  if (is([&](uint8_t i) { return static_cast<uint8_t>((lanes[0] + i) & 31); })) {
    return binary(palignr, to, a, b, lanes[0] & 15), true;
  }
  const auto doublewords = whole_lanes<4>(lanes);
  if (!doublewords) return false;
  const std::array<uint8_t, 4>& d = *doublewords;
  if (d[0] < 4 && d[1] < 4 && d[2] >= 4 && d[3] >= 4) return binary(shufps, to, a, b, packed(d)), true;
  if (d[0] >= 4 && d[1] >= 4 && d[2] < 4 && d[3] < 4) return binary(shufps, to, b, a, packed(d)), true;
  return false;
}

void VectorAssembler::splat(wasm::Opcode op, Reg to, Reg from) {
  using enum wasm::Opcode;
  switch (op) {
    case i8x16_splat:
      transfer(movd, false, to, from);
      if (has_avx2_) return unary(vpbroadcastb, to, to);
      zero(scratch_vector);
      return binary(pshufb, to, to, scratch_vector);
    case i16x8_splat:
      transfer(movd, false, to, from);
      if (has_avx2_) return unary(vpbroadcastw, to, to);
      unary(pshuflw, to, to, 0);
      return unary(pshufd, to, to, 0);
    case i32x4_splat:
      transfer(movd, false, to, from);
      return unary(pshufd, to, to, 0);
    case i64x2_splat:
      transfer(movd, true, to, from);
      return binary(punpcklqdq, to, to, to);
    case f32x4_splat:
      return unary(pshufd, to, from, 0);
    default:  // f64x2.splat
      return binary(punpcklqdq, to, from, from);
  }
}

void VectorAssembler::extract(wasm::Opcode op, Reg to, Reg from, uint32_t lane) {
  using enum wasm::Opcode;
  const auto index = static_cast<uint8_t>(lane);
  const auto extract_integer = [&](Op extraction, bool w) {
    transfer(extraction, w, from, to);
    code_.imm8(index);
  };
  switch (op) {
    case i8x16_extract_lane_s:
      extract_integer(pextrb, false);
      return code_.movsx8(false, to, to);
    case i8x16_extract_lane_u:
      return extract_integer(pextrb, false);
    case i16x8_extract_lane_s:
      extract_integer(pextrw, false);
      return code_.movsx16(false, to, to);
    case i16x8_extract_lane_u:
      return extract_integer(pextrw, false);
    case i32x4_extract_lane:
      return lane == 0 ? transfer(movd_store, false, from, to) : extract_integer(pextrd, false);
    case i64x2_extract_lane:
      return lane == 0 ? transfer(movd_store, true, from, to) : extract_integer(pextrd, true);
    case f32x4_extract_lane:
      return lane == 0 ? move(to, from) : unary(pshufd, to, from, index);
    default:  // f64x2.extract_lane
      return lane == 0 ? move(to, from) : binary(punpckhqdq, to, from, from);
  }
}

void VectorAssembler::replace(wasm::Opcode op, Reg to, Reg vector, Reg scalar, uint32_t lane) {
  using enum wasm::Opcode;
  const auto index = static_cast<uint8_t>(lane);
  switch (op) {
    case i8x16_replace_lane:
      return insert(pinsrb, false, to, vector, scalar, index);
    case i16x8_replace_lane:
      return insert(pinsrw, false, to, vector, scalar, index);
    case i32x4_replace_lane:
      return insert(pinsrd, false, to, vector, scalar, index);
    case i64x2_replace_lane:
      return insert(pinsrd, true, to, vector, scalar, index);
    case f32x4_replace_lane:
      return binary(insertps, to, vector, scalar, static_cast<uint8_t>(lane << 4));
    default:  // f64x2.replace_lane
      return binary(lane == 0 ? movsd : punpcklqdq, to, vector, scalar);
  }
}

Condition VectorAssembler::test(wasm::Opcode op, Reg from) {
  using enum wasm::Opcode;
  if (op == v128_any_true) {
    unary(ptest, from, from);
    return Condition::ne;
  }
  const Op equal = op == i8x16_all_true   ? op_0f(0x74)
                   : op == i16x8_all_true ? op_0f(0x75)
                   : op == i32x4_all_true ? op_0f(0x76)
                                          : op_38(0x29);
  zero(scratch_vector);
  binary(equal, scratch_vector, scratch_vector, from);
  unary(ptest, scratch_vector, scratch_vector);
  return Condition::e;
}

void VectorAssembler::bitmask(wasm::Opcode op, Reg to, Reg from) {
  using enum wasm::Opcode;
  switch (op) {
    case i8x16_bitmask:
      return unary(pmovmskb, to, from);
    case i16x8_bitmask:
      binary(packsswb, scratch_vector, from, from);
      unary(pmovmskb, to, scratch_vector);
      return code_.movzx8(to, to);
    case i32x4_bitmask:
      return unary(Op{0, 1, 0x50}, to, from);  // movmskps
    default:
      return unary(op_0f(0x50), to, from);  // movmskpd
  }
}

}  // namespace mote::baseline::x64
