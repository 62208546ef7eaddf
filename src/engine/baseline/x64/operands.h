// The part of FuncCompiler that is a template: operands that may stay in memory.
#pragma once

#include "engine/baseline/x64/compiler.h"

namespace mote::baseline::x64 {

template <class With>
void FuncCompiler::with_operand(Value& value, With with) {
  if (is_in_memory(value)) {
    with(memory_of(value));
  } else {
    with(use(value));
  }
}

}  // namespace mote::baseline::x64
