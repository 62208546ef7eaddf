// See check.h.
#include "platform/manifest/check.h"

#include "base/core/format.h"
#include "base/toml/values.h"
#include "platform/manifest/glob.h"

#include <algorithm>
#include <set>

namespace mote::manifest {
namespace {

using policy::Level;

constexpr policy::Rule rule_table[] = {
    {"MOTE100", "manifest-invalid", "The manifest cannot be read", Level::error},
    {"MOTE101", "file-missing", "A file that the manifest names is not there", Level::error},
    {"MOTE102", "component-unused", "No trigger leads to a component", Level::warning},
    {"MOTE103", "variable-unused", "Nothing uses a variable", Level::warning},
    {"MOTE104", "variable-unset", "A required variable has no value here", Level::note},
    {"MOTE105", "digest-differs", "A module is not the one that was locked", Level::error},
    {"MOTE106", "grants-invalid", "What a component is granted contradicts itself, or its policy cannot be read", Level::error},
    {"MOTE107", "module-invalid", "A module cannot be read", Level::error},
    {"MOTE108", "module-elsewhere", "A module lies behind an address and was not looked at", Level::note},
};

class Checker {
 public:
  Checker(const Manifest& manifest, const Disk& disk, const Lookup& environment)
      : manifest_(manifest), disk_(disk), environment_(environment) {}

  std::vector<Finding> run() {
    check_components();
    check_settings();
    check_variables();
    std::ranges::stable_sort(found_, {}, [](const Finding& one) { return one.at.line; });
    return std::move(found_);
  }

 private:
  void find(RuleIndex rule, Position at, std::string message) { found_.push_back({rule, std::move(message), at}); }

  void check_file(std::string_view what, const std::string& named, Position at) {
    if (named.empty() || disk_.kind(manifest_.path(named)) != Disk::Kind::nothing) return;
    find(RuleIndex::file_missing, at, format("{}: there is no {}", what, toml::quoted(manifest_.path(named))));
  }

  void check_components() {
    std::set<uint32_t> used;
    for (const HttpTrigger& one : manifest_.http) used.insert(one.component);
    for (const MqttTrigger& one : manifest_.mqtt) used.insert(one.component);
    for (const TimerTrigger& one : manifest_.timers) used.insert(one.component);
    for (const CommandTrigger& one : manifest_.commands) used.insert(one.component);
    for (uint32_t i = 0; i < manifest_.components.size(); ++i) {
      const Component& component = manifest_.components[i];
      if (!used.contains(i))
        find(RuleIndex::component_unused, component.at,
             format("no trigger leads to component {}: add one ([[trigger.http]], …), or take it out", component.id));
      check_component_files(component);
    }
  }

  void check_component_files(const Component& component) {
    const std::string what = format("component.{}", component.id);
    const bool has_build = component.build.has_value();
    if (!component.source.path.empty() && disk_.kind(manifest_.path(component.source.path)) == Disk::Kind::nothing) {
      find(RuleIndex::file_missing, component.source.at,
           format("{}.source: there is no {}{}", what, toml::quoted(manifest_.path(component.source.path)),
                  has_build ? "; its [build] has to be run" : ""));
    }
    check_file(what + ".policy", component.policy_file, component.policy_at);
    for (const Files& files : component.files) {
      if (!files.destination.empty() || !is_pattern(files.source)) check_file(what + ".files", files.source, files.at);
    }
    if (!component.files.empty() && needs_assets(manifest_, component, disk_)) {
      const auto all = assets(manifest_, component, disk_);
      if (all && all->empty())
        find(RuleIndex::file_missing, component.files.front().at, what + ".files: no file fits the patterns");
    }
  }

  void check_settings() {
    if (manifest_.server.tls) {
      check_file("server.tls.certificate", manifest_.server.tls->certificate, manifest_.server.tls->at);
      check_file("server.tls.key", manifest_.server.tls->key, manifest_.server.tls->at);
    }
    if (manifest_.broker) check_file("application.trigger.mqtt.ca", manifest_.broker->ca, manifest_.broker->at);
    check_file("server.log.folder", manifest_.server.log.folder, manifest_.server.at);
  }

  void use(const Template& text) {
    for (const std::string_view name : text.names()) used_.insert(std::string(name));
  }

  void check_variables() {
    for (const Component& component : manifest_.components) {
      for (const NamedTemplate& one : component.environment) use(one.value);
      for (const NamedTemplate& one : component.variables) use(one.value);
      for (const OutboundHost& one : component.outbound) use(one.text);
    }
    for (const MqttTrigger& one : manifest_.mqtt) use(one.reply);
    for (const TimerTrigger& one : manifest_.timers) use(one.reply);
    if (manifest_.broker) {
      for (const Template* one : {&manifest_.broker->address, &manifest_.broker->username, &manifest_.broker->password}) use(*one);
    }
    for (const Variable& variable : manifest_.variables) {
      if (!used_.contains(variable.name))
        find(RuleIndex::variable_unused, variable.at, format("nothing uses the variable {}", variable.name));
      if (!variable.is_required) continue;
      Manifest alone{.file = manifest_.file, .variables = {variable}};
      if (!values_of(alone, environment_))
        find(RuleIndex::variable_unset, variable.at, format("the variable {} is required, and has no value here", variable.name));
    }
  }

  const Manifest& manifest_;
  const Disk& disk_;
  const Lookup& environment_;
  std::vector<Finding> found_;
  std::set<std::string> used_;
};

}  // namespace

std::span<const policy::Rule> rules() {
  return rule_table;
}

std::vector<Finding> check(const Manifest& manifest, const Disk& disk, const Lookup& environment) {
  return Checker(manifest, disk, environment).run();
}

}  // namespace mote::manifest
