// Reading single values of a policy: ports, and whether a text has its form. Private to this room.
#pragma once

#include "base/toml/values.h"
#include "host/policy/keys.h"
#include "host/policy/network.h"

namespace mote::policy {

using toml::Measure;
using toml::Member;
using toml::Node;
using toml::Problems;
using toml::read_duration_ms;
using toml::read_measure;
using toml::read_size;
using toml::split_choices;

// Each fails with what is wrong with the value, without its place.
[[nodiscard]] Result<std::vector<Ports>> read_ports(const Node& value);
[[nodiscard]] Result<void> check_format(TextFormat format, std::string_view text);

// Checks a table against its keys: unknown keys, types, ranges, forms, what is required. False when something was wrong.
bool check_table(const Node& table, std::string_view what, std::span<const Key> keys, Problems& problems);

}  // namespace mote::policy
