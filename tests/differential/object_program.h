// Programs of exceptions and collected objects: what the oracle does not know, so the tiers are compared with each other.
//
// Structures, arrays and i31 in recursion groups with subtypes, every instruction on them; tags of the module and of the host,
// try_table with every kind of clause, throw, throw_ref, exceptions through calls and through two linked instances. What is made
// in loops is garbage soon, so collections happen; half of the setups collect at every allocation (Setup::zeal). Each function ends
// by adding to a global what `digest` finds: a number made of all fields that are reachable from the globals, so a reference that
// a collection forgot shows.
#pragma once

#include "tests/differential/choices.h"

namespace mote::differential {

// As read_program() reads it.
[[nodiscard]] std::vector<uint8_t> generate_objects(Choices& choices);

}  // namespace mote::differential
