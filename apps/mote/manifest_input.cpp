// See manifest_input.h.
#include "apps/mote/manifest_input.h"

#include "apps/mote/command_policy.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "platform/manifest/grants.h"

#include <algorithm>

namespace mote::cli {

using manifest::Disk;
using manifest::Manifest;

Result<std::string> find_manifest(std::span<const std::string> words) {
  if (words.size() > 1) return fail(ErrorKind::bad_input, format("takes one manifest, not {}", words.size()));
  if (words.size() == 1) return words[0];
  for (const char* name : {"mote.toml", "spin.toml"}) {
    if (os::exists(name)) return name;
  }
  return fail(ErrorKind::not_found,
              "there is neither mote.toml nor spin.toml here: name a manifest, or write one (docs/reference/manifest.md)");
}

Result<std::string> read_text(const std::string& path, uint64_t most) {
  const auto bytes = TRY(os::read_file(path, most));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<Manifest> read_manifest(const std::string& path) {
  return manifest::parse(TRY(read_text(path, manifest::limits::file_size.hard)), path);
}

Disk this_disk() {
  const auto kind = [](const std::string& path) {
    const auto identity = os::identity(path);
    if (!identity) return Disk::Kind::nothing;
    return identity->is_folder ? Disk::Kind::folder : Disk::Kind::file;
  };
  const auto list = [kind](const std::string& folder) {
    std::vector<Disk::Entry> entries;
    const auto names = os::list_folder(folder);
    if (!names) return entries;
    for (const std::string& name : *names) entries.push_back({name, kind(format("{}/{}", folder, name))});
    return entries;
  };
  return {.kind = kind, .list = list};
}

manifest::Lookup this_environment() {
  return [](std::string_view name) { return os::environment_variable(std::string(name).c_str()); };
}

manifest::Lookup values_here(const Manifest& manifest, bool shows_secrets) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const manifest::Variable& variable : manifest.variables) {
    const Manifest alone{.file = manifest.file, .variables = {variable}};
    const auto value = manifest::values_of(alone, this_environment());
    const bool is_hidden = variable.is_secret && !shows_secrets;
    values.emplace_back(variable.name, value && !is_hidden ? value->front().second : format("{{{{ {} }}}}", variable.name));
  }
  return manifest::lookup(std::move(values));
}

Result<policy::Policy> component_policy(const Manifest& manifest, const manifest::Component& component,
                                        const manifest::Lookup& values) {
  std::optional<policy::Policy> of_file;
  if (!component.policy_file.empty()) of_file = TRY(read_policy(manifest.path(component.policy_file)));
  manifest::GrantInput input{.of_file = of_file ? &*of_file : nullptr, .values = values, .may_lack_values = true};
  if (manifest::needs_assets(manifest, component, this_disk())) input.assets = format("(files of component {})", component.id);
  return manifest::grants(manifest, component, input);
}

std::string lock_path(const std::string& manifest_path) {
  const size_t slash = manifest_path.rfind('/');
  return (slash == manifest_path.npos ? "" : manifest_path.substr(0, slash + 1)) + "mote.lock";
}

Result<std::optional<manifest::Lock>> read_lock(const std::string& path) {
  if (!os::exists(path)) return std::nullopt;
  return TRY(manifest::parse_lock(TRY(read_text(path, manifest::limits::file_size.hard)), path));
}

}  // namespace mote::cli
