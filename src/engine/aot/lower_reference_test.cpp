// See lower_reference.h. Operations are looked up by the part of their name after the lane shape: "add" serves i32.add and
// i8x16.add alike, a scalar being a vector of one lane.
#include "engine/aot/lower_reference.h"

#include "base/core/assert.h"
#include "engine/code/relaxed_simd.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mote::aot {
namespace {

using code::TrapCode;
using std::string_view;

template <class T>
std::array<T, 16 / sizeof(T)> lanes(const Bits& bits) {
  return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bits);
}
template <class T>
T scalar(const Bits& bits) {
  return lanes<T>(bits)[0];
}
template <class T>
Bits pack(const std::array<T, 16 / sizeof(T)>& lanes) {
  return std::bit_cast<Bits>(lanes);
}
template <class T>
Bits one(T value) {
  std::array<T, 16 / sizeof(T)> all{};
  all[0] = value;
  return pack<T>(all);
}

template <class T>
using Unsigned =
    std::conditional_t<sizeof(T) == 1, uint8_t,
                       std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
template <class T>
using Signed = std::make_signed_t<Unsigned<T>>;
using Int128 = __int128;

template <class T>
T clamp_to(Int128 value) {
  if (value < Int128{std::numeric_limits<T>::min()}) return std::numeric_limits<T>::min();
  if (value > Int128{std::numeric_limits<T>::max()}) return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

// Integer operations of one lane; nothing for names that are none.
template <class U>
std::optional<U> integer(string_view name, U a, U b) {
  using S = Signed<U>;
  constexpr int bits = sizeof(U) * 8;
  S sa = static_cast<S>(a), sb = static_cast<S>(b);
  U count = b % bits;
  if (name == "add") return static_cast<U>(a + b);
  if (name == "sub") return static_cast<U>(a - b);
  if (name == "mul") return static_cast<U>(static_cast<uint64_t>(a) * b);
  if (name == "and") return a & b;
  if (name == "or") return a | b;
  if (name == "xor") return a ^ b;
  if (name == "shl") return static_cast<U>(a << count);
  if (name == "shr_u") return static_cast<U>(a >> count);
  if (name == "shr_s") return static_cast<U>(sa >> count);
  if (name == "rotl") return std::rotl(a, static_cast<int>(count));
  if (name == "rotr") return std::rotr(a, static_cast<int>(count));
  if (name == "clz") return static_cast<U>(std::countl_zero(a));
  if (name == "ctz") return static_cast<U>(std::countr_zero(a));
  if (name == "popcnt") return static_cast<U>(std::popcount(a));
  if (name == "extend8_s") return static_cast<U>(static_cast<S>(static_cast<int8_t>(a)));
  if (name == "extend16_s") return static_cast<U>(static_cast<S>(static_cast<int16_t>(a)));
  if (name == "extend32_s") return static_cast<U>(static_cast<S>(static_cast<int32_t>(a)));
  if (name == "abs") return sa < 0 ? static_cast<U>(0 - a) : a;
  if (name == "neg") return static_cast<U>(0 - a);
  if (name == "add_sat_s") return static_cast<U>(clamp_to<S>(Int128{sa} + sb));
  if (name == "add_sat_u") return clamp_to<U>(Int128{a} + b);
  if (name == "sub_sat_s") return static_cast<U>(clamp_to<S>(Int128{sa} - sb));
  if (name == "sub_sat_u") return clamp_to<U>(Int128{a} - b);
  if (name == "min_s") return static_cast<U>(std::min(sa, sb));
  if (name == "min_u") return std::min(a, b);
  if (name == "max_s") return static_cast<U>(std::max(sa, sb));
  if (name == "max_u") return std::max(a, b);
  if (name == "avgr_u") return static_cast<U>((Int128{a} + b + 1) / 2);
  return std::nullopt;
}

template <class U>
std::optional<bool> compare_integers(string_view name, U a, U b) {
  using S = Signed<U>;
  S sa = static_cast<S>(a), sb = static_cast<S>(b);
  if (name == "eqz") return a == 0;
  if (name == "eq") return a == b;
  if (name == "ne") return a != b;
  if (name == "lt_s") return sa < sb;
  if (name == "lt_u") return a < b;
  if (name == "gt_s") return sa > sb;
  if (name == "gt_u") return a > b;
  if (name == "le_s") return sa <= sb;
  if (name == "le_u") return a <= b;
  if (name == "ge_s") return sa >= sb;
  if (name == "ge_u") return a >= b;
  return std::nullopt;
}

template <class F>
std::optional<bool> compare_floats(string_view name, F a, F b) {
  if (name == "eq") return a == b;
  if (name == "ne") return !(a == b);
  if (name == "lt") return a < b;
  if (name == "gt") return a > b;
  if (name == "le") return a <= b;
  if (name == "ge") return a >= b;
  return std::nullopt;
}

template <class F>
F extremum(bool is_min, F a, F b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<F>::quiet_NaN();
  if (a == b) return is_min == std::signbit(a) ? a : b;
  return (a < b) == is_min ? a : b;
}

// Results that obey the rules for NaNs of arithmetic.
template <class F>
std::optional<F> float_arithmetic(string_view name, F a, F b, F c, const code::RelaxedSimd& relaxed) {
  if (name == "add") return a + b;
  if (name == "sub") return a - b;
  if (name == "mul") return a * b;
  if (name == "div") return a / b;
  if (name == "sqrt") return std::sqrt(a);
  if (name == "ceil") return std::ceil(a);
  if (name == "floor") return std::floor(a);
  if (name == "trunc") return std::trunc(a);
  if (name == "nearest") return std::nearbyint(a);
  if (name == "min" || (name == "relaxed_min" && relaxed.fmin == 0)) return extremum(true, a, b);
  if (name == "max" || (name == "relaxed_max" && relaxed.fmax == 0)) return extremum(false, a, b);
  if (name == "relaxed_nmadd") a = -a;
  if (name == "relaxed_madd" || name == "relaxed_nmadd") {
    if (relaxed.fmadd != 0) return std::fma(a, b, c);
    volatile F product = a * b;
    return product + c;
  }
  return std::nullopt;
}

// Bit operations and choices: exact on NaNs too. Only integers move, so that no compiler quiets anything.
template <class F>
std::optional<Unsigned<F>> float_bits(string_view name, Unsigned<F> a, Unsigned<F> b) {
  using U = Unsigned<F>;
  constexpr U sign = U{1} << (sizeof(U) * 8 - 1);
  F x = std::bit_cast<F>(a), y = std::bit_cast<F>(b);
  if (name == "abs") return a & ~sign;
  if (name == "neg") return a ^ sign;
  if (name == "copysign") return (a & ~sign) | (b & sign);
  if (name == "pmin") return y < x ? b : a;
  if (name == "pmax") return x < y ? b : a;
  if (name == "relaxed_min") return x < y ? a : b;
  if (name == "relaxed_max") return x > y ? a : b;
  return std::nullopt;
}

// The integer nearest to zero from `value`, if `To` has it.
template <class To, class F>
std::optional<To> truncate(F value) {
  if (std::isnan(value)) return std::nullopt;
  F whole = std::trunc(value);
  F above = std::ldexp(F{1}, std::numeric_limits<To>::digits);
  F least = std::is_signed_v<To> ? -above : F{0};
  if (whole < least || whole >= above) return std::nullopt;
  return static_cast<To>(whole);
}
template <class To, class F>
To truncate_saturating(F value) {
  if (std::isnan(value)) return 0;
  if (std::optional<To> exact = truncate<To>(value)) return *exact;
  return value < 0 ? std::numeric_limits<To>::min() : std::numeric_limits<To>::max();
}

template <class T>
std::optional<Expected> lane_by_lane(string_view name, std::span<const Bits> operands, uint32_t count,
                                     const code::RelaxedSimd& relaxed) {
  using U = Unsigned<T>;
  constexpr bool is_float = std::is_floating_point_v<T>;
  Expected expected;
  std::array<U, 16 / sizeof(U)> result{};
  bool is_scalar = count == 1;
  for (uint32_t lane = 0; lane < count; ++lane) {
    auto operand = [&](size_t at) { return at < operands.size() ? lanes<U>(operands[at])[lane] : U{}; };
    U a = operand(0), b = operand(1);
    if (name == "shl" || name.starts_with("shr_")) b = static_cast<U>(operands[1].low);  // a scalar for vectors too
    std::optional<bool> truth;
    if constexpr (is_float) {
      truth = compare_floats(name, std::bit_cast<T>(a), std::bit_cast<T>(b));
    } else {
      truth = compare_integers(name, a, b);
    }
    if (truth) {
      if (is_scalar) return Expected{.bits = one<uint32_t>(*truth)};
      result[lane] = *truth ? static_cast<U>(~U{0}) : U{0};
      continue;
    }
    if constexpr (is_float) {
      if (auto value = float_arithmetic(name, std::bit_cast<T>(a), std::bit_cast<T>(b), std::bit_cast<T>(operand(2)), relaxed)) {
        result[lane] = std::bit_cast<U>(*value);
        expected.arithmetic_lanes = sizeof(T) * 8;
      } else if (auto bits = float_bits<T>(name, a, b)) {
        result[lane] = *bits;
      } else {
        return std::nullopt;
      }
    } else if (auto value = integer<U>(name, a, b)) {
      result[lane] = *value;
    } else {
      return std::nullopt;
    }
  }
  expected.bits = pack<U>(result);
  return expected;
}

template <class S>
Expected divide(string_view name, const Bits& x, const Bits& y) {
  using U = std::make_unsigned_t<S>;
  S a = scalar<S>(x), b = scalar<S>(y);
  U ua = scalar<U>(x), ub = scalar<U>(y);
  if (b == 0) return {.trap = TrapCode::integer_divide_by_zero, .bits = {}};
  if (name == "div_u") return {.bits = one<U>(ua / ub)};
  if (name == "rem_u") return {.bits = one<U>(ua % ub)};
  if (b == -1) {
    if (name == "rem_s") return {.bits = {}};
    if (a == std::numeric_limits<S>::min()) return {.trap = TrapCode::integer_overflow, .bits = {}};
  }
  return {.bits = one<S>(name == "div_s" ? a / b : a % b)};
}

template <class To, class From>
Expected convert(string_view name, const Bits& operand) {
  From value = scalar<From>(operand);
  if (name.starts_with("trunc_sat")) return {.bits = one<To>(truncate_saturating<To>(value))};
  if (std::optional<To> exact = truncate<To>(value)) return {.bits = one<To>(*exact)};
  return {.trap = std::isnan(value) ? TrapCode::invalid_conversion_to_integer : TrapCode::integer_overflow, .bits = {}};
}

std::optional<Expected> scalar_conversion(string_view shape, string_view name, const Bits& a) {
  bool is_signed = name.ends_with("_s");
  bool from_f32 = name.find("_f32") != name.npos, from_f64 = name.find("_f64") != name.npos;
  if (name.starts_with("trunc_") && (from_f32 || from_f64)) {
    if (shape == "i32") {
      if (is_signed) return from_f32 ? convert<int32_t, float>(name, a) : convert<int32_t, double>(name, a);
      return from_f32 ? convert<uint32_t, float>(name, a) : convert<uint32_t, double>(name, a);
    }
    if (is_signed) return from_f32 ? convert<int64_t, float>(name, a) : convert<int64_t, double>(name, a);
    return from_f32 ? convert<uint64_t, float>(name, a) : convert<uint64_t, double>(name, a);
  }
  bool is_f32 = shape == "f32";
  auto number = [&](auto value) {
    return Expected{.bits = is_f32 ? one(static_cast<float>(value)) : one(static_cast<double>(value))};
  };
  if (name == "convert_i32_s") return number(scalar<int32_t>(a));
  if (name == "convert_i32_u") return number(scalar<uint32_t>(a));
  if (name == "convert_i64_s") return number(scalar<int64_t>(a));
  if (name == "convert_i64_u") return number(scalar<uint64_t>(a));
  if (name == "demote_f64") return Expected{.bits = one(static_cast<float>(scalar<double>(a))), .arithmetic_lanes = 32};
  if (name == "promote_f32") return Expected{.bits = one(static_cast<double>(scalar<float>(a))), .arithmetic_lanes = 64};
  if (name == "wrap_i64") return Expected{.bits = one(scalar<uint32_t>(a))};
  if (name == "extend_i32_s") return Expected{.bits = one(static_cast<int64_t>(scalar<int32_t>(a)))};
  if (name == "extend_i32_u") return Expected{.bits = one(static_cast<uint64_t>(scalar<uint32_t>(a)))};
  if (name.starts_with("reinterpret")) return Expected{.bits = a};
  return std::nullopt;
}

template <class From, class To>
std::optional<Expected> widen(string_view name, std::span<const Bits> operands) {
  constexpr size_t count = 16 / sizeof(To);
  bool is_high = name.find("_high_") != name.npos;
  auto a = lanes<From>(operands[0]);
  auto b = lanes<From>(operands.size() > 1 ? operands[1] : Bits{});
  std::array<To, count> result{};
  for (size_t lane = 0; lane < count; ++lane) {
    size_t from = lane + (is_high ? count : 0);
    if (name.starts_with("extend_"))
      result[lane] = static_cast<To>(Int128{a[from]});
    else if (name.starts_with("extmul_"))
      result[lane] = static_cast<To>(Int128{a[from]} * b[from]);
    else if (name.starts_with("extadd_"))
      result[lane] = static_cast<To>(Int128{a[lane * 2]} + a[lane * 2 + 1]);
    else if (name.starts_with("dot_"))
      result[lane] = static_cast<To>(Int128{a[lane * 2]} * b[lane * 2] + Int128{a[lane * 2 + 1]} * b[lane * 2 + 1]);
    else
      return std::nullopt;
  }
  return Expected{.bits = pack<To>(result)};
}

template <class From, class To>
Expected narrow(std::span<const Bits> operands) {
  constexpr size_t count = 16 / sizeof(From);
  std::array<To, count * 2> result{};
  for (size_t lane = 0; lane < count * 2; ++lane) result[lane] = clamp_to<To>(lanes<From>(operands[lane / count])[lane % count]);
  return {.bits = pack<To>(result)};
}

std::array<int16_t, 8> dot_bytes(std::span<const Bits> operands, const code::RelaxedSimd& relaxed) {
  auto a = lanes<int8_t>(operands[0]), b = lanes<int8_t>(operands[1]);
  std::array<int16_t, 8> result{};
  for (size_t lane = 0; lane < 8; ++lane) {
    int32_t sum = 0;
    for (size_t at = lane * 2; at < lane * 2 + 2; ++at) sum += a[at] * (relaxed.idot == 0 ? b[at] : static_cast<uint8_t>(b[at]));
    result[lane] = clamp_to<int16_t>(sum);
  }
  return result;
}

template <class T>
Bits lane_access(string_view name, uint32_t lane, std::span<const Bits> operands) {
  std::array<T, 16 / sizeof(T)> all = lanes<T>(operands[0]);
  if (name == "splat")
    all.fill(scalar<T>(operands[0]));
  else if (name == "replace_lane")
    all[lane] = scalar<T>(operands[1]);
  else if (name == "all_true") {
    bool result = true;
    for (T value : all) result &= value != 0;
    return one<uint32_t>(result);
  } else if (name == "bitmask") {
    uint32_t mask = 0;
    for (size_t at = 0; at < all.size(); ++at) mask |= uint32_t{static_cast<Signed<T>>(all[at]) < 0} << at;
    return one(mask);
  } else {
    T value = all[lane];
    if constexpr (sizeof(T) <= 2)
      return name == "extract_lane_s" ? one(int32_t{static_cast<Signed<T>>(value)}) : one(uint32_t{value});
    return one(value);
  }
  return pack<T>(all);
}

Bits shuffle(const wasm::Instruction& instruction, std::span<const Bits> operands) {
  auto indices = lanes<uint8_t>({instruction.low, instruction.high});
  std::array<uint8_t, 16> result{};
  for (size_t lane = 0; lane < 16; ++lane) result[lane] = lanes<uint8_t>(operands[indices[lane] / 16])[indices[lane] % 16];
  return pack<uint8_t>(result);
}

Bits swizzle(std::span<const Bits> operands, uint8_t choice) {
  auto from = lanes<uint8_t>(operands[0]), indices = lanes<uint8_t>(operands[1]);
  std::array<uint8_t, 16> result{};
  for (size_t lane = 0; lane < 16; ++lane) {
    uint8_t index = indices[lane];
    if (index < 16 || (index < 128 && choice == 1)) result[lane] = from[index % 16];
  }
  return pack<uint8_t>(result);
}

template <class T>
Bits lane_select(std::span<const Bits> operands, uint8_t choice) {
  auto a = lanes<T>(operands[0]), b = lanes<T>(operands[1]), mask = lanes<T>(operands[2]);
  for (size_t lane = 0; lane < a.size(); ++lane) {
    T m = mask[lane];
    if (choice == 1) m = static_cast<Signed<T>>(m) < 0 ? static_cast<T>(~T{0}) : T{0};
    a[lane] = static_cast<T>((a[lane] & m) | (b[lane] & ~m));
  }
  return pack<T>(a);
}

Bits truncate_lanes(string_view name, const Bits& operand, const code::RelaxedSimd& relaxed) {
  bool is_signed = name.find("_s") != name.npos && !name.ends_with("_u") && !name.ends_with("_u_zero");
  bool is_indefinite = name.starts_with("relaxed") && is_signed && relaxed.trunc_s == 1;
  std::array<uint32_t, 4> result{};
  auto lane = [&](auto value) {
    if (!is_signed) return truncate_saturating<uint32_t>(value);
    if (is_indefinite) return static_cast<uint32_t>(truncate<int32_t>(value).value_or(std::numeric_limits<int32_t>::min()));
    return static_cast<uint32_t>(truncate_saturating<int32_t>(value));
  };
  for (size_t at = 0; at < (name.ends_with("_zero") ? 2 : 4); ++at) {
    result[at] = name.ends_with("_zero") ? lane(lanes<double>(operand)[at]) : lane(lanes<float>(operand)[at]);
  }
  return pack<uint32_t>(result);
}

Expected convert_lanes(string_view name, const Bits& a) {
  std::array<float, 4> singles{};
  std::array<double, 2> doubles{};
  for (size_t at = 0; at < 4; ++at) {
    singles[at] = name.ends_with("_u") ? static_cast<float>(lanes<uint32_t>(a)[at]) : static_cast<float>(lanes<int32_t>(a)[at]);
  }
  if (name.starts_with("convert_i32x4")) return {.bits = pack<float>(singles)};
  for (size_t at = 0; at < 2; ++at) {
    if (name == "convert_low_i32x4_s") doubles[at] = lanes<int32_t>(a)[at];
    if (name == "convert_low_i32x4_u") doubles[at] = lanes<uint32_t>(a)[at];
    if (name == "promote_low_f32x4") doubles[at] = lanes<float>(a)[at];
  }
  if (name == "demote_f64x2_zero") {
    singles = {static_cast<float>(lanes<double>(a)[0]), static_cast<float>(lanes<double>(a)[1]), 0, 0};
    return {.bits = pack<float>(singles), .arithmetic_lanes = 32};
  }
  return {.bits = pack<double>(doubles), .arithmetic_lanes = name.starts_with("promote") ? 64u : 0};
}

std::optional<Expected> whole_vector(string_view name, std::span<const Bits> v) {
  Bits a = v.empty() ? Bits{} : v[0], b = v.size() > 1 ? v[1] : Bits{};
  if (name == "not") return Expected{.bits = {~a.low, ~a.high}};
  if (name == "and") return Expected{.bits = {a.low & b.low, a.high & b.high}};
  if (name == "andnot") return Expected{.bits = {a.low & ~b.low, a.high & ~b.high}};
  if (name == "or") return Expected{.bits = {a.low | b.low, a.high | b.high}};
  if (name == "xor") return Expected{.bits = {a.low ^ b.low, a.high ^ b.high}};
  if (name == "bitselect") return Expected{.bits = lane_select<uint64_t>(v, 0)};
  if (name == "any_true") return Expected{.bits = one<uint32_t>((a.low | a.high) != 0)};
  return std::nullopt;
}

// Instructions between lanes or lane widths.
std::optional<Expected> vector_only(string_view shape, string_view name, const wasm::Instruction& instruction,
                                    std::span<const Bits> v, const code::RelaxedSimd& relaxed) {
  bool is_signed = name.ends_with("_s");
  if (name == "shuffle") return Expected{.bits = shuffle(instruction, v)};
  if (name == "swizzle") return Expected{.bits = swizzle(v, 0)};
  if (name == "relaxed_swizzle") return Expected{.bits = swizzle(v, relaxed.swizzle)};
  if (name == "narrow_i16x8_s") return narrow<int16_t, int8_t>(v);
  if (name == "narrow_i16x8_u") return narrow<int16_t, uint8_t>(v);
  if (name == "narrow_i32x4_s") return narrow<int32_t, int16_t>(v);
  if (name == "narrow_i32x4_u") return narrow<int32_t, uint16_t>(v);
  if (name.find("trunc_") != name.npos) return Expected{.bits = truncate_lanes(name, v[0], relaxed)};
  if (name.starts_with("convert_") || name.starts_with("promote_") || name.starts_with("demote_")) return convert_lanes(name, v[0]);
  if (name.ends_with("q15mulr_sat_s") || name == "relaxed_q15mulr_s") {
    auto a = lanes<int16_t>(v[0]), b = lanes<int16_t>(v[1]);
    for (size_t lane = 0; lane < 8; ++lane) {
      int32_t product = (a[lane] * b[lane] + 0x4000) >> 15;
      bool wraps = name == "relaxed_q15mulr_s" && relaxed.iq15mulr == 1;
      a[lane] = wraps ? static_cast<int16_t>(product) : clamp_to<int16_t>(product);
    }
    return Expected{.bits = pack<int16_t>(a)};
  }
  if (name == "relaxed_dot_i8x16_i7x16_s") return Expected{.bits = pack<int16_t>(dot_bytes(v, relaxed))};
  if (name == "relaxed_dot_i8x16_i7x16_add_s") {
    auto sums = lanes<uint32_t>(v[2]);
    auto pairs = dot_bytes(v, relaxed);
    for (size_t lane = 0; lane < 4; ++lane) sums[lane] += static_cast<uint32_t>(pairs[lane * 2] + pairs[lane * 2 + 1]);
    return Expected{.bits = pack<uint32_t>(sums)};
  }
  if (name == "relaxed_laneselect") {
    if (shape == "i8x16") return Expected{.bits = lane_select<uint8_t>(v, relaxed.laneselect)};
    if (shape == "i16x8") return Expected{.bits = lane_select<uint16_t>(v, relaxed.laneselect)};
    if (shape == "i32x4") return Expected{.bits = lane_select<uint32_t>(v, relaxed.laneselect)};
    return Expected{.bits = lane_select<uint64_t>(v, relaxed.laneselect)};
  }
  if (name == "splat" || name.ends_with("_lane") || name.find("_lane_") != name.npos || name == "all_true" || name == "bitmask") {
    uint32_t lane = instruction.index;
    if (shape == "i8x16") return Expected{.bits = lane_access<uint8_t>(name, lane, v)};
    if (shape == "i16x8") return Expected{.bits = lane_access<uint16_t>(name, lane, v)};
    if (shape == "i32x4" || shape == "f32x4") return Expected{.bits = lane_access<uint32_t>(name, lane, v)};
    return Expected{.bits = lane_access<uint64_t>(name, lane, v)};
  }
  if (shape == "i16x8" && name.find("i8x16") != name.npos) {
    return is_signed ? widen<int8_t, int16_t>(name, v) : widen<uint8_t, uint16_t>(name, v);
  }
  if (shape == "i32x4" && name.find("i16x8") != name.npos) {
    return is_signed ? widen<int16_t, int32_t>(name, v) : widen<uint16_t, uint32_t>(name, v);
  }
  if (shape == "i64x2" && name.find("i32x4") != name.npos) {
    return is_signed ? widen<int32_t, int64_t>(name, v) : widen<uint32_t, uint64_t>(name, v);
  }
  return std::nullopt;
}

std::optional<Expected> by_shape(string_view shape, string_view name, const wasm::Instruction& instruction, std::span<const Bits> v,
                                 const code::RelaxedSimd& relaxed) {
  if (name == "const") return Expected{.bits = {instruction.low, instruction.high}};
  if (shape == "v128") return whole_vector(name, v);
  if (shape == "i32" || shape == "i64") {
    if (name.starts_with("div_") || name.starts_with("rem_")) {
      return shape == "i32" ? divide<int32_t>(name, v[0], v[1]) : divide<int64_t>(name, v[0], v[1]);
    }
  }
  if (shape.size() == 3) {
    if (auto converted = scalar_conversion(shape, name, v[0])) return converted;
  } else if (auto made = vector_only(shape, name, instruction, v, relaxed)) {
    return made;
  }
  if (shape == "i32") return lane_by_lane<uint32_t>(name, v, 1, relaxed);
  if (shape == "i64") return lane_by_lane<uint64_t>(name, v, 1, relaxed);
  if (shape == "f32") return lane_by_lane<float>(name, v, 1, relaxed);
  if (shape == "f64") return lane_by_lane<double>(name, v, 1, relaxed);
  if (shape == "i8x16") return lane_by_lane<uint8_t>(name, v, 16, relaxed);
  if (shape == "i16x8") return lane_by_lane<uint16_t>(name, v, 8, relaxed);
  if (shape == "i32x4") return lane_by_lane<uint32_t>(name, v, 4, relaxed);
  if (shape == "i64x2") return lane_by_lane<uint64_t>(name, v, 2, relaxed);
  if (shape == "f32x4") return lane_by_lane<float>(name, v, 4, relaxed);
  return lane_by_lane<double>(name, v, 2, relaxed);
}

}  // namespace

Expected reference(const code::CodegenKey& key, const wasm::Instruction& instruction, std::span<const Bits> operands) {
  string_view text = wasm::text(instruction.op);
  size_t dot = text.find('.');
  std::optional<Expected> expected =
      by_shape(text.substr(0, dot), text.substr(dot + 1), instruction, operands, code::relaxed_simd(key));
  ASSERT(expected.has_value());
  return *expected;
}

}  // namespace mote::aot
