// Every word that a manifest may have, as one table: see base/toml/shape.h. Private to this room. Tested by manifest_test.cpp, and
// by tests/cases/manifest-schema.case (parser and schema agree).
#pragma once

#include "base/toml/shape.h"

namespace mote::manifest {

[[nodiscard]] const toml::Shape& root_shape();

// The limits of a component that policies do not have: rows of "limits" besides theirs.
[[nodiscard]] std::span<const toml::Key> own_limit_keys();

// Forms of texts. Each fails with what is wrong.
[[nodiscard]] Result<void> check_component_id(std::string_view text);
[[nodiscard]] Result<void> check_listen(std::string_view text);
[[nodiscard]] Result<void> check_topic_filter(std::string_view text);
[[nodiscard]] Result<void> check_topic(std::string_view text);

}  // namespace mote::manifest
