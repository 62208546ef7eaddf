// From what a run used to the policy that grants it, and no more: `mote policy learn`.
//
// Folders are narrowed to the folders that were used, each with the rights that were used there; nothing is widened to a pattern.
// What several runs used is merged. Pure: who runs the guest is apps/mote/command_policy_learn.cpp. Tested by learn_test.cpp.
#pragma once

#include "host/policy/policy.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mote::policy {

struct Observed {
  static constexpr size_t folders_most = 10'000;  // that are told apart; beyond, what is used counts for the whole offered folder

  struct Use {
    bool read = false, write = false, create = false;
    uint64_t count = 0;
  };
  struct Offered {
    std::string guest, host;
    std::map<std::string, Use> folders = {};  // by the path below it, "" itself
  };
  std::vector<Offered> offered;
  uint64_t clock = 0, random = 0, arguments = 0;  // how often each was asked for
  std::vector<std::string> environment;           // names that were offered: which are used cannot be seen
  std::vector<std::string> imports;               // MODULE.NAME

  // Something was done with the thing of that path (a folder's list: with a slash behind it), within an offered folder.
  void use(std::string_view guest, std::string_view path, bool writes, bool creates);
};

// Whether a folder below an offered one is where its path says, with no link on the way.
using IsPlain = std::function<bool(const std::string& host, const std::string& below)>;

// How often each line of a policy was of use, by table and key: "[fs] /data".
using Seen = std::map<std::string, uint64_t>;

struct Learned {
  Policy policy;
  Seen seen;
};
[[nodiscard]] Learned learn(const Observed& observed, const IsPlain& is_plain);

// What either grants: the rest (network, limits, …) is the old one's.
[[nodiscard]] Policy merge(const Policy& old, const Policy& learned);
// What the comments of a file that toml() wrote say.
[[nodiscard]] Seen seen_in(std::string_view text);
void add(Seen& seen, const Seen& more);

// A policy as a file; parse() reads the same from it.
[[nodiscard]] std::string toml(const Policy& policy, const Seen& seen);

}  // namespace mote::policy
