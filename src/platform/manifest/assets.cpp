// See assets.h.
#include "platform/manifest/assets.h"

#include "base/core/format.h"
#include "base/toml/values.h"
#include "platform/manifest/glob.h"

#include <algorithm>
#include <map>

namespace mote::manifest {
namespace {

class Collector {
 public:
  Collector(const Manifest& manifest, const Component& component, const Disk& disk)
      : manifest_(manifest), component_(component), disk_(disk) {}

  Result<std::vector<Asset>> run() {
    for (const Files& files : component_.files) {
      at_ = files.at;
      if (!files.destination.empty())
        TRY(take(files.source, files.destination.substr(1)));
      else if (is_pattern(files.source))
        TRY(walk(std::string(glob_folder(files.source)), files.source, 0));
      else
        TRY(take(files.source, files.source));
    }
    std::vector<Asset> all;
    all.reserve(found_.size());
    for (auto& [guest, host] : found_) all.push_back({std::move(host), guest});
    return all;
  }

 private:
  std::unexpected<Error> refuse(ErrorKind kind, std::string message) const {
    return fail(kind, format("{}: {}", manifest_.place(at_), message));
  }

  // A file or a folder with all that is in it, under a place of the guest's.
  Result<void> take(const std::string& source, const std::string& guest) {
    const std::string host = manifest_.path(source);
    switch (disk_.kind(host)) {
      case Disk::Kind::nothing:
        return refuse(ErrorKind::not_found, format("there is no {}", toml::quoted(source)));
      case Disk::Kind::file:
        return add(source, host, guest);
      case Disk::Kind::folder:
        break;
    }
    return take_folder(source, guest, 0);
  }

  Result<void> take_folder(const std::string& source, const std::string& guest, uint64_t depth) {
    if (depth > limits::assets_depth.hard) return too_deep(source);
    for (const Disk::Entry& entry : disk_.list(manifest_.path(source))) {
      const std::string inner = joined(source, entry.name), inner_guest = joined(guest, entry.name);
      if (entry.kind == Disk::Kind::file) TRY(add(inner, manifest_.path(inner), inner_guest));
      if (entry.kind == Disk::Kind::folder) TRY(take_folder(inner, inner_guest, depth + 1));
    }
    return {};
  }

  Result<void> walk(const std::string& folder, const std::string& pattern, uint64_t depth) {
    if (depth > limits::assets_depth.hard) return too_deep(folder);
    for (const Disk::Entry& entry : disk_.list(manifest_.path(folder.empty() ? "." : folder))) {
      const std::string inner = joined(folder, entry.name);
      if (entry.kind == Disk::Kind::file && matches_glob(pattern, inner)) TRY(add(inner, manifest_.path(inner), inner));
      if (entry.kind == Disk::Kind::folder) TRY(walk(inner, pattern, depth + 1));
    }
    return {};
  }

  Result<void> add(const std::string& source, const std::string& host, const std::string& guest) {
    for (const std::string& pattern : component_.exclude_files) {
      if (matches_glob(pattern, source)) return {};
    }
    const auto [place, is_new] = found_.try_emplace(guest, host);
    if (!is_new && place->second != host)
      return refuse(ErrorKind::bad_input, format("{} and {} have the same place, {}", toml::quoted(place->second),
                                                 toml::quoted(host), toml::quoted("/" + guest)));
    if (found_.size() > limits::assets.hard)
      return refuse(ErrorKind::limit, format("component.{}.files are more than {} files ({})", component_.id, limits::assets.hard,
                                             limits::assets.name));
    return {};
  }

  Result<void> too_deep(const std::string& folder) const {
    return refuse(ErrorKind::limit, format("{} lies more than {} folders deep ({})", toml::quoted(folder),
                                           limits::assets_depth.hard, limits::assets_depth.name));
  }

  static std::string joined(std::string_view folder, std::string_view name) {
    while (folder.ends_with('/')) folder.remove_suffix(1);
    return folder.empty() ? std::string(name) : format("{}/{}", folder, name);
  }

  const Manifest& manifest_;
  const Component& component_;
  const Disk& disk_;
  Position at_;
  std::map<std::string, std::string> found_;  // guest path to file
};

}  // namespace

bool needs_assets(const Manifest& manifest, const Component& component, const Disk& disk) {
  if (component.files.empty()) return false;
  if (!component.exclude_files.empty()) return true;
  return std::ranges::any_of(component.files, [&](const Files& files) {
    return files.destination.empty() || disk.kind(manifest.path(files.source)) == Disk::Kind::file;
  });
}

Result<std::vector<Asset>> assets(const Manifest& manifest, const Component& component, const Disk& disk) {
  return Collector(manifest, component, disk).run();
}

}  // namespace mote::manifest
