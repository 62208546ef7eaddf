// Makes a valid, terminating module and calls into it out of a stream of choices.
//
// Generation follows types: expression(type) emits code that leaves one value of a type, statement() code that leaves nothing, so
// validity needs no repair afterwards; the test asserts that every module validates. Numeric, vector and memory-access
// instructions come from opcodes.def, so a new row is generated as soon as it exists.
#pragma once

#include "tests/differential/choices.h"
#include "tests/differential/program.h"

namespace mote::differential {

struct GeneratorOptions {
  // Where NaN bits that the specification leaves open would be seen by something other than arithmetic, make them canonical first,
  // so that every result is determined. Without it, only engines with canonical NaNs can be compared.
  bool nan_safe = true;
  bool is_large = false;  // hundreds of locals, long functions, deep stacks
};

// A program as read_program() reads it.
[[nodiscard]] std::vector<uint8_t> generate(Choices& choices, GeneratorOptions options);

}  // namespace mote::differential
