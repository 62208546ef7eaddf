// Which instructions the generator makes: one that it never makes is tested by nobody.
#pragma once

#include <cstdint>
#include <string>

namespace mote::differential {

// Makes the programs of so many seeds and walks them. Empty when every instruction that both tiers run was made and can be reached
// in some program, else the names of those that were not.
[[nodiscard]] std::string survey(uint64_t seeds);

}  // namespace mote::differential
