// See check.h.
#include "host/policy/check.h"

#include "base/core/format.h"

#include <algorithm>
#include <array>

namespace mote::policy {
namespace {

constexpr std::array rule_table = {
    Rule{"MOTE001", "import-not-allowed",
         "A module has an import that the policy's [imports] does not allow, so it cannot be linked.", Level::error},
    Rule{"MOTE002", "capability-not-granted", "Code that can be reached calls a function that the policy refuses.", Level::error},
    Rule{"MOTE003", "unknown-function", "WASI preview 1 has no such function, so the module cannot be linked.", Level::error},
    Rule{"MOTE004", "grant-unused", "The policy grants what no code that can be reached is able to use.", Level::warning},
    Rule{"MOTE005", "nothing-given", "The module asks for arguments or variables, of which the policy gives none; no call fails.",
         Level::note},
};

std::optional<Position> folder_with(const Policy& policy, bool FolderGrant::* right) {
  const auto found = std::ranges::find(policy.folders, true, right);
  return found == policy.folders.end() ? std::nullopt : std::optional(found->at);
}

std::string_view words(ExternKind kind) {
  switch (kind) {
    case ExternKind::func:
      return "function";
    case ExternKind::table:
      return "table";
    case ExternKind::memory:
      return "memory";
    case ExternKind::global:
      return "global";
    case ExternKind::tag:
      return "tag";
  }
  return "";
}

class Checker {
 public:
  Checker(const Policy& policy, std::span<const ImportUse> uses) : policy_(policy), uses_(uses) {}

  Report run() {
    for (size_t i = 0; i < uses_.size(); ++i) report_.imports.push_back(judge(uses_[i], i));
    find_unused();
    std::ranges::stable_sort(report_.findings, {}, [](const Finding& finding) { return finding.level(); });
    return std::move(report_);
  }

 private:
  void find(RuleIndex rule, std::optional<size_t> import, Position at, std::string message) {
    report_.findings.push_back({rule, std::move(message), import, at});
  }

  JudgedImport judge(const ImportUse& use, size_t index) {
    const std::string shown = printable(format("{}.{}", use.module, use.name));
    JudgedImport judged{.need = Need::other, .words = format("a {} of the embedder's", words(use.kind))};
    const bool is_allowed = policy_.allows_import(use.module, use.name);
    if (!is_allowed) {
      find(RuleIndex::import_not_allowed, index, policy_.imports_at,
           format("{} is not among the allowed imports, and a module with it cannot be linked; [imports] allow = [\"{}\"] would "
                  "allow it",
                  shown, shown));
    }
    if (!is_wasi(use.module) || use.kind != ExternKind::func) {
      judged.is_granted = is_allowed;
      judged.by = policy_.imports_at;
      return judged;
    }
    const auto known = capability(use.name);
    if (!known) {
      if (is_allowed)
        find(RuleIndex::unknown_function, index, {}, format("{} is no function of WASI preview 1; check the toolchain", shown));
      judged.words = "no function of WASI preview 1";
      return judged;
    }
    judged.need = known->need;
    judged.words = known->words;
    const auto by = granted_by(policy_, known->need);
    judged.is_granted = is_allowed && by;
    judged.by = by.value_or(Position{});
    if (by || !use.is_reachable) return judged;
    if (known->need == Need::arguments || known->need == Need::environment) {
      find(RuleIndex::nothing_given, index, {},
           format("{} {}, and the policy gives none; {} would", shown, known->words, example(known->need)));
    } else {
      find(RuleIndex::capability_not_granted, index, {},
           format("{} {}, which the policy refuses; {} would grant it", shown, known->words, example(known->need)));
    }
    return judged;
  }

  // Whether any of these functions is reached.
  [[nodiscard]] bool uses_any(std::initializer_list<std::string_view> names) const {
    return std::ranges::any_of(uses_, [&](const ImportUse& use) {
      return use.is_reachable && is_wasi(use.module) && std::ranges::find(names, use.name) != names.end();
    });
  }
  [[nodiscard]] bool uses_need(Need need) const {
    return std::ranges::any_of(uses_, [&](const ImportUse& use) {
      const auto known = is_wasi(use.module) && use.is_reachable ? capability(use.name) : std::nullopt;
      return known && known->need == need;
    });
  }
  void unused(Position at, std::string what) {
    find(RuleIndex::grant_unused, std::nullopt, at, format("{}, but nothing that can be reached is able to use it", what));
  }

  void find_unused() {
    // Whatever begins with a path may be a reading one; a file that is open for writing is written by the same fd_write as a
    // stream.
    const bool opens = uses_any({"path_open"});
    const bool touches = opens || uses_need(Need::folder) || uses_need(Need::creating) || uses_any({"path_filestat_set_times"});
    const bool writes = uses_any({"path_filestat_set_times"}) || uses_need(Need::creating) ||
                        (opens && (uses_any({"fd_write"}) || uses_need(Need::writing)));
    const bool creates = opens || uses_need(Need::creating);
    for (const FolderGrant& grant : policy_.folders) {
      const std::string folder = quoted(grant.guest);
      if (!touches)
        unused(grant.at, format("the folder {} is granted", folder));
      else if (grant.write && !writes)
        unused(grant.at, format("the folder {} is granted with write", folder));
      else if (grant.create && !creates)
        unused(grant.at, format("the folder {} is granted with create", folder));
    }
    find_unused_network();
    const bool has_environment = uses_need(Need::environment), has_arguments = uses_need(Need::arguments);
    for (const Variable& variable : policy_.environment) {
      if (!has_environment) unused(variable.at, format("the variable {} is given", quoted(variable.name)));
    }
    if (granted_by(policy_, Need::arguments) && !has_arguments) unused(policy_.arguments.at, "arguments are given");
    if (policy_.clock.mode != Clock::Mode::none && !uses_need(Need::clock) && !uses_any({"poll_oneoff"}))
      unused(policy_.clock.at, "a clock is granted");
    if (policy_.random.mode != Random::Mode::none && !uses_need(Need::random))
      unused(policy_.random.at, "random numbers are granted");
    for (const std::string& pattern : policy_.imports) {
      const bool is_used = policy_.imports_at.line == 0 || std::ranges::any_of(uses_, [&](const ImportUse& use) {
                             return matches_import(pattern, format("{}.{}", use.module, use.name));
                           });
      if (!is_used)
        find(RuleIndex::grant_unused, std::nullopt, policy_.imports_at,
             format("imports {} are allowed, but the module has none", quoted(pattern)));
    }
  }

  // Preview 1 accepts connections and makes none.
  void find_unused_network() {
    const bool listens = uses_need(Need::listening);
    for (const NetRule& rule : policy_.net.listen) {
      if (!listens) unused(rule.at, format("listening is granted ({})", rule.text()));
    }
    for (const NetRule& rule : policy_.net.outbound) unused(rule.at, format("an outbound connection is granted ({})", rule.text()));
    for (const std::string& pattern : policy_.net.lookup) unused({}, format("looking up {} is granted", quoted(pattern)));
  }

  const Policy& policy_;
  std::span<const ImportUse> uses_;
  Report report_;
};

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::error:
      return "error";
    case Level::warning:
      return "warning";
    case Level::note:
      return "note";
  }
  return "";
}

std::span<const Rule> rules() {
  return rule_table;
}

std::optional<Position> granted_by(const Policy& policy, Need need) {
  switch (need) {
    case Need::nothing:
      return Position{};
    case Need::folder:
      return policy.folders.empty() ? std::nullopt : std::optional(policy.folders.front().at);
    case Need::writing:
      return folder_with(policy, &FolderGrant::write);
    case Need::creating:
      return folder_with(policy, &FolderGrant::create);
    case Need::listening:
      return policy.net.listen.empty() ? std::nullopt : std::optional(policy.net.listen.front().at);
    case Need::connection:
      if (!policy.net.listen.empty()) return policy.net.listen.front().at;
      return policy.net.outbound.empty() ? std::nullopt : std::optional(policy.net.outbound.front().at);
    case Need::arguments:
      return policy.arguments.are_allowed || !policy.arguments.fixed.empty() ? std::optional(policy.arguments.at) : std::nullopt;
    case Need::environment:
      return policy.environment.empty() ? std::nullopt : std::optional(policy.environment.front().at);
    case Need::clock:
      return policy.clock.mode == Clock::Mode::none ? std::nullopt : std::optional(policy.clock.at);
    case Need::random:
      return policy.random.mode == Random::Mode::none ? std::nullopt : std::optional(policy.random.at);
    case Need::other:
      return std::nullopt;
  }
  return std::nullopt;
}

Report check(const Policy& policy, std::span<const ImportUse> uses) {
  return Checker(policy, uses).run();
}

}  // namespace mote::policy
