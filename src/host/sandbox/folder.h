// A folder that a guest was granted, or opened below one: everything in it can be named by a path, nothing else can.
//
// Paths are relative, hold no NUL, are not empty; the ABI sees to the latter two. How a path is followed is resolve.h. What may be
// done with what is found is grant.h: the grant holds for this folder and whatever is opened from it. Devices, pipes and sockets in
// a folder can be looked at and removed, not opened. Making a file or folder uses this process's umask. Tested by folder_test.cpp,
// both ways of resolution and a written list of attacks.
#pragma once

#include "base/os/node.h"
#include "host/sandbox/file.h"
#include "host/sandbox/resolve.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mote::sandbox {

class Folder;

struct Opening {
  Follow follow = Follow::yes;
  bool reads = true;
  bool writes = false;
  bool creates = false;       // when it is missing
  bool is_exclusive = false;  // with creates: it must be missing
  bool truncates = false;
  bool wants_folder = false;
  bool appends = false;
  bool syncs = false;       // each write reaches the disk …
  bool syncs_data = false;  // … with its data at least
};
struct Opened {  // one of the two
  std::unique_ptr<File> file;
  std::unique_ptr<Folder> folder;
};

class Folder {
 public:
  // The folder `host` of a grant. Fails, naming it, when it is missing, no folder, or shows this machine's processes.
  [[nodiscard]] static Result<std::unique_ptr<Folder>> granted(std::shared_ptr<Grant> grant,
                                                               Resolution resolution = Resolution::automatic);

  [[nodiscard]] Outcome<Opened> open(const std::string& path, const Opening& how);
  [[nodiscard]] Outcome<NodeStatus> status_of(const std::string& path, Follow follow) const;
  [[nodiscard]] Outcome<void> set_times_of(const std::string& path, Follow follow, NewTime accessed, NewTime modified);
  [[nodiscard]] Outcome<std::string> target_of(const std::string& path) const;  // what a symbolic link says
  [[nodiscard]] Outcome<void> make_folder(const std::string& path);
  [[nodiscard]] Outcome<void> remove_folder(const std::string& path);
  [[nodiscard]] Outcome<void> unlink(const std::string& path);
  [[nodiscard]] Outcome<void> rename(const std::string& path, Folder& to, const std::string& to_path);
  [[nodiscard]] Outcome<void> link(const std::string& path, Folder& to, const std::string& to_path);
  // A link may say what it wants but an absolute path, which would mean one thing to the guest and another to the host.
  [[nodiscard]] Outcome<void> make_link(const std::string& target, const std::string& path);

  struct Entry {
    uint64_t inode;  // of "..": the folder's own, so that nothing above a grant is shown
    uint64_t next;   // where to go on behind this entry, at any later time
    NodeKind kind;
    std::string_view name;  // UTF-8; a name that is not is left out, as no guest could say it
  };
  // Hands on entries from a place on (0: the first), "." and ".." among them, until `take` returns false or there are no more.
  // `expected_size` is about how many bytes of entries the caller has room for.
  [[nodiscard]] Outcome<void> list(uint64_t from, uint64_t expected_size, const std::function<bool(const Entry&)>& take) const;

  [[nodiscard]] Outcome<NodeStatus> status() const;
  [[nodiscard]] Outcome<void> set_times(NewTime accessed, NewTime modified);
  [[nodiscard]] Outcome<void> flush(Flush what);

 private:
  Folder(os::File folder, Root root, std::shared_ptr<Grant> grant, std::string name)
      : folder_(std::move(folder)), root_(root), grant_(std::move(grant)), name_(std::move(name)) {}
  [[nodiscard]] std::string name_of(const std::string& path) const { return name_ + "/" + path; }
  // To where a path leads; what leads outside is noted. `what` is a verb for that note.
  [[nodiscard]] Outcome<os::File> find(std::string_view what, const std::string& path, Follow follow, uint32_t how) const;
  [[nodiscard]] Outcome<Place> place_for_change(std::string_view what, const std::string& path) const;
  [[nodiscard]] Outcome<os::File> open_granted(const std::string& path, const Opening& how);
  [[nodiscard]] Outcome<os::File> make_granted(const std::string& path, const Opening& how);
  struct Gone {  // for quotas: a thing that a change takes away
    bool is_counted = false;
    uint64_t bytes = 0;
  };
  [[nodiscard]] Gone what_would_go(const Place& place) const;
  void give_back(const Gone& gone) const;

  os::File folder_;
  Root root_;  // this folder: paths do not leave it, even where a grant reaches further
  std::shared_ptr<Grant> grant_;
  std::string name_;  // as the guest may call it, for notes of refusals
};

// Whether bytes are well-formed UTF-8 (no surrogates, nothing overlong).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace mote::sandbox
