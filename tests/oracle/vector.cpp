// Vector instructions without memory access: see numeric.h. Everything is written lane by lane.
#include "base/core/assert.h"
#include "tests/oracle/numeric.h"

namespace mote::oracle {
namespace {

using wasm::Instruction;
using wasm::Opcode;

template <class T>
Lanes<T> lanes(Value value) {
  return std::bit_cast<Lanes<T>>(value);
}
template <class T>
Value join(Lanes<T> from) {
  return std::bit_cast<Value>(from);
}
// R result[i] = f(a[i]) and so on, over lanes of type T.
template <class T, class R = T, class F>
Value each(Value a, F f) {
  static_assert(sizeof(T) == sizeof(R));
  Lanes<T> x = lanes<T>(a);
  Lanes<R> r;
  for (size_t i = 0; i < x.size(); ++i) r[i] = static_cast<R>(f(x[i]));
  return join<R>(r);
}
template <class T, class R = T, class F>
Value each(Value a, Value b, F f) {
  static_assert(sizeof(T) == sizeof(R));
  Lanes<T> x = lanes<T>(a), y = lanes<T>(b);
  Lanes<R> r;
  for (size_t i = 0; i < x.size(); ++i) r[i] = static_cast<R>(f(x[i], y[i]));
  return join<R>(r);
}
template <class T, class F>
Value each(Value a, Value b, Value c, F f) {
  Lanes<T> x = lanes<T>(a), y = lanes<T>(b), z = lanes<T>(c);
  Lanes<T> r;
  for (size_t i = 0; i < x.size(); ++i) r[i] = f(x[i], y[i], z[i]);
  return join<T>(r);
}
// A comparison: all ones or all zeros in each lane.
template <class T, class F>
Value compare(Value a, Value b, F f) {
  using Mask =
      std::conditional_t<sizeof(T) == 1, uint8_t,
                         std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
  return each<T, Mask>(a, b, [&](T x, T y) { return f(x, y) ? static_cast<Mask>(~Mask{0}) : Mask{0}; });
}
template <class T>
Value splat(T x) {
  Lanes<T> r;
  r.fill(x);
  return join<T>(r);
}
template <class T>
Value replace(Value a, uint32_t lane, T x) {
  Lanes<T> r = lanes<T>(a);
  r[lane] = x;
  return join<T>(r);
}
// Clamps to the range of T.
template <class T>
T clamp(int64_t x) {
  return static_cast<T>(std::min<int64_t>(std::max<int64_t>(x, std::numeric_limits<T>::min()), std::numeric_limits<T>::max()));
}
template <class Wide, class Narrow>
Value narrow(Value a, Value b) {
  Lanes<Wide> x = lanes<Wide>(a), y = lanes<Wide>(b);
  Lanes<Narrow> r;
  for (size_t i = 0; i < x.size(); ++i) {
    r[i] = clamp<Narrow>(x[i]);
    r[i + x.size()] = clamp<Narrow>(y[i]);
  }
  return join<Narrow>(r);
}
// The low or high half of a's lanes, widened.
template <class Narrow, class Wide>
Lanes<Wide> widen(Value a, bool high) {
  Lanes<Narrow> x = lanes<Narrow>(a);
  Lanes<Wide> r;
  for (size_t i = 0; i < r.size(); ++i) r[i] = static_cast<Wide>(x[i + (high ? r.size() : 0)]);
  return r;
}
template <class Narrow, class Wide>
Value multiply_wide(Value a, Value b, bool high) {
  using U = std::make_unsigned_t<Wide>;
  return each<Wide>(join<Wide>(widen<Narrow, Wide>(a, high)), join<Wide>(widen<Narrow, Wide>(b, high)),
                    [](Wide x, Wide y) { return static_cast<U>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y)); });
}
template <class Narrow, class Wide>
Value add_pairs(Value a) {
  Lanes<Narrow> x = lanes<Narrow>(a);
  Lanes<Wide> r;
  for (size_t i = 0; i < r.size(); ++i) r[i] = static_cast<Wide>(x[2 * i] + x[2 * i + 1]);
  return join<Wide>(r);
}
template <class T>
bool all_true(Value a) {
  for (T x : lanes<T>(a)) {
    if (x == 0) return false;
  }
  return true;
}
template <class T>
uint32_t bitmask(Value a) {
  uint32_t mask = 0;
  Lanes<T> x = lanes<T>(a);
  for (size_t i = 0; i < x.size(); ++i) mask |= static_cast<uint32_t>(x[i] < 0) << i;
  return mask;
}
Value shuffle(Value a, Value b, Value indices) {
  Lanes<uint8_t> x = lanes<uint8_t>(a), y = lanes<uint8_t>(b), at = lanes<uint8_t>(indices), r;
  for (size_t i = 0; i < 16; ++i) r[i] = at[i] < 16 ? x[at[i]] : y[at[i] - 16];
  return join<uint8_t>(r);
}
// relaxed: an index of 16 to 127 counts modulo 16 instead of giving 0.
Value swizzle(Value a, Value indices, bool relaxed) {
  Lanes<uint8_t> x = lanes<uint8_t>(a), at = lanes<uint8_t>(indices), r;
  for (size_t i = 0; i < 16; ++i) r[i] = at[i] < 16 ? x[at[i]] : relaxed && at[i] < 128 ? x[at[i] % 16] : 0;
  return join<uint8_t>(r);
}
Value bitselect(Value a, Value b, Value mask) {
  return {(a.low & mask.low) | (b.low & ~mask.low), (a.high & mask.high) | (b.high & ~mask.high)};
}
Value dot_i16(Value a, Value b) {
  Lanes<int16_t> x = lanes<int16_t>(a), y = lanes<int16_t>(b);
  Lanes<uint32_t> r;
  for (size_t i = 0; i < 4; ++i) {
    r[i] = static_cast<uint32_t>(x[2 * i] * y[2 * i]) + static_cast<uint32_t>(x[2 * i + 1] * y[2 * i + 1]);
  }
  return join<uint32_t>(r);
}
// Rounding multiplication of Q15 numbers; only -1 × -1 does not fit.
int16_t q15(int16_t x, int16_t y, bool wraps) {
  int32_t product = (x * y + 0x4000) >> 15;
  return wraps ? static_cast<int16_t>(product) : clamp<int16_t>(product);
}
template <class I, class F>
Value from_doubles(Value a, F convert) {
  Lanes<double> x = lanes<double>(a);
  return join<I>({static_cast<I>(convert(x[0])), static_cast<I>(convert(x[1])), 0, 0});
}
Value demote(Value a, const Rules& rules) {
  Lanes<double> x = lanes<double>(a);
  return join<float>({arithmetic(static_cast<float>(x[0]), rules), arithmetic(static_cast<float>(x[1]), rules), 0, 0});
}
Value promote(Value a, const Rules& rules) {
  Lanes<float> x = lanes<float>(a);
  return join<double>({arithmetic(static_cast<double>(x[0]), rules), arithmetic(static_cast<double>(x[1]), rules)});
}

// Relaxed instructions: which of the allowed behaviours, says code::RelaxedSimd.
template <class F>
Value multiply_add(Value a, Value b, Value c, bool negate, const Rules& rules) {
  return each<F>(a, b, c, [&](F x, F y, F z) {
    F factor = negate ? negated(x) : x;
    if (rules.relaxed.fmadd != 0) return arithmetic(std::fma(factor, y, z), rules);
    volatile F product = factor * y;  // volatile: rounded before the addition, whatever the compiler may contract
    return arithmetic(static_cast<F>(product + z), rules);
  });
}
template <class F>
F relaxed_minimum(F x, F y, const Rules& rules) {
  if (rules.relaxed.fmin == 0) return minimum(x, y, rules);
  F result = x < y ? x : y;
  return rules.canonical_nans ? arithmetic(result, rules) : result;
}
template <class F>
F relaxed_maximum(F x, F y, const Rules& rules) {
  if (rules.relaxed.fmax == 0) return maximum(x, y, rules);
  F result = x > y ? x : y;
  return rules.canonical_nans ? arithmetic(result, rules) : result;
}
template <class F>
int32_t relaxed_truncate_signed(F x, const Rules& rules) {
  if (rules.relaxed.trunc_s == 0) return saturate<int32_t>(x);
  F whole = std::trunc(x);
  bool fits = whole >= F{-2147483648.0} && whole < F{2147483648.0};  // false for NaN
  return fits ? static_cast<int32_t>(whole) : std::numeric_limits<int32_t>::min();
}
template <class T>
Value laneselect(Value a, Value b, Value mask, const Rules& rules) {
  if (rules.relaxed.laneselect == 0) return bitselect(a, b, mask);
  return each<T>(a, b, mask, [](T x, T y, T m) { return m < 0 ? x : y; });
}
Lanes<int16_t> relaxed_dot(Value a, Value b, const Rules& rules) {
  Lanes<int8_t> x = lanes<int8_t>(a), y = lanes<int8_t>(b);
  auto product = [&](size_t i) { return x[i] * (rules.relaxed.idot != 0 ? static_cast<uint8_t>(y[i]) : y[i]); };
  Lanes<int16_t> r;
  for (size_t i = 0; i < 8; ++i) r[i] = clamp<int16_t>(product(2 * i) + product(2 * i + 1));
  return r;
}
Value relaxed_dot_add(Value a, Value b, Value c, const Rules& rules) {
  Lanes<int16_t> pairs = relaxed_dot(a, b, rules);
  Lanes<uint32_t> r = lanes<uint32_t>(c);
  for (size_t i = 0; i < 4; ++i) r[i] += static_cast<uint32_t>(pairs[2 * i] + pairs[2 * i + 1]);
  return join<uint32_t>(r);
}

// clang-format off: tables, a line or a column for each instruction
#define COMPARE(shape, name, T, test) \
  case Opcode::shape##_##name: return compare<T>(a, b, [](T x, T y) { return x test y; });
#define COMPARE_INTEGERS(shape, S, U)                                                           \
  COMPARE(shape, eq, S, ==) COMPARE(shape, ne, S, !=) COMPARE(shape, lt_s, S, <) COMPARE(shape, gt_s, S, >) \
  COMPARE(shape, le_s, S, <=) COMPARE(shape, ge_s, S, >=)
#define COMPARE_UNSIGNED(shape, U)                                                              \
  COMPARE(shape, lt_u, U, <) COMPARE(shape, gt_u, U, >) COMPARE(shape, le_u, U, <=) COMPARE(shape, ge_u, U, >=)
#define COMPARE_FLOATS(shape, F)                                                                \
  COMPARE(shape, eq, F, ==) COMPARE(shape, ne, F, !=) COMPARE(shape, lt, F, <) COMPARE(shape, gt, F, >) \
  COMPARE(shape, le, F, <=) COMPARE(shape, ge, F, >=)
#define EACH1(op, T, expression) \
  case Opcode::op: return each<T>(a, [&]([[maybe_unused]] T x) { return expression; });
#define EACH2(op, T, expression) \
  case Opcode::op: return each<T>(a, b, [&](T x, T y) { return expression; });
#define INTEGERS(shape, bits, S, U)                                                             \
  EACH1(shape##_abs, S, x < 0 ? static_cast<U>(U{0} - static_cast<U>(x)) : static_cast<U>(x))   \
  EACH1(shape##_neg, U, U{0} - x)                                                               \
  EACH2(shape##_add, U, x + y)                                                                  \
  EACH2(shape##_sub, U, x - y)                                                                  \
  case Opcode::shape##_all_true: return put<uint32_t>(all_true<U>(a));                          \
  case Opcode::shape##_bitmask: return put<uint32_t>(bitmask<S>(a));                            \
  case Opcode::shape##_shl: return each<U>(a, [&](U x) { return static_cast<uint64_t>(x) << (count % bits); }); \
  case Opcode::shape##_shr_s: return each<S>(a, [&](S x) { return x >> (count % bits); });      \
  case Opcode::shape##_shr_u: return each<U>(a, [&](U x) { return x >> (count % bits); });      \
  COMPARE_INTEGERS(shape, S, U)
#define MINMAX(shape, S, U)                                                                     \
  EACH2(shape##_min_s, S, std::min(x, y)) EACH2(shape##_min_u, U, std::min(x, y))               \
  EACH2(shape##_max_s, S, std::max(x, y)) EACH2(shape##_max_u, U, std::max(x, y))
#define SATURATING(shape, S, U)                                                                 \
  EACH2(shape##_add_sat_s, S, clamp<S>(x + y)) EACH2(shape##_add_sat_u, U, clamp<U>(x + y))     \
  EACH2(shape##_sub_sat_s, S, clamp<S>(x - y)) EACH2(shape##_sub_sat_u, U, clamp<U>(x - y))     \
  EACH2(shape##_avgr_u, U, (x + y + 1) / 2)
#define FLOATS(shape, F)                                                                        \
  COMPARE_FLOATS(shape, F)                                                                      \
  EACH1(shape##_abs, F, absolute(x)) EACH1(shape##_neg, F, negated(x))                          \
  EACH1(shape##_ceil, F, arithmetic(std::ceil(x), rules))                                       \
  EACH1(shape##_floor, F, arithmetic(std::floor(x), rules))                                     \
  EACH1(shape##_trunc, F, arithmetic(std::trunc(x), rules))                                     \
  EACH1(shape##_nearest, F, arithmetic(nearest(x), rules))                                      \
  EACH1(shape##_sqrt, F, arithmetic(std::sqrt(x), rules))                                       \
  EACH2(shape##_add, F, arithmetic(x + y, rules)) EACH2(shape##_sub, F, arithmetic(x - y, rules)) \
  EACH2(shape##_mul, F, arithmetic(x * y, rules)) EACH2(shape##_div, F, arithmetic(x / y, rules)) \
  EACH2(shape##_min, F, minimum(x, y, rules)) EACH2(shape##_max, F, maximum(x, y, rules))       \
  EACH2(shape##_pmin, F, y < x ? y : x) EACH2(shape##_pmax, F, x < y ? y : x)                   \
  EACH2(shape##_relaxed_min, F, relaxed_minimum(x, y, rules))                                   \
  EACH2(shape##_relaxed_max, F, relaxed_maximum(x, y, rules))                                   \
  case Opcode::shape##_relaxed_madd: return multiply_add<F>(a, b, c, false, rules);             \
  case Opcode::shape##_relaxed_nmadd: return multiply_add<F>(a, b, c, true, rules);
// from half as wide lanes: extension, multiplication
#define WIDENING(shape, from, SN, UN, SW, UW)                                                   \
  case Opcode::shape##_extend_low_##from##_s: return join<SW>(widen<SN, SW>(a, false));         \
  case Opcode::shape##_extend_high_##from##_s: return join<SW>(widen<SN, SW>(a, true));         \
  case Opcode::shape##_extend_low_##from##_u: return join<UW>(widen<UN, UW>(a, false));         \
  case Opcode::shape##_extend_high_##from##_u: return join<UW>(widen<UN, UW>(a, true));         \
  case Opcode::shape##_extmul_low_##from##_s: return multiply_wide<SN, SW>(a, b, false);        \
  case Opcode::shape##_extmul_high_##from##_s: return multiply_wide<SN, SW>(a, b, true);        \
  case Opcode::shape##_extmul_low_##from##_u: return multiply_wide<UN, UW>(a, b, false);        \
  case Opcode::shape##_extmul_high_##from##_u: return multiply_wide<UN, UW>(a, b, true);
#define LANES(shape, T)                                                                         \
  case Opcode::shape##_splat: return splat<T>(get<T>(a));                                       \
  case Opcode::shape##_replace_lane: return replace<T>(a, instruction.index, get<T>(b));
#define EXTRACT(op, T, R) \
  case Opcode::op: return put<R>(static_cast<R>(lanes<T>(a)[instruction.index]));

}  // namespace

Value vector(const Instruction& instruction, const Value* operands, const Rules& rules) {
  const Value none;
  uint32_t given = operand_count(instruction.op);
  const Value &a = given > 0 ? operands[0] : none, &b = given > 1 ? operands[1] : none, &c = given > 2 ? operands[2] : none;
  const uint32_t count = get<uint32_t>(b);  // of a shift
  switch (instruction.op) {
    case Opcode::v128_const: return {instruction.low, instruction.high};
    case Opcode::i8x16_shuffle: return shuffle(a, b, {instruction.low, instruction.high});
    case Opcode::i8x16_swizzle: return swizzle(a, b, false);
    case Opcode::i8x16_relaxed_swizzle: return swizzle(a, b, rules.relaxed.swizzle != 0);
    LANES(i8x16, uint8_t) LANES(i16x8, uint16_t) LANES(i32x4, uint32_t) LANES(i64x2, uint64_t) LANES(f32x4, uint32_t)
    LANES(f64x2, uint64_t)
    EXTRACT(i8x16_extract_lane_s, int8_t, int32_t)
    EXTRACT(i8x16_extract_lane_u, uint8_t, uint32_t)
    EXTRACT(i16x8_extract_lane_s, int16_t, int32_t)
    EXTRACT(i16x8_extract_lane_u, uint16_t, uint32_t)
    EXTRACT(i32x4_extract_lane, uint32_t, uint32_t)
    EXTRACT(i64x2_extract_lane, uint64_t, uint64_t)
    EXTRACT(f32x4_extract_lane, uint32_t, uint32_t)
    EXTRACT(f64x2_extract_lane, uint64_t, uint64_t)

    case Opcode::v128_not: return {~a.low, ~a.high};
    case Opcode::v128_and: return {a.low & b.low, a.high & b.high};
    case Opcode::v128_andnot: return {a.low & ~b.low, a.high & ~b.high};
    case Opcode::v128_or: return {a.low | b.low, a.high | b.high};
    case Opcode::v128_xor: return {a.low ^ b.low, a.high ^ b.high};
    case Opcode::v128_bitselect: return bitselect(a, b, c);
    case Opcode::v128_any_true: return put<uint32_t>((a.low | a.high) != 0);

    INTEGERS(i8x16, 8, int8_t, uint8_t)
    INTEGERS(i16x8, 16, int16_t, uint16_t)
    INTEGERS(i32x4, 32, int32_t, uint32_t)
    INTEGERS(i64x2, 64, int64_t, uint64_t)
    COMPARE_UNSIGNED(i8x16, uint8_t)
    COMPARE_UNSIGNED(i16x8, uint16_t)
    COMPARE_UNSIGNED(i32x4, uint32_t)
    MINMAX(i8x16, int8_t, uint8_t)
    MINMAX(i16x8, int16_t, uint16_t)
    MINMAX(i32x4, int32_t, uint32_t)
    SATURATING(i8x16, int8_t, uint8_t)
    SATURATING(i16x8, int16_t, uint16_t)
    EACH1(i8x16_popcnt, uint8_t, std::popcount(x))
    EACH2(i16x8_mul, uint16_t, uint32_t{x} * y)
    EACH2(i32x4_mul, uint32_t, x * y)
    EACH2(i64x2_mul, uint64_t, x * y)
    EACH2(i16x8_q15mulr_sat_s, int16_t, q15(x, y, false))
    EACH2(i16x8_relaxed_q15mulr_s, int16_t, q15(x, y, rules.relaxed.iq15mulr != 0))
    case Opcode::i8x16_narrow_i16x8_s: return narrow<int16_t, int8_t>(a, b);
    case Opcode::i8x16_narrow_i16x8_u: return narrow<int16_t, uint8_t>(a, b);
    case Opcode::i16x8_narrow_i32x4_s: return narrow<int32_t, int16_t>(a, b);
    case Opcode::i16x8_narrow_i32x4_u: return narrow<int32_t, uint16_t>(a, b);
    WIDENING(i16x8, i8x16, int8_t, uint8_t, int16_t, uint16_t)
    WIDENING(i32x4, i16x8, int16_t, uint16_t, int32_t, uint32_t)
    WIDENING(i64x2, i32x4, int32_t, uint32_t, int64_t, uint64_t)
    case Opcode::i16x8_extadd_pairwise_i8x16_s: return add_pairs<int8_t, int16_t>(a);
    case Opcode::i16x8_extadd_pairwise_i8x16_u: return add_pairs<uint8_t, uint16_t>(a);
    case Opcode::i32x4_extadd_pairwise_i16x8_s: return add_pairs<int16_t, int32_t>(a);
    case Opcode::i32x4_extadd_pairwise_i16x8_u: return add_pairs<uint16_t, uint32_t>(a);
    case Opcode::i32x4_dot_i16x8_s: return dot_i16(a, b);

    FLOATS(f32x4, float)
    FLOATS(f64x2, double)
    case Opcode::f32x4_demote_f64x2_zero: return demote(a, rules);
    case Opcode::f64x2_promote_low_f32x4: return promote(a, rules);
    case Opcode::f32x4_convert_i32x4_s: return each<int32_t, float>(a, [](int32_t x) { return static_cast<float>(x); });
    case Opcode::f32x4_convert_i32x4_u: return each<uint32_t, float>(a, [](uint32_t x) { return static_cast<float>(x); });
    case Opcode::f64x2_convert_low_i32x4_s: return join<double>(widen<int32_t, double>(a, false));
    case Opcode::f64x2_convert_low_i32x4_u: return join<double>(widen<uint32_t, double>(a, false));
    case Opcode::i32x4_trunc_sat_f32x4_s: return each<float, int32_t>(a, saturate<int32_t, float>);
    case Opcode::i32x4_trunc_sat_f32x4_u:
    case Opcode::i32x4_relaxed_trunc_f32x4_u: return each<float, uint32_t>(a, saturate<uint32_t, float>);
    case Opcode::i32x4_trunc_sat_f64x2_s_zero: return from_doubles<int32_t>(a, saturate<int32_t, double>);
    case Opcode::i32x4_trunc_sat_f64x2_u_zero:
    case Opcode::i32x4_relaxed_trunc_f64x2_u_zero: return from_doubles<uint32_t>(a, saturate<uint32_t, double>);

    case Opcode::i32x4_relaxed_trunc_f32x4_s:
      return each<float, int32_t>(a, [&](float x) { return relaxed_truncate_signed(x, rules); });
    case Opcode::i32x4_relaxed_trunc_f64x2_s_zero:
      return from_doubles<int32_t>(a, [&](double x) { return relaxed_truncate_signed(x, rules); });
    case Opcode::i8x16_relaxed_laneselect: return laneselect<int8_t>(a, b, c, rules);
    case Opcode::i16x8_relaxed_laneselect: return laneselect<int16_t>(a, b, c, rules);
    case Opcode::i32x4_relaxed_laneselect: return laneselect<int32_t>(a, b, c, rules);
    case Opcode::i64x2_relaxed_laneselect: return laneselect<int64_t>(a, b, c, rules);
    case Opcode::i16x8_relaxed_dot_i8x16_i7x16_s: return join<int16_t>(relaxed_dot(a, b, rules));
    case Opcode::i32x4_relaxed_dot_i8x16_i7x16_add_s: return relaxed_dot_add(a, b, c, rules);
    default: ASSERT(false && "not a vector instruction"); return Value{};
  }
}
// clang-format on

bool is_vector(Opcode op) {
  wasm::Group group = wasm::info(op).group;
  return (group == wasm::Group::simd || group == wasm::Group::relaxed_simd) && !wasm::access_log2(wasm::info(op).immediate);
}

}  // namespace mote::oracle
