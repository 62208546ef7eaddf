// From words to Options, by the tables of options.h. Flags stand before the file; what follows belongs to the guest (run) or is a
// file (all others). Values follow as `--env A=1` or `--env=A=1`; groups as `-W fuel=9,max-instances=2` or `-Wfuel=9`.
#pragma once

#include "apps/mote/options.h"

#include <span>
#include <string>
#include <string_view>

namespace mote::cli {

// `command` is the CommandBit whose flags count. Errors are bad_input and name the closest flag.
[[nodiscard]] Result<Options> parse(CommandBit command, std::span<const std::string_view> words);

}  // namespace mote::cli
