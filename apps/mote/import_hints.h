// What a missing import is, and what could provide it: the question that stops most newcomers.
#pragma once

#include <mote/engine.h>

#include <string>
#include <string_view>
#include <vector>

namespace mote::cli {

// A sentence for an import that this build does not provide; never empty.
[[nodiscard]] std::string import_hint(std::string_view module, std::string_view name);

// The message for a module some of whose imports are missing: the first by name and type with its hint, and how many more.
// Empty when none is missing.
[[nodiscard]] std::string missing_imports_text(const std::vector<ImportInfo>& imports);

}  // namespace mote::cli
