// Scalar instructions: see numeric.h. One line per instruction; signed arithmetic is done in unsigned types, where it wraps.
#include "base/core/assert.h"
#include "tests/oracle/numeric.h"

namespace mote::oracle {
namespace {

using wasm::Opcode;
using Outcome = std::expected<Value, TrapKind>;

Outcome trap(TrapKind kind) {
  return std::unexpected(kind);
}

template <class I>
Outcome divide_signed(I a, I b) {
  if (b == 0) return trap(TrapKind::integer_divide_by_zero);
  if (a == std::numeric_limits<I>::min() && b == -1) return trap(TrapKind::integer_overflow);
  return put<I>(a / b);
}
template <class I>
Outcome remainder_signed(I a, I b) {
  if (b == 0) return trap(TrapKind::integer_divide_by_zero);
  return put<I>(b == -1 ? 0 : a % b);
}
template <class U>
Outcome divide_unsigned(U a, U b) {
  if (b == 0) return trap(TrapKind::integer_divide_by_zero);
  return put<U>(a / b);
}
template <class U>
Outcome remainder_unsigned(U a, U b) {
  if (b == 0) return trap(TrapKind::integer_divide_by_zero);
  return put<U>(a % b);
}
template <class I, class F>
Outcome truncate(F x) {
  if (std::isnan(x)) return trap(TrapKind::invalid_conversion_to_integer);
  F whole = std::trunc(x);
  F low = static_cast<F>(std::numeric_limits<I>::min());
  F beyond = std::ldexp(F{1}, std::numeric_limits<I>::digits);
  if (whole < low || whole >= beyond) return trap(TrapKind::integer_overflow);
  return put<I>(static_cast<I>(whole));
}
// Sign extension of the lowest bits; the result keeps the width of `To`.
template <class From, class To>
Value extend(Value value) {
  return put<To>(static_cast<To>(get<From>(value)));
}

// clang-format off: tables, a line or a column for each instruction
// a, b: the operands as type T; the expression's value is converted to R.
#define UNARY(op, T, R, expression)                \
  case Opcode::op: {                               \
    [[maybe_unused]] const T a = get<T>(operands[0]); \
    return put<R>(static_cast<R>(expression));     \
  }
#define BINARY(op, T, R, expression)                \
  case Opcode::op: {                                \
    const T a = get<T>(operands[0]);                \
    const T b = get<T>(operands[1]);                \
    return put<R>(static_cast<R>(expression));      \
  }
#define FALLIBLE(op, T, call)          \
  case Opcode::op: {                   \
    const T a = get<T>(operands[0]);   \
    const T b = get<T>(operands[1]);   \
    return call(a, b);                 \
  }
#define INTEGER(w, S, U)                                                  \
  UNARY(i##w##_eqz, U, uint32_t, a == 0)                                  \
  BINARY(i##w##_eq, U, uint32_t, a == b)                                  \
  BINARY(i##w##_ne, U, uint32_t, a != b)                                  \
  BINARY(i##w##_lt_s, S, uint32_t, a < b)                                 \
  BINARY(i##w##_lt_u, U, uint32_t, a < b)                                 \
  BINARY(i##w##_gt_s, S, uint32_t, a > b)                                 \
  BINARY(i##w##_gt_u, U, uint32_t, a > b)                                 \
  BINARY(i##w##_le_s, S, uint32_t, a <= b)                                \
  BINARY(i##w##_le_u, U, uint32_t, a <= b)                                \
  BINARY(i##w##_ge_s, S, uint32_t, a >= b)                                \
  BINARY(i##w##_ge_u, U, uint32_t, a >= b)                                \
  UNARY(i##w##_clz, U, U, std::countl_zero(a))                            \
  UNARY(i##w##_ctz, U, U, std::countr_zero(a))                            \
  UNARY(i##w##_popcnt, U, U, std::popcount(a))                            \
  BINARY(i##w##_add, U, U, a + b)                                         \
  BINARY(i##w##_sub, U, U, a - b)                                         \
  BINARY(i##w##_mul, U, U, a * b)                                          \
  FALLIBLE(i##w##_div_s, S, divide_signed<S>)                             \
  FALLIBLE(i##w##_div_u, U, divide_unsigned<U>)                           \
  FALLIBLE(i##w##_rem_s, S, remainder_signed<S>)                          \
  FALLIBLE(i##w##_rem_u, U, remainder_unsigned<U>)                        \
  BINARY(i##w##_and, U, U, a & b)                                          \
  BINARY(i##w##_or, U, U, a | b)                                          \
  BINARY(i##w##_xor, U, U, a ^ b)                                         \
  BINARY(i##w##_shl, U, U, a << (b % w))                                  \
  BINARY(i##w##_shr_s, S, S, a >> (static_cast<U>(b) % w))                \
  BINARY(i##w##_shr_u, U, U, a >> (b % w))                                \
  BINARY(i##w##_rotl, U, U, std::rotl(a, static_cast<int>(b % w)))        \
  BINARY(i##w##_rotr, U, U, std::rotr(a, static_cast<int>(b % w)))
#define FLOAT(w, F)                                                       \
  BINARY(f##w##_eq, F, uint32_t, a == b)                                  \
  BINARY(f##w##_ne, F, uint32_t, a != b)                                  \
  BINARY(f##w##_lt, F, uint32_t, a < b)                                   \
  BINARY(f##w##_gt, F, uint32_t, a > b)                                   \
  BINARY(f##w##_le, F, uint32_t, a <= b)                                  \
  BINARY(f##w##_ge, F, uint32_t, a >= b)                                  \
  UNARY(f##w##_abs, F, F, absolute(a))                                    \
  UNARY(f##w##_neg, F, F, negated(a))                                     \
  UNARY(f##w##_ceil, F, F, arithmetic(std::ceil(a), rules))               \
  UNARY(f##w##_floor, F, F, arithmetic(std::floor(a), rules))             \
  UNARY(f##w##_trunc, F, F, arithmetic(std::trunc(a), rules))             \
  UNARY(f##w##_nearest, F, F, arithmetic(nearest(a), rules))              \
  UNARY(f##w##_sqrt, F, F, arithmetic(std::sqrt(a), rules))               \
  BINARY(f##w##_add, F, F, arithmetic(a + b, rules))                      \
  BINARY(f##w##_sub, F, F, arithmetic(a - b, rules))                      \
  BINARY(f##w##_mul, F, F, arithmetic(a * b, rules))                       \
  BINARY(f##w##_div, F, F, arithmetic(a / b, rules))                      \
  BINARY(f##w##_min, F, F, minimum(a, b, rules))                          \
  BINARY(f##w##_max, F, F, maximum(a, b, rules))                          \
  BINARY(f##w##_copysign, F, F, std::signbit(b) ? negated(absolute(a)) : absolute(a))
#define FROM_FLOAT(i, f, S, U, F)                                                                        \
  case Opcode::i##_trunc_##f##_s: return truncate<S>(get<F>(operands[0]));                               \
  case Opcode::i##_trunc_##f##_u: return truncate<U>(get<F>(operands[0]));                               \
  case Opcode::i##_trunc_sat_##f##_s: return put<S>(saturate<S>(get<F>(operands[0])));                   \
  case Opcode::i##_trunc_sat_##f##_u: return put<U>(saturate<U>(get<F>(operands[0])));                   \
  case Opcode::f##_convert_##i##_s: return put<F>(static_cast<F>(get<S>(operands[0])));                  \
  case Opcode::f##_convert_##i##_u: return put<F>(static_cast<F>(get<U>(operands[0])));

}  // namespace

std::expected<Value, TrapKind> scalar(const wasm::Instruction& instruction, const Value* operands, const Rules& rules) {
  switch (instruction.op) {
    case Opcode::i32_const:
    case Opcode::i64_const:
    case Opcode::f32_const:
    case Opcode::f64_const: return Value{instruction.low};
    INTEGER(32, int32_t, uint32_t)
    INTEGER(64, int64_t, uint64_t)
    FLOAT(32, float)
    FLOAT(64, double)
    FROM_FLOAT(i32, f32, int32_t, uint32_t, float)
    FROM_FLOAT(i32, f64, int32_t, uint32_t, double)
    FROM_FLOAT(i64, f32, int64_t, uint64_t, float)
    FROM_FLOAT(i64, f64, int64_t, uint64_t, double)
    UNARY(i32_wrap_i64, uint64_t, uint32_t, a)
    UNARY(f32_demote_f64, double, float, arithmetic(static_cast<float>(a), rules))
    UNARY(f64_promote_f32, float, double, arithmetic(static_cast<double>(a), rules))
    case Opcode::i64_extend_i32_s: return extend<int32_t, int64_t>(operands[0]);
    case Opcode::i64_extend_i32_u: return extend<uint32_t, uint64_t>(operands[0]);
    case Opcode::i32_extend8_s: return extend<int8_t, int32_t>(operands[0]);
    case Opcode::i32_extend16_s: return extend<int16_t, int32_t>(operands[0]);
    case Opcode::i64_extend8_s: return extend<int8_t, int64_t>(operands[0]);
    case Opcode::i64_extend16_s: return extend<int16_t, int64_t>(operands[0]);
    case Opcode::i64_extend32_s: return extend<int32_t, int64_t>(operands[0]);
    case Opcode::i32_reinterpret_f32:
    case Opcode::f32_reinterpret_i32:
    case Opcode::i64_reinterpret_f64:
    case Opcode::f64_reinterpret_i64: return operands[0];
    default: ASSERT(false && "not a scalar instruction"); return Value{};
  }
}
// clang-format on

bool is_scalar(Opcode op) {
  wasm::Group group = wasm::info(op).group;
  return group == wasm::Group::numeric || group == wasm::Group::sign_extension || group == wasm::Group::saturating;
}

uint32_t operand_count(Opcode op) {
  return wasm::info(op).param_count;
}

}  // namespace mote::oracle
