// SARIF 2.1.0, the format in which code hosts take findings: one run of `mote policy check` or `mote check`. OASIS, "Static
// Analysis Results Interchange Format (SARIF) Version 2.1.0". Tested by tests/cases/policy-sarif.case, manifest-check.case.
#pragma once

#include "apps/mote/command_policy.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mote::cli {

// One finding: in a file of text, or at a byte of a module with the calls that lead there.
struct SarifResult {
  const policy::Rule* rule = nullptr;  // one of those that are handed in
  std::string message;
  std::string file;
  policy::Position at = {};
  std::optional<uint64_t> offset = {};
  std::vector<ReachStep> path = {};
};
[[nodiscard]] std::string sarif(std::string_view tool, const std::vector<const policy::Rule*>& rules,
                                std::span<const SarifResult> results);

// The findings of a module against a policy; `about` comes before each message.
void add_results(std::vector<SarifResult>& results, const std::string& module_path, const policy::Policy& policy,
                 const ModuleUse& module, const policy::Report& report, std::string_view about);
[[nodiscard]] std::string sarif(const std::string& module_path, const policy::Policy& policy, const ModuleUse& module,
                                const policy::Report& report);

}  // namespace mote::cli
