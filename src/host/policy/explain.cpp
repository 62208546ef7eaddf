// What a policy grants, in plain words: `mote policy explain`. See policy.h.
#include "base/core/format.h"
#include "host/policy/keys.h"
#include "host/policy/policy.h"

#include <algorithm>

namespace mote::policy {
namespace {

std::string rights(const FolderGrant& grant) {
  std::string text;
  const auto add = [&](std::string_view word) { text += (text.empty() ? "" : ", ") + std::string(word); };
  if (grant.read) add("read and list");
  if (grant.write) add("change the content of files");
  if (grant.create) add("make, rename and remove files and folders");
  if (grant.max_bytes) add(format("at most {} in all", size_text(*grant.max_bytes)));
  if (grant.max_files) add(format("at most {} new files and folders", *grant.max_files));
  return text;
}

// "line 4"; of another file, "mote.toml:4".
std::string where(const Policy& policy, Position at) {
  if (at.line == 0) return "by default";
  return at.file == 0 ? format("line {}", at.line) : policy.place(at);
}

std::string folders_text(const Policy& policy) {
  if (policy.folders.empty()) return "Files: none.\n";
  std::string text = "Files:\n";
  for (const FolderGrant& grant : policy.folders) {
    text += format("  {} ({}) is the folder {} of this machine: {}.\n", quoted(grant.guest), where(policy, grant.at),
                   quoted(policy.host_path(grant)), rights(grant));
  }
  return text;
}

std::string network_text(const Policy& policy) {
  const NetRules& net = policy.net;
  if (net.outbound.empty() && net.listen.empty() && net.lookup.empty()) return "Network: none.\n";
  std::string text = "Network:\n";
  for (const NetRule& rule : net.outbound) text += format("  connect or send: {} ({}).\n", rule.text(), where(policy, rule.at));
  for (const NetRule& rule : net.listen) text += format("  accept or receive: {} ({}).\n", rule.text(), where(policy, rule.at));
  for (const std::string& name : net.lookup) text += format("  look up: {}.\n", name == "*" ? "any name" : name);
  const bool follows_names = std::ranges::any_of(net.outbound, [](const NetRule& rule) { return !rule.block; });
  if (follows_names)
    text +=
        "  A name that leads to a loopback, link-local, private, metadata or other special address is refused, unless its rule "
        "names that class.\n";
  return text;
}

std::string environment_text(const Policy& policy) {
  if (policy.environment.empty()) return "Environment: empty.\n";
  std::string text = "Environment:\n";
  for (const Variable& variable : policy.environment) {
    text += format("  {} ", variable.name);
    switch (variable.source) {
      case Variable::Source::fixed:
        text += format("is {}", quoted(variable.value));
        break;
      case Variable::Source::inherited:
        text += "is handed on from this process";
        break;
      case Variable::Source::command_line:
        text += "is what the command line says";
        break;
    }
    text += format(" ({}).\n", where(policy, variable.at));
  }
  return text;
}

std::string arguments_text(const Arguments& arguments) {
  std::string text = "Arguments:";
  for (const std::string& one : arguments.fixed) text += " " + quoted(one);
  if (!arguments.are_allowed) return text + (arguments.fixed.empty() ? " none but the program's name.\n" : " and no others.\n");
  text += arguments.fixed.empty() ? " those of the command line" : " and those of the command line";
  return text + format(", at most {} with {} in all.\n", arguments.max_count, size_text(arguments.max_bytes));
}

std::string clock_text(const Clock& clock) {
  switch (clock.mode) {
    case Clock::Mode::none:
      return "Clock: none; reading one is refused.\n";
    case Clock::Mode::virtual_:
      return format("Clock: virtual, from {} seconds after 1970 on; it tells nothing of this machine.\n",
                    clock.start_ns / 1'000'000'000);
    case Clock::Mode::coarse:
      return format("Clock: the real one in steps of {}.\n", duration_text(clock.resolution_ns / 1'000'000));
    case Clock::Mode::real:
      return "Clock: the real one.\n";
  }
  return {};
}

std::string random_text(const Random& random) {
  switch (random.mode) {
    case Random::Mode::none:
      return "Random numbers: none; asking for some is refused.\n";
    case Random::Mode::seeded:
      return format("Random numbers: the same each time, from seed {}; they protect no secret.\n", random.seed);
    case Random::Mode::real:
      return "Random numbers: real ones.\n";
  }
  return {};
}

std::string limits_text(const Policy& policy) {
  std::string text = "Limits:\n";
  for (const LimitKey& key : limit_keys()) {
    const auto set = policy.limit(key.name);
    const uint64_t value = set.value_or(key.standard);
    const std::string number = key.type == KeyType::size       ? size_text(value)
                               : key.type == KeyType::duration ? duration_text(value)
                                                               : format("{}", value);
    const auto said = std::ranges::find(policy.limits, key.name, &LimitValue::name);
    text += format("  {}: {} ({})\n", key.name, !set && key.standard == 0 ? "unlimited" : number,
                   set ? where(policy, said->at) : "by default");
  }
  return text;
}

std::string refusal_text(const Policy& policy) {
  std::string text;
  switch (policy.on_deny) {
    case OnDeny::errno_:
      text = "A refused call returns the errno that its interface names.\n";
      break;
    case OnDeny::trap:
      text = "A refused call ends the guest with a trap.\n";
      break;
    case OnDeny::log:
      text = "A refused call is logged AND LET THROUGH: this policy protects nothing, and needs --allow-unsafe-policy.\n";
      break;
  }
  if (policy.require_kernel) text += "It runs only where the kernel enforces this as a second wall.\n";
  return text;
}

}  // namespace

std::string explain(const Policy& policy) {
  std::string text = format("{} grants a guest its own standard streams and, besides:\n\n", policy.file);
  text += folders_text(policy) + network_text(policy) + environment_text(policy) + arguments_text(policy.arguments);
  text += clock_text(policy.clock) + random_text(policy.random) + limits_text(policy);
  text += "Imports:";
  for (const std::string& pattern : policy.imports) text += format(" {}", pattern);
  text += policy.imports.empty() ? " none.\n" : "\n";
  return text + "\n" + refusal_text(policy);
}

}  // namespace mote::policy
