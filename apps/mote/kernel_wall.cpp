// See kernel_wall.h.
#include "apps/mote/kernel_wall.h"

#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"

#include <algorithm>
#include <array>
#include <span>

namespace mote::cli {
namespace {

using Wall = Options::KernelWall;

Wall wanted(const Options& options, const std::optional<policy::Policy>& policy) {
  if (options.kernel_wall == Wall::by_policy && policy) {
    if (policy->require_kernel) return Wall::require;
    return policy->on_deny == policy::OnDeny::log ? Wall::off : Wall::on;  // what is to be let through would be refused
  }
  // A policy's word is the last one.
  if (options.kernel_wall == Wall::on && policy && policy->require_kernel) return Wall::require;
  return options.kernel_wall;
}

// Each path once, with all rights that some grant of it gives: the kernel adds up what several rules say.
void add_folder(os::Confinement& to, os::Confinement::Folder folder) {
  const auto same = std::ranges::find(to.folders, folder.path, &os::Confinement::Folder::path);
  if (same == to.folders.end()) return to.folders.push_back(std::move(folder));
  same->reads |= folder.reads;
  same->writes |= folder.writes;
  same->makes |= folder.makes;
}

void add_ports(std::vector<os::Confinement::Ports>& to, std::span<const policy::NetRule> rules) {
  for (const policy::NetRule& rule : rules) {
    if (rule.protocol != policy::Protocol::tcp) continue;
    for (const policy::Ports& ports : rule.ports) {
      const os::Confinement::Ports range = {ports.first, ports.last};
      if (std::ranges::find(to, range) == to.end()) to.push_back(range);
    }
  }
}

std::span<const os::Layer* const> all(const os::Layers& layers, std::array<const os::Layer*, 5>& into) {
  into = {&layers.privileges, &layers.paths, &layers.ports, &layers.scopes, &layers.calls};
  return into;
}

void say(const std::string& file, const os::Layers& layers) {
  std::array<const os::Layer*, 5> place;
  std::string closed, text;
  for (const os::Layer* layer : all(layers, place)) {
    if (layer->is_active) closed += format("{}{} ({})", closed.empty() ? "" : ", ", layer->name, layer->text);
    if (!layer->is_active) text += format("mote: {}: kernel wall without {}: {}\n", file, layer->name, layer->text);
  }
  if (!closed.empty()) text += format("mote: {}: kernel wall closed: {}\n", file, closed);
  print_to_stderr(text);
}

}  // namespace

os::Confinement wall_of(const Grants& grants, const Options& options) {
  os::Confinement wall;
  wall.has_sockets = !options.tcp_listen.empty() || options.takes_listeners;
  for (const policy::EffectiveFolder& folder : grants.effective.folders) {
    add_folder(wall, {folder.host, folder.read, folder.write, folder.create});
  }
  if (!grants.policy) return wall;
  add_ports(wall.tcp_listen, grants.policy->net.listen);
  add_ports(wall.tcp_connect, grants.policy->net.outbound);
  return wall;
}

bool wants_wall(const Options& options, const Grants& grants) {
  const Wall wall = wanted(options, grants.policy);
  return wall == Wall::on || wall == Wall::require;
}

std::string missing_layers(const os::Layers& layers, const os::Confinement& what) {
  std::string missing;
  const auto need = [&](const os::Layer& layer) {
    if (!layer.is_active) missing += format("{}{}: {}", missing.empty() ? "" : "; ", layer.name, layer.text);
  };
  need(layers.privileges);
  need(layers.paths);
  if (!what.tcp_listen.empty() || !what.tcp_connect.empty()) need(layers.ports);
  need(layers.calls);
  return missing;
}

Result<void> close_wall(const Options& options, const Grants& grants) {
  if (options.kernel_wall == Wall::off && grants.policy && grants.policy->require_kernel) {
    return fail(ErrorKind::denied, format("{} says require_kernel = true, so --kernel-wall=off cannot be", grants.policy->file));
  }
  const Wall wall = wanted(options, grants.policy);
  if (wall != Wall::on && wall != Wall::require) return {};
  const os::Confinement what = wall_of(grants, options);
  const auto refuse = [](const os::Layers& layers, const os::Confinement& confinement) -> Result<void> {
    const std::string missing = missing_layers(layers, confinement);
    if (missing.empty()) return {};
    return fail(ErrorKind::unsupported, "the kernel wall is required and cannot be closed whole: " + missing);
  };
  if (wall == Wall::require) TRY(refuse(os::available_layers(), what));
  const os::Layers layers = TRY(os::confine(what));
  if (wall == Wall::require) TRY(refuse(layers, what));
  if (options.verbose) say(file_name(options.words[0]), layers);
  return {};
}

std::vector<Engine::Setting> wall_settings() {
  const os::Layers layers = os::available_layers();
  std::array<const os::Layer*, 5> place;
  std::vector<Engine::Setting> settings;
  for (const os::Layer* layer : all(layers, place)) {
    settings.push_back({std::string(layer->name), layer->is_active ? "available" : "absent",
                        layer->text + (layer == &layers.privileges ? "; a part of mote run --kernel-wall" : "")});
  }
  return settings;
}

}  // namespace mote::cli
