// Reading single values of a TOML file, in the units that all our files have. Tested by shape_test.cpp.
#pragma once

#include "base/toml/document.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::toml {

// Each fails with what is wrong with the value, without its place.
[[nodiscard]] Result<uint64_t> read_size(const Node& value);         // 65536, "64K", "16M", "4G"
[[nodiscard]] Result<uint64_t> read_duration_ms(const Node& value);  // "500ms", "2s", "5m", "1h"

// A text of the file, in quotes, fit for a terminal and for TOML.
[[nodiscard]] std::string quoted(std::string_view text);

// The words between '|'.
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view values);

// A number followed by a unit, as in "64K".
struct Measure {
  uint64_t number = 0;
  std::string_view unit;
};
[[nodiscard]] std::optional<Measure> read_measure(std::string_view text);

}  // namespace mote::toml
