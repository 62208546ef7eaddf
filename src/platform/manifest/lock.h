// mote.lock: which bytes each component's module was, by SHA-256, so that another module under the same name is noticed. One table
// a component, in the order of their names: equal modules give equal files. Tested by lock_test.cpp.
#pragma once

#include "base/toml/document.h"

#include <mote/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace mote::manifest {

struct Lock {
  struct Entry {
    std::string component;
    std::string source;  // as the manifest says
    std::string digest;  // 64 hexadecimal digits
    toml::Position at = {};
  };
  std::string file;  // as it was named
  std::vector<Entry> entries = {};

  [[nodiscard]] const Entry* find(std::string_view component) const;
  // Whether these bytes are what was locked. Fails with what to do: denied when they differ, not_found when the component is not in
  // it.
  [[nodiscard]] Result<void> verify(std::string_view component, std::string_view digest) const;
};

// Errors: bad_input, a line for each thing that is wrong.
[[nodiscard]] Result<Lock> parse_lock(std::string_view text, std::string file);
[[nodiscard]] std::string write(const Lock& lock);

}  // namespace mote::manifest
