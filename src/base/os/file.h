// Files: opened, read whole, written so that a reader sees the old or the new content and nothing between.
//
// Errors name the path and the system's reason; kinds: not_found, denied, unavailable. Tested by file_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::os {

// The kind for an errno, and a failure "cannot WHAT PATH: No such file or directory".
[[nodiscard]] ErrorKind error_kind(int error_number);
[[nodiscard]] std::unexpected<Error> fail_errno(int error_number, const std::string& what);

// What tells one state of a file from another without reading it: a cheap cache key.
struct FileIdentity {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0, changed_ns = 0;
  uint32_t mode = 0;   // permission bits
  uint32_t owner = 0;  // user id
  bool is_regular = false, is_folder = false;
  bool operator==(const FileIdentity&) const = default;
};

// An open file; closed at its end.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();

  [[nodiscard]] static Result<File> open(const std::string& path);  // for reading
  // For reading and writing, made with mode 0600 when it is missing, and held by nobody else who opens it so, in this process or
  // any other. An invalid File when somebody holds it. Whoever dies lets go.
  [[nodiscard]] static Result<File> open_exclusively(const std::string& path);
  // For writing, made when it is missing: from its beginning with what it held gone, or behind that.
  [[nodiscard]] static Result<File> create(const std::string& path);
  [[nodiscard]] static Result<File> append_to(const std::string& path);
  // A file without a name, which holds these bytes: to be handed to a program as its input.
  [[nodiscard]] static Result<File> in_memory(Bytes content);
  [[nodiscard]] Result<FileIdentity> identity() const;
  // Reads from a position; fewer bytes than asked only at the end.
  [[nodiscard]] Result<uint64_t> read_at(uint64_t offset, MutableBytes into) const;
  [[nodiscard]] Result<void> write_at(uint64_t offset, Bytes from) const;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

[[nodiscard]] std::optional<std::string> real_path(const std::string& path);  // absolute, without links; nothing: not there
[[nodiscard]] Result<FileIdentity> identity(const std::string& path);         // follows symbolic links
[[nodiscard]] bool exists(const std::string& path);
// Whole content; fails with kind limit when it is larger than `most` bytes. Pipes and devices are read to their end.
[[nodiscard]] Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t most);
// Writes a temporary file beside `path`, flushes it, and renames it: readers see all or nothing, also after a crash.
[[nodiscard]] Result<void> write_file(const std::string& path, Bytes content, uint32_t mode = 0644);
// The same without flushing, which can take 20 ms: after a crash of the machine the file may be absent, empty or torn. For what
// goes soon, and for what its reader checks.
[[nodiscard]] Result<void> write_file_unflushed(const std::string& path, Bytes content, uint32_t mode = 0644);
[[nodiscard]] Result<void> remove_file(const std::string& path);
// Within one file system; replaces what has the new name.
[[nodiscard]] Result<void> rename_file(const std::string& path, const std::string& to);
// Sets access and modification time to now: what a size-capped cache orders by.
void touch(const std::string& path);

// Makes a folder and its parents; the last one gets `mode`. Succeeds when it is there already.
[[nodiscard]] Result<void> make_folder(const std::string& path, uint32_t mode = 0755);
[[nodiscard]] Result<std::vector<std::string>> list_folder(const std::string& path);  // names, sorted
// A fresh file or folder with mode 0600/0700 under the system's temporary folder.
[[nodiscard]] Result<std::string> make_temporary_folder(const std::string& prefix);
// Removes a folder with everything in it; symbolic links are removed, not followed.
[[nodiscard]] Result<void> remove_folder(const std::string& path);

// Reads or writes an open descriptor of ours (0, 1, 2, a pipe), restarted after signals. read returns 0 at the end.
[[nodiscard]] Result<uint64_t> read_some(int descriptor, MutableBytes into);
[[nodiscard]] Result<uint64_t> write_some(int descriptor, Bytes from);
[[nodiscard]] Result<void> write_all(int descriptor, Bytes from);
[[nodiscard]] bool is_terminal(int descriptor);
[[nodiscard]] std::string program_path();  // of this process, for finding programs beside it; empty when unknown

}  // namespace mote::os
