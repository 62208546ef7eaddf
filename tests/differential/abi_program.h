// Programs that do nothing but call: the convention between compilers (engine/code/convention.h), the trampolines and host
// functions.
//
// One random signature, often with more values than registers; a function that makes its results of its parameters and writes all
// of them to memory; and functions of the same type that pass permuted arguments on to the import, to it and to each other, by
// every kind of call. Two instances are linked, so campaigns run them with callers and callees of different tiers.
#pragma once

#include "tests/differential/choices.h"

namespace mote::differential {

// As read_program() reads it.
[[nodiscard]] std::vector<uint8_t> generate_abi(Choices& choices);

}  // namespace mote::differential
