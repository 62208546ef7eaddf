// What was allowed: a policy file, parsed and checked. Deny is the default: a Policy that nothing was read into grants nothing.
//
// One TOML file says all of it. parse() refuses a file with anything wrong in it, and says what, where (FILE:LINE:COLUMN) and what
// was probably meant. A Policy is plain data and immutable once parsed; whoever enforces it asks the questions below. What a
// command line adds can only narrow it: see effective.h. Tested by policy_test.cpp, fuzz/policy.cpp, tests/cases/policy-*.case.
#pragma once

#include "base/toml/values.h"
#include "host/policy/network.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::policy {

inline constexpr uint64_t size_most = 1u << 20;  // bytes of a policy file

// What a refused call does. `log` lets it through.
enum class OnDeny : uint8_t { errno_, trap, log };

// A folder of this machine under a path of the guest's.
struct FolderGrant {
  std::string guest;  // "/data", or "."
  std::string host;   // as the file says; Policy::host_path resolves it
  bool read = false, write = false, create = false;
  std::optional<uint64_t> max_bytes = {}, max_files = {};
  Position at = {};
};

struct Variable {
  enum class Source : uint8_t { fixed, inherited, command_line };
  std::string name;
  Source source = Source::fixed;
  std::string value;  // fixed
  Position at = {};
};

struct Arguments {
  bool are_allowed = false;  // those of the command line
  std::vector<std::string> fixed = {};
  uint64_t max_count = 1'000'000, max_bytes = 1ull << 30;
  Position at = {};
};

// In each, a later mode tells the guest more of this machine than an earlier one.
struct Clock {
  enum class Mode : uint8_t { none, virtual_, coarse, real };
  Mode mode = Mode::none;
  uint64_t resolution_ns = 1'000'000;  // coarse
  int64_t start_ns = 0;                // virtual, since 1970
  Position at = {};
};
struct Random {
  enum class Mode : uint8_t { none, seeded, real };
  Mode mode = Mode::none;
  uint64_t seed = 0;
  Position at = {};
};

struct LimitValue {
  std::string_view name;  // of limit_keys()
  uint64_t value = 0;     // durations in milliseconds
  Position at = {};
};

struct Policy {
  std::string file;  // as it was named
  OnDeny on_deny = OnDeny::errno_;
  bool require_kernel = false;
  std::vector<FolderGrant> folders = {};
  NetRules net = {};
  std::vector<Variable> environment = {};
  Arguments arguments = {};
  Clock clock = {};
  Random random = {};
  std::vector<LimitValue> limits = {};
  std::vector<std::string> imports = {};  // patterns of MODULE.NAME
  Position imports_at = {};               // line 0: the file has no [imports]
  std::vector<std::string> others = {};   // further files that grants come from, as a manifest's own words (Position::file - 1)

  // The grant that governs a guest path: the longest one that is a beginning of it, component by component. Null: none.
  [[nodiscard]] const FolderGrant* folder(std::string_view guest_path) const;
  // Where a grant's folder is: its host path, relative to the folder of the policy file.
  [[nodiscard]] std::string host_path(const FolderGrant& grant) const;
  [[nodiscard]] const Variable* variable(std::string_view name) const;
  [[nodiscard]] std::optional<uint64_t> limit(std::string_view name) const;
  [[nodiscard]] bool allows_import(std::string_view module, std::string_view name) const;
  // "policy.toml:4", for messages that name a rule. A place of another file (Position::file) is one of `others`.
  [[nodiscard]] std::string place(Position at) const;
};

// Errors: bad_input, a line for each thing that is wrong. Never reads another file.
[[nodiscard]] Result<Policy> parse(std::string_view text, std::string file);
// A policy that stands as a table in another file. What is wrong goes to `problems`.
[[nodiscard]] Policy parse(const toml::Node& root, std::string file, toml::Problems& problems);

// What it grants, in plain words, one thing a line.
[[nodiscard]] std::string explain(const Policy& policy);
// The JSON Schema (2020-12) of policy files, as one line of JSON.
[[nodiscard]] std::string schema();
// The same for a policy within another file: that of its table, and what "$defs" it refers to, without braces.
struct SchemaParts {
  std::string table, definitions;
};
[[nodiscard]] SchemaParts schema_parts();
[[nodiscard]] std::string limits_schema();  // of the table [limits] alone

// A pattern of [imports]: "MODULE.NAME", with * for any ending.
[[nodiscard]] bool matches_import(std::string_view pattern, std::string_view import);
[[nodiscard]] bool covers_import(std::string_view pattern, std::string_view other);

[[nodiscard]] std::string_view name(OnDeny on_deny);
[[nodiscard]] std::string_view name(Clock::Mode mode);
[[nodiscard]] std::string_view name(Random::Mode mode);
// "4096 bytes", "64 KiB", "1500 ms".
[[nodiscard]] std::string size_text(uint64_t bytes);
[[nodiscard]] std::string duration_text(uint64_t ms);
using toml::quoted;
// A name from a module, fit for a terminal: without control characters.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace mote::policy
