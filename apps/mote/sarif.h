// SARIF 2.1.0, the format in which code hosts take findings: one run of `mote policy check`. OASIS, "Static Analysis Results
// Interchange Format (SARIF) Version 2.1.0". Tested by tests/cases/policy-sarif.case.
#pragma once

#include "apps/mote/command_policy.h"

#include <string>

namespace mote::cli {

[[nodiscard]] std::string sarif(const std::string& module_path, const std::string& policy_path, const ModuleUse& module,
                                const policy::Report& report);

}  // namespace mote::cli
