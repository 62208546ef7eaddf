// Files by the system's calls (file.h): each call is restarted after a signal, each descriptor is close-on-exec.
#include "base/os/file.h"

#include "base/core/format.h"
#include "base/os/restarted.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mote::os {

namespace {

FileIdentity identity_of(const struct stat& status) {
  auto ns = [](const timespec& time) { return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec; };
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<uint64_t>(status.st_size),
          .modified_ns = ns(status.st_mtim),
          .changed_ns = ns(status.st_ctim),
          .mode = status.st_mode & 07777u,
          .owner = status.st_uid,
          .is_regular = S_ISREG(status.st_mode),
          .is_folder = S_ISDIR(status.st_mode)};
}

std::string parent_folder(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_content(const File& file, const std::string& path, Bytes content, uint32_t mode, bool flushes) {
  if (auto written = write_all(file.descriptor(), content); !written) return written;
  if (fchmod(file.descriptor(), mode) != 0 || (flushes && restarted([&] { return fsync(file.descriptor()); }) != 0)) {
    return fail_errno(errno, "cannot write " + path);
  }
  return {};
}

Result<void> replace(const std::string& path, Bytes content, uint32_t mode, bool flushes) {
  static std::atomic<uint32_t> serial = 0;
  const std::string temporary = format("{}.{}.{}.tmp", path, getpid(), serial.fetch_add(1));
  {
    const File file(restarted([&] { return ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); }));
    if (!file) return fail_errno(errno, "cannot create " + temporary);
    if (auto written = write_content(file, temporary, content, mode, flushes); !written) {
      unlink(temporary.c_str());
      return written;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    unlink(temporary.c_str());
    return fail_errno(error_number, "cannot replace " + path);
  }
  if (!flushes) return {};
  const File folder(::open(parent_folder(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) fsync(folder.descriptor());  // some file systems cannot: then the rename is as durable as they make it
  return {};
}

}  // namespace

ErrorKind error_kind(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return ErrorKind::bad_input;
    default:
      return ErrorKind::unavailable;
  }
}

std::unexpected<Error> fail_errno(int error_number, const std::string& what) {
  char buffer[256];
  return fail(error_kind(error_number), format("{}: {}", what, strerror_r(error_number, buffer, sizeof buffer)));
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<File> File::open(const std::string& path) {
  const int descriptor = restarted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
  if (descriptor < 0) return fail_errno(errno, "cannot open " + path);
  return File(descriptor);
}

Result<File> File::create(const std::string& path) {
  const int descriptor = restarted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666); });
  if (descriptor < 0) return fail_errno(errno, "cannot write " + path);
  return File(descriptor);
}
Result<File> File::append_to(const std::string& path) {
  const int descriptor =
      restarted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666); });
  if (descriptor < 0) return fail_errno(errno, "cannot write " + path);
  return File(descriptor);
}

// The file may be removed by the one who held it, between our open and our lock: then the lock is on a file that nobody else can
// find, and the next try makes a new one.
Result<File> File::open_exclusively(const std::string& path) {
  constexpr int tries = 16;
  for (int i = 0; i < tries; ++i) {
    File file(restarted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }));
    if (!file) return fail_errno(errno, "cannot open " + path);
    if (restarted([&] { return flock(file.descriptor(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return File();
      return fail_errno(errno, "cannot lock " + path);
    }
    struct stat status;
    if (fstat(file.descriptor(), &status) == 0 && status.st_nlink != 0) return file;
  }
  return File();  // taken and removed faster than we can look: somebody is at work
}

Result<File> File::in_memory(Bytes content) {
  File file(memfd_create("mote", MFD_CLOEXEC));
  if (!file) return fail_errno(errno, "cannot make a file in memory");
  TRY(file.write_at(0, content));
  return file;
}

Result<FileIdentity> File::identity() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) return fail_errno(errno, "cannot look at an open file");
  return identity_of(status);
}

Result<uint64_t> File::read_at(uint64_t offset, MutableBytes into) const {
  uint64_t done = 0;
  while (done < into.size()) {
    const ssize_t count =
        restarted([&] { return pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done)); });
    if (count < 0) return fail_errno(errno, "cannot read");
    if (count == 0) break;
    done += static_cast<uint64_t>(count);
  }
  return done;
}

Result<void> File::write_at(uint64_t offset, Bytes from) const {
  while (!from.empty()) {
    const ssize_t count = restarted([&] { return pwrite(descriptor_, from.data(), from.size(), static_cast<off_t>(offset)); });
    if (count < 0) return fail_errno(errno, "cannot write");
    from = from.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

std::optional<std::string> real_path(const std::string& path) {
  char* const found = ::realpath(path.c_str(), nullptr);
  if (found == nullptr) return std::nullopt;
  std::string text = found;
  std::free(found);
  return text;
}

Result<FileIdentity> identity(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return fail_errno(errno, "cannot look at " + path);
  return identity_of(status);
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t most) {
  const File file = TRY(File::open(path));
  const FileIdentity identity = TRY(file.identity());
  if (identity.is_folder) return fail_errno(EISDIR, "cannot read " + path);
  const auto too_large = [&] { return fail(ErrorKind::limit, format("{}: larger than {} bytes", path, most)); };
  if (identity.size > most) return too_large();
  // Files of /proc say that they are empty, and some give all they have to the first read only.
  std::vector<uint8_t> content(identity.is_regular && identity.size != 0 ? identity.size : 65536);
  uint64_t size = 0;
  for (;;) {
    if (size == content.size()) {  // ask once more: files grow, and pipes do not know their size
      uint8_t next;
      if (TRY(read_some(file.descriptor(), {&next, 1})) == 0) break;
      if (size >= most) return too_large();
      content.resize(std::max<uint64_t>(size * 2, 65536));
      content[size++] = next;
    }
    auto count = read_some(file.descriptor(), MutableBytes(content).subspan(size));
    if (!count) return fail(count.error().kind, path + ": " + count.error().message);
    if (*count == 0) break;
    size += *count;
    if (size > most) return too_large();
  }
  content.resize(size);
  return content;
}

Result<void> write_file(const std::string& path, Bytes content, uint32_t mode) {
  return replace(path, content, mode, true);
}
Result<void> write_file_unflushed(const std::string& path, Bytes content, uint32_t mode) {
  return replace(path, content, mode, false);
}

Result<void> rename_file(const std::string& path, const std::string& to) {
  if (rename(path.c_str(), to.c_str()) != 0) return fail_errno(errno, format("cannot rename {} to {}", path, to));
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0) return fail_errno(errno, "cannot remove " + path);
  return {};
}

void touch(const std::string& path) {
  utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

Result<void> make_folder(const std::string& path, uint32_t mode) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno(errno, "cannot make the folder " + parent);
  }
  if (mkdir(path.c_str(), mode) != 0) {
    const int error_number = errno;
    struct stat status;
    if (error_number != EEXIST || stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      return fail_errno(error_number, "cannot make the folder " + path);
    }
  }
  return {};
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return fail_errno(errno, "cannot list " + path);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(folder);
  std::ranges::sort(names);
  return names;
}

Result<std::string> make_temporary_folder(const std::string& prefix) {
  const char* base = getenv("TMPDIR");
  std::string path = format("{}/{}XXXXXX", base != nullptr && base[0] == '/' ? base : "/tmp", prefix);
  if (mkdtemp(path.data()) == nullptr) return fail_errno(errno, "cannot make the folder " + path);
  return path;
}

Result<void> remove_folder(const std::string& path) {
  for (const std::string& name : TRY(list_folder(path))) {
    const std::string entry = format("{}/{}", path, name);
    struct stat status;
    if (lstat(entry.c_str(), &status) != 0) return fail_errno(errno, "cannot look at " + entry);
    if (auto removed = S_ISDIR(status.st_mode) ? remove_folder(entry) : remove_file(entry); !removed) return removed;
  }
  if (rmdir(path.c_str()) != 0) return fail_errno(errno, "cannot remove " + path);
  return {};
}

Result<uint64_t> read_some(int descriptor, MutableBytes into) {
  const ssize_t count = restarted([&] { return read(descriptor, into.data(), std::min<size_t>(into.size(), SSIZE_MAX)); });
  if (count < 0) return fail_errno(errno, "cannot read");
  return static_cast<uint64_t>(count);
}

Result<uint64_t> write_some(int descriptor, Bytes from) {
  const ssize_t count = restarted([&] { return write(descriptor, from.data(), std::min<size_t>(from.size(), SSIZE_MAX)); });
  if (count < 0) return fail_errno(errno, "cannot write");
  return static_cast<uint64_t>(count);
}

Result<void> write_all(int descriptor, Bytes from) {
  while (!from.empty()) from = from.subspan(TRY(write_some(descriptor, from)));
  return {};
}

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1;
}

std::string program_path() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
}

}  // namespace mote::os
