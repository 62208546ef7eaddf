// What a manifest is about besides itself: the files that it names, what is in it for nothing. Whether modules may import what they
// do is host/policy/check.h, with the policy of grants.h. Tested by check_test.cpp, tests/cases/manifest-check.case.
#pragma once

#include "host/policy/check.h"
#include "platform/manifest/assets.h"
#include "platform/manifest/manifest.h"

#include <span>
#include <string>
#include <vector>

namespace mote::manifest {

// What may be wrong; the identifiers are part of the SARIF output and do not change.
enum class RuleIndex : uint8_t {
  manifest_invalid,
  file_missing,
  component_unused,
  variable_unused,
  variable_unset,
  digest_differs,
  grants_invalid,
  module_invalid,
  module_elsewhere,
};
[[nodiscard]] std::span<const policy::Rule> rules();

struct Finding {
  RuleIndex rule = RuleIndex::file_missing;
  std::string message;
  Position at = {};       // in the manifest
  std::string file = {};  // another file that it is about; empty: the manifest
  [[nodiscard]] policy::Level level() const { return rules()[static_cast<size_t>(rule)].level; }
};

// In the order of the file. `environment` says which variables have a value.
[[nodiscard]] std::vector<Finding> check(const Manifest& manifest, const Disk& disk, const Lookup& environment);

}  // namespace mote::manifest
