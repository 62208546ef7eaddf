// Patterns of `files`: "images/**/*.png". '*' and '?' stay within one part of a path, "**" is any number of parts. Tested by
// assets_test.cpp.
#pragma once

#include <string_view>

namespace mote::manifest {

[[nodiscard]] bool is_pattern(std::string_view text);
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view path);
// The folder above all that a pattern can match: "images" of "images/**/*.png"; empty: here.
[[nodiscard]] std::string_view glob_folder(std::string_view pattern);

}  // namespace mote::manifest
