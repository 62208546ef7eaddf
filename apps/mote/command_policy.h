// The parts of `mote policy`, one file each; command_policy.cpp finds the one that is asked for.
#pragma once

#include "apps/mote/options.h"
#include "host/policy/check.h"
#include "host/policy/policy.h"

#include <mote/reach.h>

#include <span>
#include <string>
#include <vector>

namespace mote::cli {

inline constexpr int status_found = 1;  // a finding, or a widening

// The words of `mote policy`, separated by '|': for its usage and for completion.
inline constexpr std::string_view policy_words = "check|diff|explain|learn|schema";

// A policy file; errors are complete lines.
[[nodiscard]] Result<policy::Policy> read_policy(const std::string& path);

// A module's imports and which of them it can reach, as policies judge them.
struct ModuleUse {
  std::vector<ReachedImport> imports;
  std::vector<policy::ImportUse> uses;  // the same, one for each
};
[[nodiscard]] Result<ModuleUse> module_use(std::span<const uint8_t> wasm);
[[nodiscard]] Result<ModuleUse> read_module_use(const std::string& path);

// How an import is reached: "_start → main → fopen → wasi_snapshot_preview1.path_open".
[[nodiscard]] std::string path_text(const std::vector<ReachStep>& path);

int policy_check(const Options& options, std::span<const std::string> words);
int policy_diff(const Options& options, std::span<const std::string> words);
int policy_explain(const Options& options, std::span<const std::string> words);
int policy_learn(const Options& options, std::span<const std::string> words);
int policy_schema(const Options& options, std::span<const std::string> words);

}  // namespace mote::cli
