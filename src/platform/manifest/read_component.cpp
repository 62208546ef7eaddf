// One [component.ID], and the fields of any table. See read.h.
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/toml/shape.h"
#include "base/toml/values.h"
#include "host/policy/keys.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/read.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using toml::Member;
using toml::Node;
using toml::Problems;

class ComponentReader {
 public:
  ComponentReader(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  Component read(std::string_view id, Position at, const Node& table) {
    component_.id = id;
    component_.at = at;
    const Fields fields{table};
    fields.read("description", component_.description);
    fields.read("exclude_files", component_.exclude_files);
    read_source(table);
    read_templates(fields.map("environment"), component_.environment);
    read_templates(fields.map("variables"), component_.variables);
    read_files(fields.list("files"));
    read_outbound(fields.list("allowed_outbound_hosts"));
    read_build(fields.map("build"));
    read_policy(table);
    read_limits(fields.map("limits"));
    read_concurrency(fields.map("concurrency"));
    read_crash(fields.map("crash"));
    read_slo(fields.map("slo"));
    if (const Member* isolate = fields.find("isolate", Node::Kind::text)) {
      component_.is_isolated = isolate->value.text == "process";
      component_.isolate_at = isolate->at;
    }
    return std::move(component_);
  }

 private:
  void read_source(const Node& table) {
    const Member* member = table.find("source");
    if (member == nullptr) return;
    Source& source = component_.source;
    source.at = member->at;
    if (member->value.kind == Node::Kind::text) source.path = member->value.text;
    if (member->value.kind != Node::Kind::table) return;
    const Fields fields{member->value};
    fields.read("url", source.url);
    fields.read("digest", source.digest);
    if (const size_t colon = source.digest.find(':'); colon != source.digest.npos) source.digest.erase(0, colon + 1);
  }

  void read_templates(const Member* map, std::vector<NamedTemplate>& out) {
    if (map == nullptr) return;
    for (const Member& one : map->value.members) {
      if (one.value.kind != Node::Kind::text) continue;
      if (auto made = Template::parse(one.value.text)) out.push_back({one.name, *std::move(made), one.at});
    }
  }

  void read_files(const Member* list) {
    if (list == nullptr) return;
    for (const Member& one : list->value.members) {
      Files files{.at = one.value.at};
      if (one.value.kind == Node::Kind::text) files.source = one.value.text;
      const Fields fields{one.value};
      fields.read("source", files.source);
      if (fields.read("destination", files.destination)) check_destination(files);
      while (files.source.size() > 1 && files.source.ends_with('/')) files.source.pop_back();
      if (!files.source.empty()) component_.files.push_back(std::move(files));
    }
  }

  void check_destination(Files& files) {
    while (files.destination.size() > 1 && files.destination.ends_with('/')) files.destination.pop_back();
    const bool is_plain = files.destination.starts_with('/') && files.destination.find("//") == std::string::npos &&
                          (files.destination + "/").find("/../") == std::string::npos &&
                          (files.destination + "/").find("/./") == std::string::npos;
    if (!is_plain)
      problems_.add(files.at,
                    format("files: {} is no absolute path without \".\", \"..\" and empty parts", toml::quoted(files.destination)));
    for (const Files& earlier : component_.files) {
      if (!files.destination.empty() && earlier.destination == files.destination)
        problems_.add(files.at, format("files: {} is used in line {} already", toml::quoted(files.destination), earlier.at.line));
    }
  }

  void read_outbound(const Member* list) {
    if (list == nullptr) return;
    for (const Member& one : list->value.members) {
      if (one.value.kind != Node::Kind::text) continue;
      auto made = Template::parse(one.value.text);
      if (!made) continue;
      if (made->names().empty()) {
        if (const auto outbound = parse_outbound(one.value.text); !outbound)
          problems_.add(one.value.at, format("allowed_outbound_hosts[] {}", outbound.error().message));
      }
      component_.outbound.push_back({*std::move(made), one.value.at});
    }
  }

  void read_build(const Member* member) {
    if (member == nullptr) return;
    Build& build = component_.build.emplace();
    build.at = member->at;
    const Fields fields{member->value};
    std::string command;
    if (fields.read("command", command))
      build.commands.push_back(command);
    else
      fields.read("command", build.commands);
    fields.read("workdir", build.workdir);
    fields.read("watch", build.watch);
  }

  void read_policy(const Node& table) {
    const Member* member = table.find("policy");
    if (member == nullptr) return;
    component_.policy_at = member->at;
    if (member->value.kind == Node::Kind::text) component_.policy_file = member->value.text;
    if (member->value.kind == Node::Kind::table) component_.policy = policy::parse(member->value, file_, problems_);
  }

  // Ours are taken out; the others are a policy's, which knows what they are.
  void read_limits(const Member* member) {
    if (member == nullptr) return;
    component_.limits_at = member->at;
    const Fields fields{member->value};
    fields.read_size(limits::output_size.name, component_.output_size);
    fields.read_size(limits::event_size.name, component_.event_size);
    Node own{.at = member->value.at}, others{.at = member->value.at};
    std::vector<std::string_view> names;
    for (const toml::Key& key : own_limit_keys()) names.push_back(key.name);
    for (const policy::LimitKey& key : policy::limit_keys()) names.push_back(key.name);
    for (const Member& one : member->value.members) {
      const auto is_ours = std::ranges::find(own_limit_keys(), one.name, &toml::Key::name) != own_limit_keys().end();
      const auto is_known = std::ranges::find(names, one.name) != names.end();
      if (!is_known)
        problems_.add(one.at, format("component.{}.limits has no {}{} (mote run -W help lists them)", component_.id,
                                     toml::quoted(std::string_view(one.name).substr(0, 64)), did_you_mean(one.name, names)));
      else
        (is_ours ? own : others).members.push_back(one);
    }
    const toml::Shape shape{.kind = toml::Shape::Kind::table, .keys = own_limit_keys()};
    (void)toml::check(own, format("component.{}.limits", component_.id), shape, problems_);
    Node root;
    root.members.push_back({"limits", member->at, std::move(others)});
    component_.limits = policy::parse(root, file_, problems_).limits;
  }

  void read_concurrency(const Member* member) {
    if (member == nullptr) return;
    component_.concurrency.at = member->at;
    const Fields fields{member->value};
    fields.read_count("most", component_.concurrency.most);
    fields.read_count("queue", component_.concurrency.queue);
  }

  void read_crash(const Member* member) {
    if (member == nullptr) return;
    Crash& crash = component_.crash;
    crash.at = member->at;
    const Fields fields{member->value};
    std::string word;
    if (fields.read("on", word)) crash.on = word == "quarantine" ? Crash::On::quarantine : Crash::On::restart;
    if (fields.read("fail", word)) crash.fail = word == "open" ? Crash::Fail::open : Crash::Fail::closed;
    fields.read_count("after", crash.after);
    const bool has_back_off = fields.read_ms("back_off", crash.back_off_ms);
    if (!fields.read_ms("most_back_off", crash.most_back_off_ms))
      crash.most_back_off_ms = std::max(crash.most_back_off_ms, crash.back_off_ms);
    if (crash.most_back_off_ms < crash.back_off_ms)
      problems_.add(member->at, format("component.{}.crash: most_back_off is shorter than back_off{}", component_.id,
                                       has_back_off ? "" : ", which is 1s"));
    if (has_back_off && crash.on == Crash::On::quarantine)
      problems_.add(member->at, format("component.{}.crash: back_off is for on = \"restart\"", component_.id));
  }

  void read_slo(const Member* member) {
    if (member == nullptr) return;
    Slo slo{.at = member->at};
    const Fields fields{member->value};
    fields.read_count("p999_us", slo.p999_us);
    fields.read_ms("window", slo.window_ms);
    component_.slo = slo;
  }

  const std::string& file_;
  Problems& problems_;
  Component component_;
};

}  // namespace

const Member* Fields::find(std::string_view name, Node::Kind kind) const {
  const Member* member = table.find(name);
  return member != nullptr && member->value.kind == kind ? member : nullptr;
}

bool Fields::read(std::string_view name, std::string& out) const {
  const Member* member = find(name, Node::Kind::text);
  if (member != nullptr) out = member->value.text;
  return member != nullptr;
}

bool Fields::read(std::string_view name, bool& out) const {
  const Member* member = find(name, Node::Kind::boolean);
  if (member != nullptr) out = member->value.boolean;
  return member != nullptr;
}

bool Fields::read(std::string_view name, std::vector<std::string>& out) const {
  const Member* member = list(name);
  if (member == nullptr) return false;
  for (const Member& one : member->value.members) {
    if (one.value.kind == Node::Kind::text) out.push_back(one.value.text);
  }
  return true;
}

bool Fields::read_count(std::string_view name, uint64_t& out) const {
  const Member* member = find(name, Node::Kind::integer);
  if (member == nullptr || member->value.integer < 0) return false;
  out = static_cast<uint64_t>(member->value.integer);
  return true;
}

bool Fields::read_size(std::string_view name, uint64_t& out) const {
  const Member* member = table.find(name);
  if (member == nullptr) return false;
  const auto size = toml::read_size(member->value);
  if (size) out = *size;
  return size.has_value();
}

bool Fields::read_ms(std::string_view name, uint64_t& out) const {
  const Member* member = table.find(name);
  if (member == nullptr) return false;
  const auto time = toml::read_duration_ms(member->value);
  if (time) out = *time;
  return time.has_value();
}

bool Fields::read(std::string_view name, Template& out, Position* at) const {
  const Member* member = find(name, Node::Kind::text);
  if (member == nullptr) return false;
  auto made = Template::parse(member->value.text);
  if (!made) return false;
  out = *std::move(made);
  if (at != nullptr) *at = member->value.at;
  return true;
}

Component read_component(std::string_view id, Position at, const Node& table, const std::string& file, Problems& problems) {
  return ComponentReader(file, problems).read(id, at, table);
}

}  // namespace mote::manifest
