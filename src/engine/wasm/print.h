// One instruction as the text format writes it: "i32.load offset=8 align=2", "br_table 0 1 2", "call_indirect (type 3)".
//
// Indices are numbers, as in the binary; what is natural or zero by default (alignment, offset, memory 0, table 0 of a call) is
// left out. For listings and messages, not for assembling again: instructions come one by one, without their nesting. Spec:
// core/text/instructions. Tested by print_test.cpp.
#pragma once

#include "engine/wasm/instruction.h"

#include <string>

namespace mote::wasm {

[[nodiscard]] std::string text(const Instruction& instruction);

}  // namespace mote::wasm
