// Values as text: the arguments of --invoke, by the function's type, and its results.
#pragma once

#include <mote/result.h>
#include <mote/value.h>

#include <string>
#include <string_view>

namespace mote::cli {

// Integers: decimal of either sign, or 0x…; floats: decimal, inf, nan, nan:0x…; v128: 0x and up to 32 digits; references: null.
[[nodiscard]] Result<Val> parse_value(ValKind kind, std::string_view text);
// Integers signed; floats in the shortest form that reads back; v128 as 0x and 32 digits.
[[nodiscard]] std::string value_text(Val value);

}  // namespace mote::cli
