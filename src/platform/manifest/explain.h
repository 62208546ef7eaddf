// What a manifest runs, and what each of its components may do, in plain words with the line that says so: `mote explain`.
// Tested by tests/cases/manifest-explain.case.
#pragma once

#include "platform/manifest/manifest.h"

#include <span>
#include <string>

namespace mote::manifest {

// `policies`: what each component is granted (grants.h), in their order.
[[nodiscard]] std::string explain(const Manifest& manifest, std::span<const policy::Policy> policies);

}  // namespace mote::manifest
