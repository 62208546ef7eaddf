// Aliases: how other runtimes spell what `mote run` can do. Each keeps its owner's order and units, which differ from ours, and is
// put into our own words before it is read. Tested by aliases_test.cpp and tests/cases/aliases.case.
#pragma once

#include "apps/mote/options.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::cli {

struct Alias {
  std::string_view name;   // as its owner writes it, with one dash or two
  std::string_view value;  // what stands behind it; empty: a switch
  std::string_view owner;
  std::string_view means;                                                 // for the help
  Result<std::vector<std::string>> (*translate)(std::string_view value);  // to words of ours; the failure without the name
};

[[nodiscard]] std::span<const Alias> aliases();
// Null: none of that name (without "=VALUE").
[[nodiscard]] const Alias* find_alias(std::string_view name);

}  // namespace mote::cli
