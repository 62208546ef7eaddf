// Where a guest's path leads, without ever leaving the folder that it is relative to.
//
// Two ways to the same answer. By the kernel (openat2 with RESOLVE_BENEATH): one call, and safe against renames that happen
// meanwhile. By a walk from component to component, for kernels and seccomp filters without that call: each folder on the way is
// opened without following links, links are read and followed by us, and ".." goes back to the folder we came from, which we hold
// open; so a path cannot be led outside by anything that others change on the way. Absolute paths, links to absolute paths and a
// ".." too many are refused (outside). Tested, both ways by one suite, by folder_test.cpp.
#pragma once

#include "base/os/node.h"
#include "host/sandbox/effects.h"

#include <cstdint>
#include <string>

namespace mote::sandbox {

enum class Resolution : uint8_t { automatic, walk };  // automatic: by the kernel where it can
enum class Follow : uint8_t { no, yes };              // a symbolic link at the path's end; those before it are always followed

// A granted folder, as far as the way of a path depends on it.
struct Root {
  int folder = -1;
  uint64_t device = 0;
  os::FileSystemKind file_system = os::FileSystemKind::storage;
  Resolution resolution = Resolution::automatic;
};

// Opens what a path names (`how`: os::opening). The path is not empty, has no NUL.
[[nodiscard]] Outcome<os::File> resolve(const Root& root, const std::string& path, Follow follow, uint32_t how);

// The folder that a path's last component lies in, for calls that make, move or remove it.
struct Place {
  os::File opened;              // keeps `folder` open, unless that is the root
  int folder = -1;              // path_only
  std::string name;             // one component, not ".."; "." when the path names a folder by "." or ".."
  bool must_be_folder = false;  // the path ends with a slash
};
[[nodiscard]] Outcome<Place> resolve_place(const Root& root, const std::string& path);

}  // namespace mote::sandbox
