// A module's imports against a policy: what is refused, what is granted in vain. The call graph is the caller's (mote/reach.h).
// Tested by check_test.cpp.
#pragma once

#include "host/policy/capability.h"
#include "host/policy/policy.h"

#include <mote/value.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mote::policy {

// An import, and whether anything that a host can call leads to it.
struct ImportUse {
  std::string module, name;
  ExternKind kind = ExternKind::func;
  bool is_reachable = true;
};

enum class Level : uint8_t { error, warning, note };
[[nodiscard]] std::string_view name(Level level);

// What may be wrong; the identifiers are part of the SARIF output and do not change.
struct Rule {
  std::string_view id, name, help;
  Level level;
};
enum class RuleIndex : uint8_t { import_not_allowed, capability_not_granted, unknown_function, grant_unused, nothing_given };
[[nodiscard]] std::span<const Rule> rules();

struct Finding {
  RuleIndex rule = RuleIndex::import_not_allowed;
  std::string message;
  std::optional<size_t> import;  // index of the one it is about
  Position at = {};              // in the policy; line 0: what is missing there
  [[nodiscard]] Level level() const { return rules()[static_cast<size_t>(rule)].level; }
};

struct JudgedImport {
  Need need = Need::nothing;
  std::string words;        // what the function does
  bool is_granted = false;  // what is unreachable is judged alike, but is no finding
  Position by = {};         // the rule that grants it; line 0: none is needed, or the default
};
struct Report {
  std::vector<JudgedImport> imports;  // one for each use
  std::vector<Finding> findings;      // errors first
};
[[nodiscard]] Report check(const Policy& policy, std::span<const ImportUse> uses);

// The rule of a policy that satisfies a need; nothing when none does.
[[nodiscard]] std::optional<Position> granted_by(const Policy& policy, Need need);

}  // namespace mote::policy
