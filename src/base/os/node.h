// What lies in a folder, by the kernel's own calls and with its error numbers: what a sandbox for files is made of.
//
// Each call is relative to an open folder and takes one name (or path) there. None looks where a path leads: that is
// host/sandbox/resolve.h. Descriptors are close-on-exec, never become a controlling terminal and are opened without waiting, so
// that a pipe or a device in a folder cannot hold its opener. Restarted after signals. Tested by node_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/file.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mote::os {

template <class T>
using Kernel = std::expected<T, int>;  // the failure is an errno value

enum class NodeKind : uint8_t { unknown, regular, folder, symbolic_link, character_device, block_device, pipe, socket };

struct NodeStatus {
  uint64_t device = 0, inode = 0, links = 0, size = 0;
  int64_t accessed_ns = 0, modified_ns = 0, changed_ns = 0;
  NodeKind kind = NodeKind::unknown;
};

// How to open, as a sum of these. Without read and write: for reading. path_only takes folder and no_follow beside it; its
// descriptor names a node (a symbolic link, too) and reads nothing.
namespace opening {
inline constexpr uint32_t read = 1, write = 2, create = 4, exclusive = 8, truncate = 16, append = 32, sync = 64, data_sync = 128,
                          folder = 256, no_follow = 512, path_only = 1024;
}

inline constexpr int current_folder = -100;  // in place of a descriptor: this process's own (AT_FDCWD)

[[nodiscard]] Kernel<File> open_in(int folder, const std::string& path, uint32_t how);
// The same, with the kernel's promise that the path, whatever links and renames there are, does not leave the folder: EXDEV when
// it would, EAGAIN when a rename meanwhile makes it impossible to tell, ENOSYS before Linux 5.6.
[[nodiscard]] Kernel<File> open_beneath(int folder, const std::string& path, uint32_t how);

[[nodiscard]] Kernel<NodeStatus> status(int descriptor);
[[nodiscard]] Kernel<NodeStatus> status_in(int folder, const std::string& name);     // of a symbolic link itself
[[nodiscard]] Kernel<std::string> link_target(int folder, const std::string& name);  // name "": the descriptor is the link's own
[[nodiscard]] Kernel<void> make_folder_in(int folder, const std::string& name);
[[nodiscard]] Kernel<void> remove_folder_in(int folder, const std::string& name);
[[nodiscard]] Kernel<void> unlink_in(int folder, const std::string& name);
[[nodiscard]] Kernel<void> rename_in(int folder, const std::string& name, int to_folder, const std::string& to_name);
[[nodiscard]] Kernel<void> link_in(int folder, const std::string& name, int to_folder, const std::string& to_name);
[[nodiscard]] Kernel<void> make_link_in(const std::string& target, int folder, const std::string& name);

// What stands behind a descriptor's file system: storage; or the kernel's tables shown as files; or those of its processes, through
// which memory and descriptors of any of them can be reached.
enum class FileSystemKind : uint8_t { storage, kernel, processes };
[[nodiscard]] Kernel<FileSystemKind> file_system_kind(int descriptor);

struct NewTime {
  enum class Kind : uint8_t { keep, now, at } kind = Kind::keep;
  uint64_t ns = 0;  // since 1970, for `at`
};
// Of the node that a descriptor names, also of one that is path_only.
[[nodiscard]] Kernel<void> set_times(int descriptor, NewTime accessed, NewTime modified);

// Transfers from or to several pieces of memory, at a position or (without one) at the descriptor's own, which then moves. May
// transfer less. What is read into may be a guest's memory (writable.h).
[[nodiscard]] Kernel<uint64_t> read_pieces(int descriptor, std::span<const MutableBytes> into, std::optional<uint64_t> at);
[[nodiscard]] Kernel<uint64_t> write_pieces(int descriptor, std::span<const MutableBytes> from, std::optional<uint64_t> at);

enum class SeekFrom : uint8_t { start, position, end };
[[nodiscard]] Kernel<uint64_t> seek(int descriptor, int64_t offset, SeekFrom from);
[[nodiscard]] Kernel<void> set_size(int descriptor, uint64_t size);
[[nodiscard]] Kernel<void> allocate(int descriptor, uint64_t offset, uint64_t size);
enum class Advice : uint8_t { normal, sequential, random, will_need, will_not_need, once };
[[nodiscard]] Kernel<void> advise(int descriptor, uint64_t offset, uint64_t size, Advice advice);
enum class Flush : uint8_t { everything, data };
[[nodiscard]] Kernel<void> flush(int descriptor, Flush what);
[[nodiscard]] Kernel<void> set_appending(int descriptor, bool is_appending);

struct FolderEntry {
  uint64_t inode;
  uint64_t next;  // where to go on behind this entry
  NodeKind kind;  // unknown on some file systems
  std::string_view name;
};
// Hands on entries from a place on (0: the first), "." and ".." among them, until `take` returns false or there are no more.
// `buffer` (at least 512 bytes) is what is read into.
[[nodiscard]] Kernel<void> list_entries(int folder, uint64_t from, MutableBytes buffer,
                                        const std::function<bool(const FolderEntry&)>& take);

}  // namespace mote::os
