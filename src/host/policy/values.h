// Reading single values of a policy: sizes, durations, ports, and whether a text has its form. Private to this room.
#pragma once

#include "host/policy/document.h"
#include "host/policy/keys.h"
#include "host/policy/network.h"

namespace mote::policy {

// Each fails with what is wrong with the value, without its place.
[[nodiscard]] Result<uint64_t> read_size(const Node& value);         // 65536, "64K", "16M", "4G"
[[nodiscard]] Result<uint64_t> read_duration_ms(const Node& value);  // "500ms", "2s", "5m", "1h"
[[nodiscard]] Result<std::vector<Ports>> read_ports(const Node& value);
[[nodiscard]] Result<void> check_format(TextFormat format, std::string_view text);

// The words between '|'.
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view values);

// Checks a table against its keys: unknown keys, types, ranges, forms, what is required. False when something was wrong.
bool check_table(const Node& table, std::string_view what, std::span<const Key> keys, Problems& problems);

}  // namespace mote::policy
