// What a guest gets: a policy, narrowed by a command line. A command line that names more than the policy is refused, with the line
// of the policy that would allow it.
//
// Of folders: none named means all of the policy's; named ones must lie within them, and get what both allow. The policy's
// variables and fixed arguments are always there; further ones only where it lets the command line add them. Of limits the smaller
// one holds. Tested by effective_test.cpp, tests/cases/policy-run.case.
#pragma once

#include "host/policy/policy.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mote::policy {

// What a command line asks for.
struct Asked {
  struct Folder {
    std::string host, guest;
    bool is_read_only = false;
    std::string flag;  // as it was typed
  };
  struct Limit {
    std::string name;    // of -W
    uint64_t value = 0;  // durations in milliseconds
  };
  std::vector<Folder> folders;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::string> arguments;    // behind the program's name
  std::vector<Limit> limits;             // only those that were said
};

struct EffectiveFolder {
  std::string guest, host;
  bool read = false, write = false, create = false;
  std::optional<uint64_t> max_bytes = {}, max_files = {};
  std::string rule;           // who says so: "policy.toml:4", "--dir d::/data:ro"
  bool is_of_policy = false;  // the line that would widen it belongs into the policy
};
struct EffectiveLimit {
  std::string name;
  uint64_t value = 0;
};

struct Effective {
  std::vector<EffectiveFolder> folders;
  std::vector<std::string> environment;
  std::vector<std::string> arguments;
  std::vector<EffectiveLimit> limits;  // the policy's, as far as the command line does not say less
};

struct Host {
  // The path of a folder without links; nothing when there is none.
  std::function<std::optional<std::string>(const std::string& path)> real_path;
  std::function<std::optional<std::string>(const std::string& name)> variable;
};

// Errors: denied, a line for each thing that goes beyond the policy.
[[nodiscard]] Result<Effective> intersect(const Policy& policy, const Asked& asked, const Host& host);

}  // namespace mote::policy
