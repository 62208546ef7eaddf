// Running functions: see interpret.cpp.
#pragma once

#include "tests/oracle/store.h"

namespace mote::oracle {

// Deeper calls trap with call_stack_exhausted. Engines count bytes, so where exactly they stop is their own matter.
inline constexpr size_t max_frames = 12'000;
inline constexpr size_t max_values = 4'000'000;

[[nodiscard]] Outcome<std::vector<Value>> interpret(Store& store, Func& func, std::span<const Value> args);

}  // namespace mote::oracle
