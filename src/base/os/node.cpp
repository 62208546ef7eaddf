// Folders and what lies in them by the system's calls: see node.h.
#include "base/os/node.h"

#include "base/os/restarted.h"
#include "base/os/writable.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mote::os {
namespace {

template <class Number>
Kernel<void> done(Number result) {
  if (result < 0) return std::unexpected(errno);
  return {};
}

int flags_of(uint32_t how) {
  int flags = O_CLOEXEC;
  if ((how & opening::folder) != 0) flags |= O_DIRECTORY;
  if ((how & opening::no_follow) != 0) flags |= O_NOFOLLOW;
  if ((how & opening::path_only) != 0) return flags | O_PATH;
  flags |= O_NOCTTY | O_NONBLOCK;
  const bool reads = (how & opening::read) != 0, writes = (how & opening::write) != 0;
  flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if ((how & opening::create) != 0) flags |= O_CREAT;
  if ((how & opening::exclusive) != 0) flags |= O_EXCL;
  if ((how & opening::truncate) != 0) flags |= O_TRUNC;
  if ((how & opening::append) != 0) flags |= O_APPEND;
  if ((how & opening::sync) != 0) flags |= O_SYNC;
  if ((how & opening::data_sync) != 0) flags |= O_DSYNC;
  return flags;
}

static_assert(current_folder == AT_FDCWD);
constexpr mode_t new_file_mode = 0666, new_folder_mode = 0777;  // less this process's umask

NodeKind kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return NodeKind::regular;
    case S_IFDIR:
      return NodeKind::folder;
    case S_IFLNK:
      return NodeKind::symbolic_link;
    case S_IFCHR:
      return NodeKind::character_device;
    case S_IFBLK:
      return NodeKind::block_device;
    case S_IFIFO:
      return NodeKind::pipe;
    case S_IFSOCK:
      return NodeKind::socket;
    default:
      return NodeKind::unknown;
  }
}

NodeStatus status_of(const struct stat& found) {
  constexpr int64_t second_ns = 1'000'000'000;
  const auto ns = [](const timespec& time) { return static_cast<int64_t>(time.tv_sec) * second_ns + time.tv_nsec; };
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .links = found.st_nlink,
          .size = static_cast<uint64_t>(found.st_size),
          .accessed_ns = ns(found.st_atim),
          .modified_ns = ns(found.st_mtim),
          .changed_ns = ns(found.st_ctim),
          .kind = kind_of(found.st_mode)};
}

timespec timespec_of(NewTime time) {
  constexpr uint64_t second_ns = 1'000'000'000;
  switch (time.kind) {
    case NewTime::Kind::keep:
      return {0, UTIME_OMIT};
    case NewTime::Kind::now:
      return {0, UTIME_NOW};
    case NewTime::Kind::at:
      break;
  }
  return {static_cast<time_t>(time.ns / second_ns), static_cast<long>(time.ns % second_ns)};
}

// The kernel counts in signed numbers.
bool fits(uint64_t offset) {
  return offset <= static_cast<uint64_t>(INT64_MAX);
}

// The next pieces of a transfer as the kernel wants them: at most `most` bytes.
class Group {
 public:
  explicit Group(std::span<const MutableBytes> pieces) : left_(pieces) {}
  // Whether there is more. The first group of no pieces is one of nothing.
  bool next(uint64_t most) {
    count_ = 0;
    size_ = 0;
    while (count_ < entries_.size() && !left_.empty() && size_ < most) {
      const MutableBytes piece = left_.front().subspan(skipped_);
      const uint64_t taken = std::min<uint64_t>(piece.size(), most - size_);
      entries_[count_++] = {piece.data(), taken};
      size_ += taken;
      skipped_ += taken;
      if (taken == piece.size()) {
        left_ = left_.subspan(1);
        skipped_ = 0;
      }
    }
    return count_ != 0;
  }
  [[nodiscard]] const iovec* entries() const { return entries_.data(); }
  [[nodiscard]] int count() const { return static_cast<int>(count_); }
  [[nodiscard]] uint64_t size() const { return size_; }
  void make_writable() const {
    for (size_t i = 0; i < count_; ++i) os::make_writable({static_cast<uint8_t*>(entries_[i].iov_base), entries_[i].iov_len});
  }

 private:
  std::span<const MutableBytes> left_;
  uint64_t skipped_ = 0;  // of the first of them
  std::array<iovec, 64> entries_;
  size_t count_ = 0;
  uint64_t size_ = 0;
};

// Runs `call` on groups of pieces until one of them comes out short. `written`: they are to be written by the kernel.
template <class Call>
Kernel<uint64_t> in_groups(std::span<const MutableBytes> pieces, std::optional<uint64_t> at, bool written, Call call) {
  Group group(pieces);
  uint64_t most = written ? first_written : SSIZE_MAX, total = 0;
  bool is_first = true;
  while (group.next(most) || is_first) {
    if (at && (!fits(*at) || !fits(*at + total))) return std::unexpected(EINVAL);
    if (written) group.make_writable();
    const ssize_t moved = restarted([&] { return call(group.entries(), group.count(), at ? *at + total : 0); });
    if (moved < 0 && total == 0) return std::unexpected(errno);
    if (moved < 0) break;  // what was moved is reported; the failure will meet the next call
    total += static_cast<uint64_t>(moved);
    if (static_cast<uint64_t>(moved) < group.size()) break;
    if (written) most = std::min(2 * most, most_written);
    is_first = false;
  }
  return total;
}

}  // namespace

Kernel<File> open_in(int folder, const std::string& path, uint32_t how) {
  File file(restarted([&] { return openat(folder, path.c_str(), flags_of(how), new_file_mode); }));
  if (!file) return std::unexpected(errno);
  return file;
}

Kernel<File> open_beneath(int folder, const std::string& path, uint32_t how) {
  open_how request = {};
  request.flags = static_cast<uint64_t>(flags_of(how));
  request.mode = (how & opening::create) != 0 ? new_file_mode : 0;
  request.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  File file(static_cast<int>(restarted([&] { return syscall(SYS_openat2, folder, path.c_str(), &request, sizeof request); })));
  if (!file) return std::unexpected(errno);
  return file;
}

Kernel<NodeStatus> status(int descriptor) {
  struct stat found;
  if (fstat(descriptor, &found) != 0) return std::unexpected(errno);
  return status_of(found);
}

Kernel<NodeStatus> status_in(int folder, const std::string& name) {
  struct stat found;
  if (fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return std::unexpected(errno);
  return status_of(found);
}

Kernel<std::string> link_target(int folder, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t size = readlinkat(folder, name.c_str(), target, sizeof target);
  if (size < 0) return std::unexpected(errno);
  return std::string(target, static_cast<size_t>(size));
}

Kernel<void> make_folder_in(int folder, const std::string& name) {
  return done(mkdirat(folder, name.c_str(), new_folder_mode));
}
Kernel<void> remove_folder_in(int folder, const std::string& name) {
  return done(unlinkat(folder, name.c_str(), AT_REMOVEDIR));
}
Kernel<void> unlink_in(int folder, const std::string& name) {
  return done(unlinkat(folder, name.c_str(), 0));
}
Kernel<void> rename_in(int folder, const std::string& name, int to_folder, const std::string& to_name) {
  return done(renameat(folder, name.c_str(), to_folder, to_name.c_str()));
}
Kernel<void> link_in(int folder, const std::string& name, int to_folder, const std::string& to_name) {
  return done(linkat(folder, name.c_str(), to_folder, to_name.c_str(), 0));
}
Kernel<void> make_link_in(const std::string& target, int folder, const std::string& name) {
  return done(symlinkat(target.c_str(), folder, name.c_str()));
}

Kernel<FileSystemKind> file_system_kind(int descriptor) {
  struct statfs found;
  if (restarted([&] { return fstatfs(descriptor, &found); }) != 0) return std::unexpected(errno);
  switch (static_cast<uint32_t>(found.f_type)) {
    case PROC_SUPER_MAGIC:
      return FileSystemKind::processes;
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case SELINUX_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case BPF_FS_MAGIC:
    case BINFMTFS_MAGIC:
    case EFIVARFS_MAGIC:
    case NSFS_MAGIC:
      return FileSystemKind::kernel;
    default:
      return FileSystemKind::storage;
  }
}

Kernel<void> set_times(int descriptor, NewTime accessed, NewTime modified) {
  const timespec times[2] = {timespec_of(accessed), timespec_of(modified)};
  if (futimens(descriptor, times) == 0) return {};
  if (errno != EBADF) return std::unexpected(errno);
  return done(utimensat(descriptor, "", times, AT_EMPTY_PATH));  // a path_only descriptor; Linux 5.8
}

Kernel<uint64_t> read_pieces(int descriptor, std::span<const MutableBytes> into, std::optional<uint64_t> at) {
  return in_groups(into, at, true, [&](const iovec* list, int count, uint64_t offset) {
    return at ? preadv(descriptor, list, count, static_cast<off_t>(offset)) : readv(descriptor, list, count);
  });
}

Kernel<uint64_t> write_pieces(int descriptor, std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  return in_groups(from, at, false, [&](const iovec* list, int count, uint64_t offset) {
    return at ? pwritev(descriptor, list, count, static_cast<off_t>(offset)) : writev(descriptor, list, count);
  });
}

Kernel<uint64_t> seek(int descriptor, int64_t offset, SeekFrom from) {
  const int whence = from == SeekFrom::start ? SEEK_SET : from == SeekFrom::position ? SEEK_CUR : SEEK_END;
  const off_t position = lseek(descriptor, offset, whence);
  if (position < 0) return std::unexpected(errno);
  return static_cast<uint64_t>(position);
}

Kernel<void> set_size(int descriptor, uint64_t size) {
  if (!fits(size)) return std::unexpected(EINVAL);
  return done(restarted([&] { return ftruncate(descriptor, static_cast<off_t>(size)); }));
}

Kernel<void> allocate(int descriptor, uint64_t offset, uint64_t size) {
  if (!fits(offset) || !fits(size)) return std::unexpected(EINVAL);
  return done(restarted([&] { return fallocate(descriptor, 0, static_cast<off_t>(offset), static_cast<off_t>(size)); }));
}

Kernel<void> advise(int descriptor, uint64_t offset, uint64_t size, Advice advice) {
  constexpr int numbers[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (!fits(offset) || !fits(size)) return std::unexpected(EINVAL);
  const int error_number =
      posix_fadvise(descriptor, static_cast<off_t>(offset), static_cast<off_t>(size), numbers[static_cast<size_t>(advice)]);
  if (error_number != 0) return std::unexpected(error_number);
  return {};
}

Kernel<void> flush(int descriptor, Flush what) {
  return done(restarted([&] { return what == Flush::data ? fdatasync(descriptor) : fsync(descriptor); }));
}

Kernel<void> set_appending(int descriptor, bool is_appending) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return std::unexpected(errno);
  return done(fcntl(descriptor, F_SETFL, is_appending ? flags | O_APPEND : flags & ~O_APPEND));
}

Kernel<void> list_entries(int folder, uint64_t from, MutableBytes buffer, const std::function<bool(const FolderEntry&)>& take) {
  if (!fits(from)) return std::unexpected(EINVAL);
  if (lseek(folder, static_cast<off_t>(from), SEEK_SET) < 0) return std::unexpected(errno);
  for (;;) {
    const ssize_t size = getdents64(folder, buffer.data(), buffer.size());
    if (size < 0) return std::unexpected(errno);
    if (size == 0) return {};
    for (ssize_t at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      if (!take({entry->d_ino, static_cast<uint64_t>(entry->d_off), kind_of(DTTOIF(entry->d_type)), entry->d_name})) return {};
      at += entry->d_reclen;
    }
  }
}

}  // namespace mote::os
