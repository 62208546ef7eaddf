// The kernel as a second wall: what this process may still ask of it, closed for good before code runs that nobody trusts.
//
// The first wall is the sandbox: a guest can only name what it was granted. If that wall had a hole, its code would be this
// process. Confined, this process can open nothing outside of the folders it names, run no program, make no socket, no executable
// memory, look into no other process: three mechanisms of Linux for programs without privileges. no_new_privs: no program that it
// starts gains any. Landlock: which paths, which TCP ports, and nobody outside to signal. seccomp: which system calls there are at
// all. Nothing is ever opened again; threads and children inherit it. What the kernel lacks is reported, never an error: the caller
// decides. Tested by confinement_test.cpp, in child processes. Why so: docs/rationale/kernel-wall.md.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::os {

struct Confinement {
  struct Folder {
    std::string path;     // and everything below it
    bool reads = true;    // what is in files; which files there are can always be listed
    bool writes = false;  // what is in files
    bool makes = false;   // and removes, renames: files, folders, symbolic links
    bool operator==(const Folder&) const = default;
  };
  struct Ports {
    uint16_t first, last;
    bool operator==(const Ports&) const = default;
  };
  std::vector<Folder> folders = {};
  std::vector<Ports> tcp_listen = {}, tcp_connect = {};
  bool has_sockets = false;    // sockets that are open already are used
  bool makes_sockets = false;  // and others made; without it no port can be reached, whatever the lists say
  // A server that takes new versions of what it runs: compiles and loads code (memory that is executable, and never writable at the
  // same time), and makes memory whose writes are watched. Weaker by that than what a single run needs.
  bool takes_versions = false;
  bool operator==(const Confinement&) const = default;
};

// One mechanism of the wall: whether it is closed (or could be), and what it covers, or why it does not.
struct Layer {
  std::string_view name;
  bool is_active = false;
  std::string text = {};
};
struct Layers {
  Layer privileges = {"no_new_privs"};
  Layer paths = {"landlock paths"};
  Layer ports = {"landlock tcp"};
  Layer scopes = {"landlock scopes"};
  Layer calls = {"seccomp"};
};

// What this kernel has. Closes nothing.
[[nodiscard]] Layers available_layers();

// Closes everything this kernel has, for this thread, and for those that it starts. Meant to be called while there is no other:
// seccomp covers threads that are there already, Landlock does not. Errors: a folder that cannot be found, a kernel that has a
// mechanism and refuses it; then the process may be confined in part.
[[nodiscard]] Result<Layers> confine(const Confinement& what);

}  // namespace mote::os
