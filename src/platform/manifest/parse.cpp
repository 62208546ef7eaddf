// parse(): the document, its shapes, its parts, the whole. And what a Manifest is asked. See manifest.h.
#include "base/core/format.h"
#include "base/toml/shape.h"
#include "base/toml/values.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/manifest.h"
#include "platform/manifest/read.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using toml::Member;
using toml::Node;
using toml::Problems;

constexpr toml::Bounds bounds{
    .what = "a manifest", .size = limits::file_size.hard, .depth = 12, .values = static_cast<uint32_t>(limits::values.hard)};

void read_application(const Node& table, Manifest& manifest, Problems& problems) {
  Application& application = manifest.application;
  const Fields fields{table};
  application.at = table.at;
  fields.read("name", application.name);
  fields.read("version", application.version);
  fields.read("description", application.description);
  fields.read("authors", application.authors);
  const Member* settings = fields.map("trigger");
  if (settings == nullptr) return;
  if (const Member* http = Fields{settings->value}.map("http")) {
    Fields{http->value}.read("base", application.http_base);
    while (application.http_base.size() > 1 && application.http_base.ends_with('/')) application.http_base.pop_back();
  }
  if (const Member* mqtt = Fields{settings->value}.map("mqtt")) manifest.broker = read_broker(mqtt->value, problems);
}

void read_variable(const Member& member, Manifest& manifest, Problems& problems) {
  const Fields fields{member.value};
  Variable variable{.name = member.name, .at = member.at};
  std::string standard;
  if (fields.read("default", standard)) variable.standard = standard;
  fields.read("required", variable.is_required);
  fields.read("secret", variable.is_secret);
  fields.read("description", variable.description);
  const std::string what = format("variables.{}", std::string_view(member.name).substr(0, 64));
  if (variable.standard && variable.is_required)
    problems.add(member.at, format("{} has a default and is required: it has one of the two", what));
  if (!variable.standard && !variable.is_required && member.value.find("default") == nullptr)
    problems.add(member.at, format("{} has no value: give it a default, or required = true", what));
  if (variable.name == "topic")
    problems.add(member.at, "variables.topic: {{ topic }} is the topic of an event already; call it otherwise");
  manifest.variables.push_back(std::move(variable));
}

void read_root(const Node& root, Manifest& manifest, Problems& problems) {
  const Fields fields{root};
  manifest.is_spin = root.find("spin_manifest_version") != nullptr;
  if (!manifest.is_spin && manifest.file.ends_with("spin.toml")) {
    const bool is_old = root.find("spin_version") != nullptr;
    problems.add({1, 1}, is_old ? "is a Spin manifest of version 1; write it as version 2, spin_manifest_version = 2"
                                : "needs spin_manifest_version = 2: the version of its format");
  }
  if (const Member* application = fields.map("application")) read_application(application->value, manifest, problems);
  if (manifest.is_spin && (fields.map("application") == nullptr || fields.map("application")->value.find("name") == nullptr))
    problems.add(root.at, "needs [application] with a name, as every Spin manifest");
  if (const Member* variables = fields.map("variables")) {
    for (const Member& one : variables->value.members) {
      if (one.value.kind == Node::Kind::table) read_variable(one, manifest, problems);
    }
  }
  if (const Member* components = fields.map("component")) {
    for (const Member& one : components->value.members) {
      if (one.value.kind == Node::Kind::table)
        manifest.components.push_back(read_component(one.name, one.at, one.value, manifest.file, problems));
    }
  }
  if (const Member* triggers = fields.map("trigger")) read_triggers(triggers->value, manifest, problems);
  if (const Member* server = fields.map("server")) manifest.server = read_server(server->value);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

}  // namespace

Result<Manifest> parse(std::string_view text, std::string file) {
  Problems problems(file);
  Node root;
  if (!toml::read_document(text, bounds, problems, root)) return std::unexpected(problems.error());
  Manifest manifest{.file = std::move(file)};
  (void)toml::check(root, "", root_shape(), problems);  // what is wrong is in `problems`
  read_root(root, manifest, problems);
  check_whole(manifest, problems);
  if (!problems.empty()) return std::unexpected(problems.error());
  return manifest;
}

Result<std::vector<std::pair<std::string, std::string>>> values_of(const Manifest& manifest, const Lookup& environment) {
  std::vector<std::pair<std::string, std::string>> values;
  std::string missing;
  for (const Variable& variable : manifest.variables) {
    const std::string name = upper(variable.name);
    auto value = environment("MOTE_VARIABLE_" + name);
    if (!value) value = environment("SPIN_VARIABLE_" + name);
    if (!value) value = variable.standard;
    if (value)
      values.emplace_back(variable.name, *std::move(value));
    else
      missing += format("{}{}: the variable {} is required: set MOTE_VARIABLE_{}", missing.empty() ? "" : "\n",
                        manifest.place(variable.at), variable.name, name);
  }
  if (!missing.empty()) return fail(ErrorKind::bad_input, std::move(missing));
  return values;
}

Lookup lookup(std::vector<std::pair<std::string, std::string>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    for (const auto& [known, value] : values) {
      if (known == name) return value;
    }
    return std::nullopt;
  };
}

std::optional<uint64_t> Component::limit(std::string_view name) const {
  const auto found = std::ranges::find(limits, name, &policy::LimitValue::name);
  return found == limits.end() ? std::nullopt : std::optional(found->value);
}

const Component* Manifest::component(std::string_view id) const {
  const auto found = std::ranges::find(components, id, &Component::id);
  return found == components.end() ? nullptr : &*found;
}

std::string Manifest::path(std::string_view named) const {
  const size_t slash = file.rfind('/');
  if (named.starts_with('/') || slash == file.npos) return std::string(named);
  return file.substr(0, slash + 1) + std::string(named);
}

std::string Manifest::place(Position at) const {
  return at.line == 0 ? file : format("{}:{}", file, at.line);
}

Router Manifest::router() const {
  std::vector<const Route*> routes;
  routes.reserve(http.size());
  for (const HttpTrigger& trigger : http) routes.push_back(&trigger.route);
  return {application.http_base, routes};
}

std::string_view name(Executor::Kind kind) {
  switch (kind) {
    case Executor::Kind::stdio:
      return "stdio";
    case Executor::Kind::wagi:
      return "wagi";
  }
  return "";
}

std::string_view name(Crash::On on) {
  switch (on) {
    case Crash::On::restart:
      return "restart";
    case Crash::On::quarantine:
      return "quarantine";
  }
  return "";
}

std::string_view name(Crash::Fail fail) {
  switch (fail) {
    case Crash::Fail::closed:
      return "closed";
    case Crash::Fail::open:
      return "open";
  }
  return "";
}

}  // namespace mote::manifest
