// The files that a component's `files` gives to its guest, and how: where all of them are whole folders, each is granted as it
// lies; else a folder is to be put together from what the patterns match, and granted as the guest's "/", as Spin does it. Tested
// by assets_test.cpp.
#pragma once

#include "platform/manifest/manifest.h"

#include <functional>

namespace mote::manifest {

// The files of this machine, as far as they are asked about. Paths as Manifest::path gives them.
struct Disk {
  enum class Kind : uint8_t { nothing, file, folder };
  struct Entry {
    std::string name;
    Kind kind = Kind::nothing;
  };
  std::function<Kind(const std::string& path)> kind;
  std::function<std::vector<Entry>(const std::string& folder)> list;
};

// Whether a folder has to be put together for this component.
[[nodiscard]] bool needs_assets(const Manifest& manifest, const Component& component, const Disk& disk);

struct Asset {
  std::string host;   // a file
  std::string guest;  // where it belongs in the folder, without '/' before it
};
// What belongs into that folder, by guest path. Fails when two files have the same place, when a file or folder is missing, and
// above limits::assets.
[[nodiscard]] Result<std::vector<Asset>> assets(const Manifest& manifest, const Component& component, const Disk& disk);

}  // namespace mote::manifest
