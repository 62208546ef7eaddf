// Whether a definition may stand for an import. Spec: core/valid/matching (external types). Tested by instantiate_test.cpp.
#pragma once

#include "engine/runtime/instantiate.h"

#include <optional>
#include <string>

namespace mote::runtime {

// Nothing when import `index` of the module may be `value`; otherwise the error, with both types where there are two.
[[nodiscard]] std::optional<Error> find_mismatch(const Module& module, size_t index, const ImportValue& value);

}  // namespace mote::runtime
