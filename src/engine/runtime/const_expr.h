// Constant expressions: initial values of globals, tables, element segments, and offsets. Spec: core/exec/modules, "constant
// expressions" in core/valid/instructions. Tested by instantiate_test.cpp and tests/spec.
#pragma once

#include "engine/runtime/instance.h"
#include "engine/runtime/stop.h"

namespace mote::runtime {

// Whether evaluating it makes objects; only then can it fail.
[[nodiscard]] bool needs_heap(const wasm::ConstExpr& expr);
// Fails where the heap is at its limit. The instance's imports and the globals that the expression names have their values.
[[nodiscard]] Run<code::Value16> evaluate(Instance& instance, const wasm::ConstExpr& expr);

}  // namespace mote::runtime
