// What a new policy or module may do that an old one may not, and the reverse. Tested by diff_test.cpp.
//
// Two policies are compared grant by grant. Where a module takes part, both sides are compared by what they may or can use: a
// policy by what it grants, a module by what it reaches. In doubt a change is a widening.
#pragma once

#include "host/policy/check.h"
#include "host/policy/policy.h"

#include <span>
#include <string>
#include <vector>

namespace mote::policy {

struct Change {
  enum class Kind : uint8_t { added, widened, narrowed, removed, changed };  // changed: neither more nor less
  Kind kind = Kind::changed;
  std::string what;           // "folder "/data": write"
  std::string before, after;  // empty: not there
};
[[nodiscard]] std::string_view name(Change::Kind kind);
[[nodiscard]] bool is_widening(const Change& change);

// A policy, or the uses of a module.
struct Side {
  const Policy* policy = nullptr;
  std::span<const ImportUse> uses = {};
};
// Widenings first.
[[nodiscard]] std::vector<Change> compare(const Side& before, const Side& after);

}  // namespace mote::policy
