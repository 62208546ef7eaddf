// Values from and to text: see values.h. Tested by values_test.cpp.
#include "apps/mote/values.h"

#include "base/core/format.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace mote::cli {
namespace {

std::unexpected<Error> refuse(ValKind kind, std::string_view text, std::string_view wanted) {
  return fail(ErrorKind::bad_input, format("\"{}\" is no {}: {}", text, name(kind), wanted));
}

template <class T>
std::optional<T> whole(std::string_view text, int base) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Any number that fits into Unsigned's bits as a signed or as an unsigned one.
template <class Unsigned>
std::optional<Unsigned> integer(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  std::string_view digits = text.substr(is_negative ? 1 : 0);
  const bool is_hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (is_hex) digits.remove_prefix(2);
  if (digits.starts_with('-')) return std::nullopt;
  const auto magnitude = whole<Unsigned>(digits, is_hex ? 16 : 10);
  if (!magnitude) return std::nullopt;
  if (!is_negative) return *magnitude;
  if (*magnitude > Unsigned{1} << (std::numeric_limits<Unsigned>::digits - 1)) return std::nullopt;
  return Unsigned{0} - *magnitude;
}

// Bits of "nan", "nan:0x…" behind an optional sign.
template <class Float, class Bits>
std::optional<Bits> nan_bits(std::string_view text) {
  constexpr int mantissa = std::numeric_limits<Float>::digits - 1;
  constexpr Bits exponent = ((Bits{1} << (sizeof(Bits) * 8 - 1 - mantissa)) - 1) << mantissa;
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (!text.starts_with("nan")) return std::nullopt;
  text.remove_prefix(3);
  Bits payload = Bits{1} << (mantissa - 1);
  if (!text.empty()) {
    if (!text.starts_with(":0x")) return std::nullopt;
    const auto given = whole<Bits>(text.substr(3), 16);
    if (!given || *given == 0 || *given >> mantissa != 0) return std::nullopt;
    payload = *given;
  }
  return (is_negative ? Bits{1} << (sizeof(Bits) * 8 - 1) : Bits{0}) | exponent | payload;
}

template <class Float, class Bits>
std::optional<Float> floating(std::string_view text) {
  if (const auto bits = nan_bits<Float, Bits>(text)) return std::bit_cast<Float>(*bits);
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  Float value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || digits.empty() || std::isnan(value)) return std::nullopt;
  // Out of range leaves the value alone: it is too large or too small to tell apart from infinity or zero.
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error != std::errc()) return std::nullopt;
  return value;
}

Result<Val> v128(std::string_view text) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 34) {
    return refuse(ValKind::v128, text, "0x and up to 32 hexadecimal digits");
  }
  std::string digits(text.substr(2));
  digits.insert(0, 32 - digits.size(), '0');
  const auto high = whole<uint64_t>(std::string_view(digits).substr(0, 16), 16);
  const auto low = whole<uint64_t>(std::string_view(digits).substr(16), 16);
  if (!high || !low) return refuse(ValKind::v128, text, "0x and up to 32 hexadecimal digits");
  return Val::v128(*low, *high);
}

template <class Float, class Bits>
std::string float_text(Float value) {
  if (!std::isnan(value)) return format("{}", value);
  constexpr int mantissa = std::numeric_limits<Float>::digits - 1;
  const Bits bits = std::bit_cast<Bits>(value);
  const Bits payload = bits & ((Bits{1} << mantissa) - 1);
  const std::string_view sign = bits >> (sizeof(Bits) * 8 - 1) ? "-" : "";
  if (payload == Bits{1} << (mantissa - 1)) return format("{}nan", sign);
  return format("{}nan:0x{:x}", sign, payload);
}

}  // namespace

Result<Val> parse_value(ValKind kind, std::string_view text) {
  switch (kind) {
    case ValKind::i32:
      if (const auto value = integer<uint32_t>(text)) return Val(*value);
      return refuse(kind, text, "a whole number from -2147483648 to 4294967295");
    case ValKind::i64:
      if (const auto value = integer<uint64_t>(text)) return Val(*value);
      return refuse(kind, text, "a whole number from -9223372036854775808 to 18446744073709551615");
    case ValKind::f32:
      if (const auto value = floating<float, uint32_t>(text)) return Val(*value);
      return refuse(kind, text, "a number, inf or nan");
    case ValKind::f64:
      if (const auto value = floating<double, uint64_t>(text)) return Val(*value);
      return refuse(kind, text, "a number, inf or nan");
    case ValKind::v128:
      return v128(text);
    case ValKind::funcref:
    case ValKind::externref:
    case ValKind::anyref:
    case ValKind::exnref:
      if (text == "null") return Val::null(kind);
      return refuse(kind, text, "only null can be written on the command line");
  }
  return fail(ErrorKind::internal, "a value of unknown kind");
}

std::string value_text(Val value) {
  switch (value.kind()) {
    case ValKind::i32:
      return format("{}", value.i32());
    case ValKind::i64:
      return format("{}", value.i64());
    case ValKind::f32:
      return float_text<float, uint32_t>(value.f32());
    case ValKind::f64:
      return float_text<double, uint64_t>(value.f64());
    case ValKind::v128:
      return format("0x{:016x}{:016x}", value.high(), value.low());
    case ValKind::funcref:
    case ValKind::externref:
    case ValKind::anyref:
    case ValKind::exnref:
      return value.is_null() ? "null" : name(value.kind());
  }
  return {};
}

}  // namespace mote::cli
