// mote build: makes the modules of a manifest's components, by what [component.ID.build] says. Where it names the files that matter
// (watch), what is newer than all of them is not made again; --watch goes on as they change. Tested by tests/cases/build*.case.
#include "apps/mote/commands.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/os/file.h"
#include "base/os/process.h"
#include "platform/manifest/glob.h"
#include "platform/manifest/limits.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mote::cli {
namespace {

using manifest::Component;
using manifest::Manifest;

std::string folder_of(const Manifest& manifest, const Component& component) {
  const std::string folder = manifest.path(component.build->workdir.empty() ? "." : component.build->workdir);
  return folder.empty() ? "." : folder;
}

// The newest of the files that matter, by the time of its last change.
class Newest {
 public:
  Newest(const Manifest& manifest, const Component& component) : folder_(folder_of(manifest, component)) {
    for (const std::string& pattern : component.build->watch) {
      if (!manifest::is_pattern(pattern)) {
        look(pattern);
      } else {
        walk(std::string(manifest::glob_folder(pattern)), pattern, 0);
      }
    }
  }
  [[nodiscard]] std::optional<uint64_t> time_ns() const { return time_ns_; }  // nothing: no file matters

 private:
  void look(const std::string& path) {
    if (const auto identity = os::identity(format("{}/{}", folder_, path)))
      time_ns_ = std::max<uint64_t>(time_ns_.value_or(0), identity->modified_ns);
  }
  void walk(const std::string& inside, const std::string& pattern, uint64_t depth) {
    if (depth > manifest::limits::assets_depth.hard) return;
    for (const manifest::Disk::Entry& entry : disk_.list(inside.empty() ? folder_ : format("{}/{}", folder_, inside))) {
      const std::string path = inside.empty() ? entry.name : format("{}/{}", inside, entry.name);
      if (entry.kind == manifest::Disk::Kind::folder) walk(path, pattern, depth + 1);
      if (entry.kind == manifest::Disk::Kind::file && manifest::matches_glob(pattern, path)) look(path);
    }
  }

  const std::string folder_;
  const manifest::Disk disk_ = this_disk();
  std::optional<uint64_t> time_ns_;
};

bool is_up_to_date(const Manifest& manifest, const Component& component) {
  const auto newest = Newest(manifest, component).time_ns();
  const auto made = os::identity(manifest.path(component.source.path));
  return newest && made && static_cast<uint64_t>(made->modified_ns) > *newest;
}

Result<void> run_command(const std::string& folder, const std::string& command) {
  const auto end = TRY(os::run_program({.arguments = {"/bin/sh", "-c", "cd \"$1\" && eval \"$2\"", "mote-build", folder, command},
                                        .on_line = [](std::string_view line) { print_to_stderr(format("{}\n", line)); }}));
  if (end.kind == os::ProgramEnd::exited && end.code == 0) return {};
  const bool is_exit = end.kind == os::ProgramEnd::exited;
  return fail(ErrorKind::bad_input,
              format("`{}` {}", command,
                     is_exit ? format("ended with status {}", end.code) : format("was ended by SIG{}", os::signal_name(end.code))));
}

Result<void> build(const Manifest& manifest, const Component& component, bool is_quiet) {
  if (is_up_to_date(manifest, component)) {
    if (!is_quiet) print_to_stderr(format("{}: up to date\n", component.id));
    return {};
  }
  for (const std::string& command : component.build->commands) {
    if (!is_quiet) print_to_stderr(format("{}: {}\n", component.id, command));
    if (auto done = run_command(folder_of(manifest, component), command); !done)
      return fail(done.error().kind,
                  format("{}: component {}: {}", manifest.place(component.build->at), component.id, done.error().message));
  }
  if (component.source.path.empty() || os::exists(manifest.path(component.source.path))) return {};
  return fail(ErrorKind::not_found, format("{}: component {}: its build ended well, and there is no {}",
                                           manifest.place(component.build->at), component.id, component.source.path));
}

// Those that are named, else all that can be built.
Result<std::vector<const Component*>> chosen(const Manifest& manifest, const std::vector<std::string>& names) {
  std::vector<const Component*> found;
  if (names.empty()) {
    for (const Component& component : manifest.components) {
      if (component.build) found.push_back(&component);
    }
    if (found.empty())
      return fail(ErrorKind::not_found, format("{} says of no component how it is built ([component.ID.build])", manifest.file));
  }
  for (const std::string& name : names) {
    const Component* const component = manifest.component(name);
    std::vector<std::string_view> known;
    for (const Component& one : manifest.components) known.push_back(one.id);
    if (component == nullptr)
      return fail(ErrorKind::not_found, format("{} has no component {}{}", manifest.file, name, did_you_mean(name, known)));
    if (!component->build)
      return fail(ErrorKind::not_found, format("{}: component {} does not say how it is built ([component.{}.build])",
                                               manifest.place(component->at), name, name));
    found.push_back(component);
  }
  return found;
}

// Until it is interrupted: what fails is told, and tried again when a file that matters changes.
void keep_building(const Manifest& manifest, const std::vector<const Component*>& components, bool is_quiet) {
  std::vector<std::optional<uint64_t>> seen;
  for (const Component* const one : components) seen.push_back(Newest(manifest, *one).time_ns());
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    for (size_t i = 0; i < components.size(); ++i) {
      const auto now = Newest(manifest, *components[i]).time_ns();
      if (now == seen[i]) continue;
      seen[i] = now;
      if (const auto built = build(manifest, *components[i], is_quiet); !built) (void)report("", built.error());
    }
  }
}

}  // namespace

int run_build(Options options) {
  const auto path = find_manifest(options.manifest.empty() ? std::vector<std::string>() : std::vector{options.manifest});
  if (!path) return report("", path.error());
  const auto manifest = read_manifest(*path);
  if (!manifest) return report("", manifest.error());
  const auto components = chosen(*manifest, options.words);
  if (!components) return report("", components.error());
  int status = 0;
  for (const Component* const component : *components) {
    if (const auto built = build(*manifest, *component, options.is_quiet); !built) {
      status = report("", built.error());
      if (!options.watches) return status;
    }
  }
  if (options.watches) keep_building(*manifest, *components, options.is_quiet);
  return status;
}

}  // namespace mote::cli
