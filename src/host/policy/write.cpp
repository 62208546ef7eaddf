// A policy as the text of a file: see toml() in learn.h. Tested by learn_test.cpp: parse() reads the same from it.
#include "base/core/format.h"
#include "base/core/time.h"
#include "host/policy/keys.h"
#include "host/policy/learn.h"

#include <algorithm>

namespace mote::policy {
namespace {

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return "[" + list + "]";
}

std::string ports_text(const std::vector<Ports>& ports) {
  std::string list;
  for (const Ports& one : ports) {
    if (!list.empty()) list += ", ";
    if (one.first == one.last) {
      list += format("{}", one.first);
    } else {
      list += one == Ports{} ? "\"*\"" : format("\"{}-{}\"", one.first, one.last);
    }
  }
  return "[" + list + "]";
}

std::string classes_text(const AddressClasses& classes) {
  std::string list = classes.text(), text;
  for (const char c : list) text += c == ',' ? std::string("\",") : c == ' ' ? std::string(" \"") : std::string(1, c);
  return "[\"" + text + "\"]";
}

// Lines of a table, written when it has any; each with its count behind it.
class Lines {
 public:
  Lines(std::string_view table, const Seen& seen) : table_(table), seen_(seen) {}
  void add(std::string_view key, std::string_view value, std::string_view comment = "") {
    const bool is_bare = std::ranges::all_of(
        key, [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z' ? true : (c >= '0' && c <= '9') || c == '_' || c == '-'; });
    text_ += format("{} = {}", is_bare && !key.empty() ? std::string(key) : quoted(key), value);
    if (const auto found = seen_.find(format("[{}] {}", table_, key)); found != seen_.end()) {
      text_ += format("  # seen {} time{}", found->second, found->second == 1 ? "" : "s");
    } else if (!comment.empty()) {
      text_ += format("  # {}", comment);
    }
    text_ += "\n";
  }
  void append_to(std::string& file) const {
    if (!text_.empty()) file += format("\n[{}]\n{}", table_, text_);
  }

 private:
  std::string_view table_;
  const Seen& seen_;
  std::string text_;
};

void write_folders(const Policy& policy, const Seen& seen, std::string& file) {
  Lines lines("fs", seen);
  for (const FolderGrant& grant : policy.folders) {
    std::string value = "{ host = " + quoted(grant.host);
    if (grant.read) value += ", read = true";
    if (grant.write) value += ", write = true";
    if (grant.create) value += ", create = true";
    if (grant.max_bytes) value += format(", max_bytes = {}", *grant.max_bytes);
    if (grant.max_files) value += format(", max_files = {}", *grant.max_files);
    lines.add(grant.guest, value + " }");
  }
  lines.append_to(file);
}

std::string rules_text(const std::vector<NetRule>& rules) {
  std::string list;
  for (const NetRule& rule : rules) {
    list += format("  {{ protocol = \"{}\", {} = {}, ports = {}", name(rule.protocol), rule.block ? "cidr" : "host",
                   quoted(rule.block ? rule.block->text() : rule.host), ports_text(rule.ports));
    if (rule.classes != AddressClasses{}) list += ", classes = " + classes_text(rule.classes);
    list += " },\n";
  }
  return "[\n" + list + "]";
}

void write_net(const NetRules& net, const Seen& seen, std::string& file) {
  Lines lines("net", seen);
  if (!net.outbound.empty()) lines.add("outbound", rules_text(net.outbound));
  if (!net.listen.empty()) lines.add("listen", rules_text(net.listen));
  if (!net.lookup.empty()) lines.add("lookup", list_of(net.lookup));
  lines.append_to(file);
}

void write_environment(const Policy& policy, const Seen& seen, std::string& file) {
  Lines lines("env", seen);
  for (const Variable& variable : policy.environment) {
    switch (variable.source) {
      case Variable::Source::fixed:
        lines.add(variable.name, quoted(variable.value));
        break;
      case Variable::Source::inherited:
        lines.add(variable.name, "{ inherit = true }");
        break;
      case Variable::Source::command_line:
        lines.add(variable.name, "{ allow = true }", "offered; whether a guest reads it cannot be seen");
        break;
    }
  }
  lines.append_to(file);
}

void write_arguments(const Arguments& arguments, const Seen& seen, std::string& file) {
  Lines lines("args", seen);
  const Arguments standard;
  if (arguments.are_allowed) lines.add("allow", "true");
  if (!arguments.fixed.empty()) lines.add("fixed", list_of(arguments.fixed));
  if (arguments.max_count != standard.max_count) lines.add("max_count", format("{}", arguments.max_count));
  if (arguments.max_bytes != standard.max_bytes) lines.add("max_bytes", format("{}", arguments.max_bytes));
  lines.append_to(file);
}

void write_effects(const Policy& policy, const Seen& seen, std::string& file) {
  constexpr uint64_t ns_per_ms = 1'000'000;
  Lines clock("clock", seen);
  if (policy.clock.mode != Clock::Mode::none) {
    clock.add("mode", quoted(name(policy.clock.mode)));
    if (policy.clock.mode == Clock::Mode::coarse)
      clock.add("resolution", format("\"{}ms\"", policy.clock.resolution_ns / ns_per_ms));
    if (policy.clock.mode == Clock::Mode::virtual_) clock.add("start", utc_text(policy.clock.start_ns, 9));
  }
  clock.append_to(file);
  Lines random("random", seen);
  if (policy.random.mode != Random::Mode::none) {
    random.add("mode", quoted(name(policy.random.mode)));
    if (policy.random.mode == Random::Mode::seeded) random.add("seed", format("{}", policy.random.seed));
  }
  random.append_to(file);
}

void write_limits(const Policy& policy, const Seen& seen, std::string& file) {
  Lines lines("limits", seen);
  for (const LimitValue& limit : policy.limits) {
    const auto keys = limit_keys();
    const auto key = std::ranges::find(keys, limit.name, &LimitKey::name);
    const bool is_duration = key != keys.end() && key->type == KeyType::duration;
    lines.add(limit.name, is_duration ? format("\"{}ms\"", limit.value) : format("{}", limit.value));
  }
  lines.append_to(file);
}

}  // namespace

std::string toml(const Policy& policy, const Seen& seen) {
  std::string file;
  if (policy.on_deny != OnDeny::errno_) file += format("on_deny = \"{}\"\n", name(policy.on_deny));
  if (policy.require_kernel) file += "require_kernel = true\n";
  write_folders(policy, seen, file);
  write_net(policy.net, seen, file);
  write_environment(policy, seen, file);
  write_arguments(policy.arguments, seen, file);
  write_effects(policy, seen, file);
  write_limits(policy, seen, file);
  Lines imports("imports", seen);
  std::string list;
  for (const std::string& import : policy.imports) list += format("  {},\n", quoted(import));
  if (!list.empty()) imports.add("allow", "[\n" + list + "]");
  imports.append_to(file);
  return file.starts_with('\n') ? file.substr(1) : file;
}

}  // namespace mote::policy
