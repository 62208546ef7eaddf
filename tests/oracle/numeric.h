// Scalar and vector arithmetic of the oracle: what each numeric instruction means, written down one by one from the
// specification (core/exec/numerics), with nothing shared with the compilers.
#pragma once

#include "engine/wasm/instruction.h"
#include "tests/oracle/value.h"

#include <cmath>
#include <limits>

namespace mote::oracle {

// Numeric instructions on i32, i64, f32 and f64: constants, operators, conversions. `operands` in stack order.
[[nodiscard]] bool is_scalar(wasm::Opcode op);
[[nodiscard]] std::expected<Value, TrapKind> scalar(const wasm::Instruction& instruction, const Value* operands,
                                                    const Rules& rules);

// Vector instructions without memory access. None of them traps.
[[nodiscard]] bool is_vector(wasm::Opcode op);
[[nodiscard]] Value vector(const wasm::Instruction& instruction, const Value* operands, const Rules& rules);

// How many operands the two above take.
[[nodiscard]] uint32_t operand_count(wasm::Opcode op);

// Bits of a float type, and the two NaN patterns that matter.
template <class F>
using BitsOf = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
template <class F>
inline constexpr BitsOf<F> quiet_bit = BitsOf<F>{1} << (std::numeric_limits<F>::digits - 2);
template <class F>
inline constexpr BitsOf<F> canonical_nan =
    ((BitsOf<F>{1} << (sizeof(F) == 4 ? 8 : 11)) - 1) << (std::numeric_limits<F>::digits - 1) | quiet_bit<F>;

// The result of an arithmetic instruction: NaNs become quiet, or canonical where the rules say so.
template <class F>
[[nodiscard]] F arithmetic(F x, const Rules& rules) {
  if (!std::isnan(x)) return x;
  if (rules.canonical_nans) return std::bit_cast<F>(canonical_nan<F>);
  return std::bit_cast<F>(std::bit_cast<BitsOf<F>>(x) | quiet_bit<F>);
}
// fmin and fmax: a NaN operand wins, and -0 is below +0.
template <class F>
[[nodiscard]] F minimum(F a, F b, const Rules& rules) {
  if (std::isnan(a)) return arithmetic(a, rules);
  if (std::isnan(b)) return arithmetic(b, rules);
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class F>
[[nodiscard]] F maximum(F a, F b, const Rules& rules) {
  if (std::isnan(a)) return arithmetic(a, rules);
  if (std::isnan(b)) return arithmetic(b, rules);
  if (a == b) return std::signbit(a) ? b : a;
  return a < b ? b : a;
}
template <class F>
[[nodiscard]] F nearest(F x) {
  return std::nearbyint(x);  // ties to even: the rounding mode is never changed
}
// trunc_sat: toward zero, clamped; NaN is 0.
template <class I, class F>
[[nodiscard]] I saturate(F x) {
  if (std::isnan(x)) return 0;
  F low = static_cast<F>(std::numeric_limits<I>::min());
  F beyond = std::ldexp(F{1}, std::numeric_limits<I>::digits);
  F whole = std::trunc(x);
  if (whole < low) return std::numeric_limits<I>::min();
  if (whole >= beyond) return std::numeric_limits<I>::max();
  return static_cast<I>(whole);
}
template <class F>
[[nodiscard]] F absolute(F x) {
  return std::bit_cast<F>(static_cast<BitsOf<F>>(std::bit_cast<BitsOf<F>>(x) << 1 >> 1));
}
template <class F>
[[nodiscard]] F negated(F x) {
  return std::bit_cast<F>(static_cast<BitsOf<F>>(std::bit_cast<BitsOf<F>>(x) ^ BitsOf<F>{1} << (sizeof(F) * 8 - 1)));
}

}  // namespace mote::oracle
