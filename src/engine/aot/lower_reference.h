// What numeric and vector instructions do, in plain C++: the expectation that lower_test.cpp holds generated code against.
// Written from the specification (core/exec/numerics), lane by lane, without looking at how the compiler does it.
#pragma once

#include "engine/code/abi.h"
#include "engine/code/codegen_key.h"
#include "engine/wasm/instruction.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace mote::aot {

// A value of any type, in its low bytes; or a vector.
struct Bits {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Bits&) const = default;
};

struct Expected {
  std::optional<code::TrapCode> trap = {};
  Bits bits;
  // Lanes of this width are results of floating-point arithmetic: where `bits` has a NaN, any quiet NaN will do. 0: exact bits.
  uint32_t arithmetic_lanes = 0;
};

[[nodiscard]] Expected reference(const code::CodegenKey& key, const wasm::Instruction& instruction, std::span<const Bits> operands);

}  // namespace mote::aot
