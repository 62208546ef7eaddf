// The image's prologue: what all functions of an image share, at its start: constants and stubs.
//
// Constants are 16-byte vectors (constants.def); code reaches them relative to rip. A stub calls a builtin on the side: it keeps
// every register of the function that called it, so that code off the likely path need not know what is live. Tested by the spec.
#pragma once

#include "engine/code/abi.h"

#include <cstdint>
#include <vector>

namespace mote::baseline::x64 {

// Offsets in the prologue, in the order of constants.def.
enum Constant : uint8_t {
#define MOTE_CONSTANT(name, low, high) name##_index,
#include "engine/baseline/x64/constants.def"
#undef MOTE_CONSTANT
  constant_count,
};
#define MOTE_CONSTANT(name, low, high) inline constexpr uint32_t name = name##_index * 16;
namespace constants {
#include "engine/baseline/x64/constants.def"
}
#undef MOTE_CONSTANT

// The stub of table_get_func, type_matches, out_of_fuel, epoch_reached or struct_new. Before the call two words are pushed: the
// first argument, then the second; the caller drops them. The result is in r11.
[[nodiscard]] uint32_t stub_offset(code::Builtin builtin);
[[nodiscard]] const std::vector<uint8_t>& prologue();  // code and constants, 16-byte aligned

}  // namespace mote::baseline::x64
