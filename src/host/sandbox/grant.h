// What one line granted (`--dir`, or one of a policy's [fs]): what may be done in a folder and all that is opened below it.
//
// Folders and files ask before they act; a refusal is noted with the rule that made it and the line that would lift it. Quotas are
// net: what the guest removes or shortens makes room again, up to what it had added. Shared by everything opened below one grant;
// used by the store's thread only. Tested by grant_test.cpp, folder_test.cpp.
#pragma once

#include "base/os/node.h"
#include "host/calls/denial.h"
#include "host/sandbox/effects.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::sandbox {

// How large the files are that are open under quotas, by device and inode: known to every grant of a process, so that what one
// shortens another does not take for room. What others do to a file is seen when it is opened next.
struct KnownSize {
  uint64_t bytes = 0;
};
using KnownSizes = std::map<std::pair<uint64_t, uint64_t>, std::weak_ptr<KnownSize>>;

struct Grant {
  std::string guest = {};  // the path under which the guest knows it
  std::string host = {};   // the folder, as it was named
  std::string rule = {};   // who says so: "--dir d::/data:ro", "policy.toml:4"
  bool is_of_policy = false;
  bool reads = true;    // look at and list, read files
  bool writes = true;   // change the content of files
  bool creates = true;  // make, rename and remove
  std::optional<uint64_t> bytes_most = {}, files_most = {};
  bool lets_through = false;          // what is not granted is noted and done all the same; never what lies outside
  calls::Denials* denials = nullptr;  // null: nobody wants to know
  std::shared_ptr<KnownSizes> sizes = std::make_shared<KnownSizes>();  // of the process's grants

  // Each: may this be done to the thing of that name? `what` is a verb for the note.
  [[nodiscard]] Outcome<void> may_read(std::string_view what, std::string_view name) const;
  [[nodiscard]] Outcome<void> may_write(std::string_view what, std::string_view name) const;
  [[nodiscard]] Outcome<void> may_create(std::string_view what, std::string_view name) const;
  // A path that leads out of the folder, or to what is never opened.
  [[nodiscard]] Refusal outside(std::string_view what, std::string_view name) const;
  // Notes a failure to find something when it is a refusal: outside, or the host has no descriptors left. Returns it.
  [[nodiscard]] Refusal noted(Refusal refusal, std::string_view what, std::string_view name) const;

  // Bytes that may still be added, and the refusal of more; whether one more file may be made. What was used is taken; what the
  // guest makes room of is given back.
  [[nodiscard]] bool counts_bytes() const { return bytes_most.has_value(); }
  [[nodiscard]] bool counts_files() const { return files_most.has_value(); }
  [[nodiscard]] uint64_t bytes_left() const;
  [[nodiscard]] std::shared_ptr<KnownSize> known_size(const os::NodeStatus& file) const;  // null when bytes are not counted
  [[nodiscard]] Outcome<void> refuse_bytes(std::string_view name) const;
  [[nodiscard]] Outcome<void> room_for_file(std::string_view name) const;
  void take_bytes(uint64_t count) { bytes_added_ += count; }
  void give_back_bytes(uint64_t count) { bytes_added_ -= count < bytes_added_ ? count : bytes_added_; }
  void take_file() { ++files_made_; }
  void give_back_file() { files_made_ -= files_made_ != 0 ? 1 : 0; }

 private:
  [[nodiscard]] Outcome<void> refuse(Refusal refusal, std::string_view kind, std::string_view what, std::string_view name,
                                     std::string would_grant) const;
  // The line that would grant it with these rights.
  [[nodiscard]] std::string line(bool read, bool write, bool create) const;

  uint64_t bytes_added_ = 0, files_made_ = 0;
};

// A name of the guest's, in quotes, fit for a terminal.
[[nodiscard]] std::string shown_name(std::string_view name);

}  // namespace mote::sandbox
