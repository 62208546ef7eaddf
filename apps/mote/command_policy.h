// The parts of `mote policy`, one file each; command_policy.cpp finds the one that is asked for.
#pragma once

#include "apps/mote/options.h"
#include "host/policy/policy.h"

#include <span>
#include <string>

namespace mote::cli {

// The words of `mote policy`, separated by '|': for its usage and for completion.
inline constexpr std::string_view policy_words = "explain|schema";

// A policy file; errors are complete lines.
[[nodiscard]] Result<policy::Policy> read_policy(const std::string& path);

int policy_explain(const Options& options, std::span<const std::string> words);
int policy_schema(const Options& options, std::span<const std::string> words);

}  // namespace mote::cli
