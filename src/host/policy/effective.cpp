// See effective.h.
#include "host/policy/effective.h"

#include "base/core/format.h"
#include "host/policy/keys.h"

#include <algorithm>
#include <utility>

namespace mote::policy {
namespace {

// Collects what goes too far, and the line that would allow it.
class TooMuch {
 public:
  explicit TooMuch(const Policy& policy) : policy_(policy) {}
  void add(std::string_view asked, std::string_view why, std::string_view line) {
    if (!text_.empty()) text_ += "\nmote: ";
    text_ += format("{}: {} {}; this line would allow it: {}", asked, policy_.file, why, line);
  }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] Error error() const { return {ErrorKind::denied, text_}; }

 private:
  const Policy& policy_;
  std::string text_;
};

std::string folder_line(std::string_view guest, std::string_view host, bool write) {
  return format("[fs] {} = {{ host = {}, read = true{} }}", quoted(guest), quoted(host), write ? ", write = true" : "");
}

bool lies_within(const std::string& path, const std::string& folder) {
  return path == folder || folder == "/" || (path.starts_with(folder) && path[folder.size()] == '/');
}

EffectiveFolder whole(const Policy& policy, const FolderGrant& grant) {
  return {.guest = grant.guest,
          .host = policy.host_path(grant),
          .read = grant.read,
          .write = grant.write,
          .create = grant.create,
          .max_bytes = grant.max_bytes,
          .max_files = grant.max_files,
          .rule = policy.place(grant.at),
          .is_of_policy = true};
}

// A folder of the command line within the grant that governs its guest path.
void add_named(const Policy& policy, const Asked::Folder& asked, const Host& host, Effective& effective, TooMuch& too_much) {
  const FolderGrant* grant = policy.folder(asked.guest);
  const std::string line = folder_line(asked.guest, asked.host, !asked.is_read_only);
  if (grant == nullptr) return too_much.add(asked.flag, format("grants no folder {}", quoted(asked.guest)), line);
  const auto real = host.real_path(asked.host), granted = host.real_path(policy.host_path(*grant));
  // What is missing is told by whoever opens it.
  if (real && granted && !lies_within(*real, *granted)) {
    return too_much.add(asked.flag,
                        format("grants {} from {} (line {}), within which {} does not lie", quoted(grant->guest),
                               quoted(grant->host), grant->at.line, quoted(asked.host)),
                        line);
  }
  if (!grant->read)
    return too_much.add(asked.flag, format("does not let {} be read (line {})", quoted(grant->guest), grant->at.line), line);
  if (!asked.is_read_only && !grant->write) {
    return too_much.add(
        asked.flag, format("lets {} be read only (line {}; say {}:ro)", quoted(grant->guest), grant->at.line, asked.flag), line);
  }
  EffectiveFolder folder = whole(policy, *grant);
  folder.guest = asked.guest;
  folder.host = asked.host;
  if (asked.is_read_only && grant->write) {
    folder.write = folder.create = false;
    folder.rule = asked.flag;
    folder.is_of_policy = false;
  }
  effective.folders.push_back(std::move(folder));
}

void add_folders(const Policy& policy, const Asked& asked, const Host& host, Effective& effective, TooMuch& too_much) {
  if (asked.folders.empty()) {
    for (const FolderGrant& grant : policy.folders) effective.folders.push_back(whole(policy, grant));
  }
  for (const Asked::Folder& folder : asked.folders) add_named(policy, folder, host, effective, too_much);
}

// The value that the policy itself gives a variable; nothing when it gives none.
std::optional<std::string> own_value(const Variable& variable, const Host& host) {
  switch (variable.source) {
    case Variable::Source::fixed:
      return variable.value;
    case Variable::Source::inherited:
      return host.variable(variable.name);
    case Variable::Source::command_line:
      break;
  }
  return std::nullopt;
}

void add_environment(const Policy& policy, const Asked& asked, const Host& host, Effective& effective, TooMuch& too_much) {
  for (const Variable& variable : policy.environment) {
    if (const auto value = own_value(variable, host)) effective.environment.push_back(variable.name + "=" + *value);
  }
  for (const std::string& item : asked.environment) {
    const std::string name = item.substr(0, item.find('=')), value = item.substr(std::min(name.size() + 1, item.size()));
    const Variable* variable = policy.variable(name);
    const std::string line = format("[env] {} = {{ allow = true }}", name);
    if (variable == nullptr) {
      too_much.add("--env " + name, "names no such variable", line);
    } else if (variable->source == Variable::Source::command_line) {
      std::erase_if(effective.environment, [&](const std::string& other) { return other.starts_with(name + "="); });
      effective.environment.push_back(item);
    } else if (own_value(*variable, host) != value) {
      too_much.add("--env " + name, format("gives it another value (line {})", variable->at.line), line);
    }
  }
}

void add_arguments(const Policy& policy, const Asked& asked, Effective& effective, TooMuch& too_much) {
  const Arguments& rule = policy.arguments;
  effective.arguments = rule.fixed;
  if (asked.arguments.empty()) return;
  uint64_t bytes = 0;
  for (const std::string& argument : asked.arguments) bytes += argument.size() + 1;
  if (!rule.are_allowed) {
    too_much.add(format("argument {}", quoted(asked.arguments[0])), "allows no arguments", "[args] allow = true");
  } else if (asked.arguments.size() > rule.max_count) {
    too_much.add(format("{} arguments", asked.arguments.size()), format("allows {}", rule.max_count),
                 format("[args] max_count = {}", asked.arguments.size()));
  } else if (bytes > rule.max_bytes) {
    too_much.add(format("{} bytes of arguments", bytes), format("allows {}", rule.max_bytes),
                 format("[args] max_bytes = {}", bytes));
  }
  effective.arguments.insert(effective.arguments.end(), asked.arguments.begin(), asked.arguments.end());
}

// A value as a policy writes it.
std::string value_text(std::string_view name, uint64_t value) {
  const auto limits = limit_keys();
  const auto known = std::ranges::find(limits, name, &LimitKey::name);
  return known != limits.end() && known->type == KeyType::duration ? format("\"{}ms\"", value) : format("{}", value);
}

void add_limits(const Policy& policy, const Asked& asked, Effective& effective, TooMuch& too_much) {
  for (const LimitValue& limit : policy.limits) {
    const auto said = std::ranges::find(asked.limits, limit.name, &Asked::Limit::name);
    if (said == asked.limits.end()) {
      effective.limits.push_back({std::string(limit.name), limit.value});
    } else if (said->value > limit.value) {
      too_much.add(format("-W {}={}", limit.name, said->value),
                   format("allows {} (line {})", value_text(limit.name, limit.value), limit.at.line),
                   format("[limits] {} = {}", limit.name, value_text(limit.name, said->value)));
    }
  }
}

}  // namespace

Result<Effective> intersect(const Policy& policy, const Asked& asked, const Host& host) {
  Effective effective;
  TooMuch too_much(policy);
  add_folders(policy, asked, host, effective, too_much);
  add_environment(policy, asked, host, effective, too_much);
  add_arguments(policy, asked, effective, too_much);
  add_limits(policy, asked, effective, too_much);
  if (!too_much.empty()) return std::unexpected(too_much.error());
  return effective;
}

}  // namespace mote::policy
