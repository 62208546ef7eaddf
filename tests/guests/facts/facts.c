// What others test of preview 1, as facts: facts.wasm, with an empty writable folder "/" at 3. Each line is an answer that the definition fixes; a wrong one
// is printed. Groups bear the names of the tests of the public conformance suite that ask the same, so that a row there finds its line here. Used by
// tests/cases/preview1-facts.case.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static int checked, wrong;
static const char* group = "";
#define GROUP(name) group = name;
#define SAYS(expected, ...)                                                                                                        \
  do {                                                                                                                             \
    const int answer_ = (int)(__VA_ARGS__);                                                                                        \
    ++checked;                                                                                                                     \
    if (answer_ != (int)(expected) && ++wrong) printf("%s, line %d: %d, not %d\n", group, __LINE__, answer_, (int)(expected)); \
  } while (0)
#define HOLDS(...) SAYS(true, (__VA_ARGS__) != 0)

enum { ok = 0, badf = 8, exist = 20, inval = 28, isdir = 31, loop = 32, nametoolong = 37, noent = 44, notdir = 54, notempty = 55, notsock = 57, perm = 63, notcapable = 76 };
enum { creat = 1, directory = 2, excl = 4, trunc = 8, follow = 1 };
static const uint64_t rd = 1 << 1, seek = 1 << 2, flags_right = 1 << 3, tell = 1 << 5, wr = 1 << 6, advise = 1 << 7, allocate = 1 << 8, get = 1 << 21, set_size = 1 << 22,
                      set_times = 1 << 23, path_set_size = 1 << 19;
static __wasi_fd_t top = 3, fd;

static int open_at(__wasi_fd_t at, const char* path, int lookup, int how, uint64_t rights, int fdflags) {
  return __wasi_path_open(at, (__wasi_lookupflags_t)lookup, path, (__wasi_oflags_t)how, rights, 0, (__wasi_fdflags_t)fdflags, &fd);
}
static int open(const char* path, int how, uint64_t rights) { return open_at(top, path, 0, how, rights, 0); }
static void make(const char* path) {
  SAYS(ok, open(path, creat, 0));
  HOLDS(fd > 2);
  SAYS(ok, __wasi_fd_close(fd));
}
static int write(__wasi_fd_t to, const void* bytes, size_t size) {
  __wasi_size_t count;
  const __wasi_ciovec_t piece = {bytes, size};
  const int error = __wasi_fd_write(to, &piece, 1, &count);
  return error != 0 ? -error : (int)count;
}
static int read(__wasi_fd_t from, void* bytes, size_t size) {
  __wasi_size_t count;
  const __wasi_iovec_t piece = {bytes, size};
  const int error = __wasi_fd_read(from, &piece, 1, &count);
  return error != 0 ? -error : (int)count;
}
static __wasi_filestat_t stat_of(const char* path, int lookup) {
  __wasi_filestat_t stat = {0};
  SAYS(ok, __wasi_path_filestat_get(top, (__wasi_lookupflags_t)lookup, path, &stat));
  return stat;
}
static __wasi_filestat_t stat_at(__wasi_fd_t at) {
  __wasi_filestat_t stat = {0};
  SAYS(ok, __wasi_fd_filestat_get(at, &stat));
  return stat;
}
static __wasi_fdstat_t state_of(__wasi_fd_t at) {
  __wasi_fdstat_t state = {0};
  SAYS(ok, __wasi_fd_fdstat_get(at, &state));
  return state;
}
static int mkdir(const char* path) { return __wasi_path_create_directory(top, path); }
static int rmdir(const char* path) { return __wasi_path_remove_directory(top, path); }
static int unlink(const char* path) { return __wasi_path_unlink_file(top, path); }
static int rename_to(const char* from, const char* to) { return __wasi_path_rename(top, from, top, to); }
static int symlink(const char* target, const char* path) { return __wasi_path_symlink(target, top, path); }
static int link(const char* from, const char* to) { return __wasi_path_link(top, 0, from, top, to); }

static void descriptors(void) {
  GROUP("close_preopen, renumber, overwrite_preopen, stdio")
  SAYS(ok, open(".", directory, ~wr & ~allocate & ~set_size));
  const __wasi_fd_t other = fd;
  make("a"), make("b");
  SAYS(ok, open("a", 0, rd | wr | get));
  const __wasi_fd_t from = fd;
  SAYS(ok, open("b", 0, rd | get));
  const __wasi_fd_t to = fd;
  const __wasi_filestat_t moved = stat_at(from);
  const __wasi_fdstat_t before = state_of(from);
  SAYS(ok, __wasi_fd_renumber(from, to));
  const __wasi_fdstat_t after = state_of(to);
  HOLDS(stat_at(to).ino == moved.ino && after.fs_rights_base == before.fs_rights_base && after.fs_filetype == before.fs_filetype);
  SAYS(badf, __wasi_fd_close(from));
  SAYS(badf, __wasi_fd_renumber(to, from));
  SAYS(ok, __wasi_fd_renumber(to, to));
  SAYS(ok, __wasi_fd_close(to));
  SAYS(ok, open("a", 0, 0));
  HOLDS(fd == from);  // the lowest free number
  SAYS(ok, __wasi_fd_renumber(0, fd));
  __wasi_fdstat_t none;
  SAYS(badf, __wasi_fd_fdstat_get(0, &none));
  SAYS(ok, __wasi_fd_close(fd));
  SAYS(ok, open("a", 0, 0));
  HOLDS(fd == from);  // never one of the standard three
  SAYS(ok, __wasi_fd_close(fd));
  const __wasi_filestat_t folder = stat_at(other);
  SAYS(ok, __wasi_fd_renumber(other, top));
  HOLDS(stat_at(top).ino == folder.ino);
  SAYS(badf, __wasi_fd_close(other));
  SAYS(ok, unlink("a") | unlink("b"));
}

static void folders_are_no_files(void) {
  GROUP("dir_fd_op_failures, directory_seek, path_open_dirfd_not_dir")
  SAYS(ok, mkdir("dir"));
  SAYS(ok, open("dir", directory, seek));
  const __wasi_fd_t dir = fd;
  uint8_t bytes[16];
  __wasi_size_t size;
  __wasi_filesize_t place;
  const __wasi_iovec_t in = {bytes, 16};
  const __wasi_ciovec_t out = {bytes, 16};
  SAYS(isdir, __wasi_fd_read(dir, &in, 1, &size));
  SAYS(isdir, __wasi_fd_pread(dir, &in, 1, 0, &size));
  SAYS(isdir, __wasi_fd_write(dir, &out, 1, &size));
  SAYS(isdir, __wasi_fd_pwrite(dir, &out, 1, 0, &size));
  for (int whence = 0; whence < 3; ++whence) SAYS(isdir, __wasi_fd_seek(dir, 0, (__wasi_whence_t)whence, &place));
  SAYS(isdir, __wasi_fd_tell(dir, &place));
  SAYS(isdir, __wasi_fd_allocate(dir, 0, 1));
  SAYS(isdir, __wasi_fd_filestat_set_size(dir, 0));
  HOLDS((state_of(dir).fs_rights_base & (seek | set_size)) == 0 && state_of(dir).fs_flags == 0);
  SAYS(ok, open_at(top, ".", 0, 0, 0, __WASI_FDFLAGS_NONBLOCK) | __wasi_fd_close(fd));
  SAYS(isdir, open(".", directory, rd | wr));
  SAYS(ok, open(".", directory, rd) | __wasi_fd_close(fd));
  make("file");
  SAYS(ok, open("file", 0, 0));
  SAYS(notdir, __wasi_path_open(fd, 0, "x", creat, 0, 0, 0, &fd));
  SAYS(ok, __wasi_fd_close(fd) | __wasi_fd_close(dir) | rmdir("dir") | unlink("file"));
}

static void contents(void) {
  GROUP("file_seek_tell, file_truncation, file_unbuffered_write, fd_flags_set")
  SAYS(ok, open("file", creat, rd | wr | seek | tell | flags_right | get | set_size | allocate | advise | set_times));
  const __wasi_fd_t file = fd;
  uint8_t bytes[100] = {1};
  __wasi_filesize_t place;
  SAYS(100, write(file, bytes, 100));
  SAYS(ok, __wasi_fd_tell(file, &place));
  SAYS(100, place);
  SAYS(ok, __wasi_fd_seek(file, -50, __WASI_WHENCE_CUR, &place));
  SAYS(50, place);
  SAYS(ok, __wasi_fd_seek(file, 1000, __WASI_WHENCE_CUR, &place));
  SAYS(inval, __wasi_fd_seek(file, -2000, __WASI_WHENCE_CUR, &place));
  SAYS(inval, __wasi_fd_seek(file, 0, 3, &place));
  SAYS(ok, __wasi_fd_seek(file, -100, __WASI_WHENCE_END, &place));
  SAYS(0, place);
  SAYS(100, read(file, bytes, 100));
  SAYS(0, read(file, bytes, 100));
  SAYS(ok, __wasi_fd_fdstat_set_flags(file, __WASI_FDFLAGS_APPEND));
  SAYS(__WASI_FDFLAGS_APPEND, state_of(file).fs_flags);
  SAYS(ok, __wasi_fd_seek(file, 0, __WASI_WHENCE_SET, &place));
  SAYS(10, write(file, bytes, 10));
  SAYS(110, stat_at(file).size);
  SAYS(ok, __wasi_fd_fdstat_set_flags(file, 0));
  SAYS(ok, __wasi_fd_seek(file, 0, __WASI_WHENCE_SET, &place));
  SAYS(10, write(file, "0123456789", 10));
  SAYS(110, stat_at(file).size);
  GROUP("file_pread_pwrite, pwrite-with-append")
  __wasi_size_t size;
  const __wasi_ciovec_t out[] = {{(const uint8_t*)"ab", 2}, {(const uint8_t*)"", 0}, {(const uint8_t*)"cd", 2}};
  SAYS(ok, __wasi_fd_pwrite(file, out, 3, 2, &size));
  SAYS(4, size);
  const __wasi_iovec_t in[] = {{bytes, 3}, {bytes + 50, 3}};
  SAYS(ok, __wasi_fd_pread(file, in, 2, 1, &size));
  HOLDS(size == 6 && memcmp(bytes, "1ab", 3) == 0 && memcmp(bytes + 50, "cd6", 3) == 0);
  SAYS(ok, __wasi_fd_tell(file, &place));
  SAYS(10, place);
  SAYS(ok, __wasi_fd_pwrite(file, out + 1, 1, 5000, &size));
  SAYS(110, stat_at(file).size);  // nothing written, nothing grown
  GROUP("fd_advise, file_allocate, fd_filestat_set, fstflags_validate")
  SAYS(ok, __wasi_fd_advise(file, 10, 50, __WASI_ADVICE_NORMAL));
  SAYS(inval, __wasi_fd_advise(file, 10, 50, 6));
  SAYS(ok, __wasi_fd_allocate(file, 100, 100));
  SAYS(200, stat_at(file).size);
  SAYS(ok, __wasi_fd_allocate(file, 10, 10));
  SAYS(200, stat_at(file).size);
  SAYS(inval, __wasi_fd_allocate(file, 10, 0));
  SAYS(ok, __wasi_fd_filestat_set_size(file, 100));
  const __wasi_filestat_t before = stat_at(file);
  SAYS(ok, __wasi_fd_filestat_set_times(file, 1, before.mtim - 100, __WASI_FSTFLAGS_MTIM));
  HOLDS(stat_at(file).mtim == before.mtim - 100 && stat_at(file).atim == before.atim && stat_at(file).size == 100);
  SAYS(inval, __wasi_fd_filestat_set_times(file, 1, 2, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
  SAYS(inval, __wasi_fd_filestat_set_times(file, 1, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
  SAYS(inval, __wasi_path_filestat_set_times(top, 0, "file", 1, 2, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
  HOLDS(stat_at(file).mtim == before.mtim - 100);
  SAYS(ok, open("file", creat | trunc, rd | wr));
  SAYS(0, read(fd, bytes, 100));
  SAYS(ok, __wasi_fd_close(fd));
  GROUP("path_open_read_write, path_filestat")
  SAYS(ok, open("file", 0, rd));
  HOLDS((state_of(fd).fs_rights_base & (rd | wr)) == rd);
  SAYS(-badf, write(fd, bytes, 1));
  SAYS(ok, __wasi_fd_close(fd) | open("file", 0, wr));
  HOLDS((state_of(fd).fs_rights_base & (rd | wr)) == wr);
  SAYS(-badf, read(fd, bytes, 1));
  SAYS(ok, __wasi_fd_close(fd) | open_at(top, "file", 0, 0, rd | wr, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC));
  SAYS(__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC, state_of(fd).fs_flags);
  SAYS(ok, __wasi_fd_close(fd) | __wasi_fd_close(file) | unlink("file"));
}

static void rights(void) {
  GROUP("fd_fdstat_set_rights, truncation_rights, path_open_preopen")
  make("file");
  SAYS(ok, open("file", 0, rd | wr | seek | tell));
  SAYS(ok, __wasi_fd_fdstat_set_rights(fd, seek | tell, 0));
  uint8_t byte = 0;
  SAYS(-notcapable, read(fd, &byte, 1));
  SAYS(-notcapable, write(fd, &byte, 1));
  SAYS(notcapable, __wasi_fd_fdstat_set_rights(fd, seek | tell | rd, 0));
  SAYS(ok, __wasi_fd_close(fd));
  const __wasi_fdstat_t root = state_of(top);
  SAYS(ok, __wasi_path_open(top, 0, ".", 0, root.fs_rights_base, root.fs_rights_inheriting, 0, &fd));
  const __wasi_fd_t folder = fd;
  HOLDS(state_of(folder).fs_rights_base == root.fs_rights_base && state_of(folder).fs_rights_inheriting == root.fs_rights_inheriting);
  SAYS(ok, __wasi_fd_fdstat_set_rights(folder, root.fs_rights_base, root.fs_rights_inheriting & ~set_size));
  SAYS(ok, open_at(folder, "file", 0, trunc, 0, 0) | __wasi_fd_close(fd));
  SAYS(ok, __wasi_fd_fdstat_set_rights(folder, root.fs_rights_base & ~path_set_size, root.fs_rights_inheriting & ~set_size));
  SAYS(notcapable, open_at(folder, "file", 0, trunc, 0, 0));
  SAYS(ok, __wasi_fd_close(folder) | unlink("file"));
}

static void links(void) {
  GROUP("dangling_symlink, nofollow_errors, symlink_create, symlink_loop, readlink, symlink_filestat, path_exists")
  SAYS(ok, symlink("target", "link"));
  SAYS(notdir, open("link", directory, 0));
  SAYS(loop, open("link", 0, 0));
  SAYS(noent, open_at(top, "link", follow, 0, 0, 0));
  SAYS(ok, mkdir("target"));
  SAYS(loop, open("link", 0, 0));
  SAYS(ok, open_at(top, "link", follow, directory, 0, 0) | __wasi_fd_close(fd));
  HOLDS(stat_of("link", 0).filetype == __WASI_FILETYPE_SYMBOLIC_LINK && stat_of("link", follow).filetype == __WASI_FILETYPE_DIRECTORY);
  SAYS(ok, rmdir("target"));
  make("target");
  SAYS(notdir, open_at(top, "link", follow, directory, 0, 0));
  SAYS(loop, open("link", 0, 0));
  const __wasi_filestat_t file = stat_of("target", 0), own = stat_of("link", 0);
  SAYS(ok, __wasi_path_filestat_set_times(top, 0, "link", 0, own.mtim - 200, __WASI_FSTFLAGS_MTIM));
  HOLDS(stat_of("link", 0).mtim == own.mtim - 200 && stat_of("link", follow).mtim == file.mtim);
  SAYS(ok, __wasi_path_filestat_set_times(top, follow, "link", 0, 12345, __WASI_FSTFLAGS_MTIM));
  HOLDS(stat_of("target", 0).mtim == 12345);
  uint8_t text[10] = "..........";
  __wasi_size_t size;
  SAYS(ok, __wasi_path_readlink(top, "link", text, 10, &size));
  HOLDS(size == 6 && memcmp(text, "target....", 10) == 0);
  SAYS(ok, __wasi_path_readlink(top, "link", text, 4, &size));
  SAYS(4, size);
  SAYS(inval, __wasi_path_readlink(top, "target", text, 4, &size));
  SAYS(perm, symlink("/", "absolute"));
  SAYS(ok, symlink("self", "self"));
  SAYS(loop, open_at(top, "self", follow, 0, 0, 0));
  SAYS(ok, unlink("self") | unlink("link"));
  GROUP("path_symlink_trailing_slashes")
  SAYS(noent, symlink("x", "new/"));
  SAYS(notdir, symlink("x", "target/"));
  SAYS(exist, symlink("x", "target"));
  SAYS(ok, unlink("target") | mkdir("target"));
  SAYS(exist, symlink("x", "target/"));
  SAYS(exist, symlink("x", "target"));
  SAYS(ok, rmdir("target"));
  GROUP("path_link")
  make("file");
  SAYS(ok, link("file", "hard"));
  HOLDS(stat_of("hard", 0).ino == stat_of("file", 0).ino && stat_of("hard", 0).nlink == 2);
  SAYS(exist, link("file", "hard"));
  SAYS(exist, link("file", "file"));
  SAYS(ok, unlink("hard") | mkdir("dir"));
  SAYS(exist, link("file", "dir"));
  SAYS(perm, link("dir", "hard"));
  SAYS(noent, link("file", "hard/"));
  SAYS(ok, symlink("nowhere", "dangling"));
  SAYS(ok, link("dangling", "hard"));
  HOLDS(stat_of("hard", 0).filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
  SAYS(exist, link("file", "dangling"));
  SAYS(inval, __wasi_path_link(top, follow, "dangling", top, "new"));
  SAYS(ok, unlink("hard") | unlink("dangling") | unlink("file") | rmdir("dir"));
}

static void names(void) {
  GROUP("path_rename, path_rename_dir_trailing_slashes")
  SAYS(ok, mkdir("source") | rename_to("source", "target"));
  SAYS(noent, open("source", directory, 0));
  SAYS(ok, mkdir("source") | rename_to("source", "target"));  // onto an empty one
  SAYS(ok, rename_to("target/", "source") | rename_to("source", "target/") | rename_to("target/", "source/"));
  SAYS(ok, mkdir("target"));
  make("target/file");
  SAYS(notempty, rename_to("source", "target"));
  SAYS(notdir, rename_to("source", "target/file"));
  SAYS(isdir, rename_to("target/file", "source"));
  SAYS(ok, rename_to("target/file", "file") | rmdir("source") | rmdir("target"));
  make("other");
  const __wasi_filestat_t file = stat_of("file", 0);
  SAYS(ok, rename_to("file", "other"));
  HOLDS(stat_of("other", 0).ino == file.ino);
  SAYS(noent, rename_to("file", "other"));
  SAYS(ok, unlink("other"));
  GROUP("unlink_file_trailing_slashes, remove_directory_trailing_slashes, remove_nonempty_directory")
  SAYS(ok, mkdir("dir") | mkdir("dir/sub"));
  SAYS(isdir, unlink("dir"));
  SAYS(isdir, unlink("dir/"));
  SAYS(notempty, rmdir("dir"));
  SAYS(ok, rmdir("dir/sub/") | rmdir("dir"));
  make("file");
  SAYS(notdir, unlink("file/"));
  SAYS(notdir, rmdir("file"));
  SAYS(notdir, rmdir("file/"));
  SAYS(ok, unlink("file"));
  SAYS(noent, unlink("file"));
  GROUP("interesting_paths, path_open_create_existing, path_open_missing, dangling_fd")
  SAYS(ok, mkdir("dir") | mkdir("dir/sub"));
  make("dir/sub/file");
  SAYS(perm, open("/dir/sub/file", 0, 0));
  SAYS(ok, open("dir/.//sub/../../dir/sub/../sub///./file", 0, 0) | __wasi_fd_close(fd));
  SAYS(notdir, open("dir/sub/file/", 0, 0));
  SAYS(notdir, open("dir/sub/file///", 0, 0));
  SAYS(ok, open("dir/sub/", 0, 0) | __wasi_fd_close(fd) | open("dir/sub///", 0, 0) | __wasi_fd_close(fd));
  SAYS(perm, open("dir/sub/../../../dir/sub/file", 0, 0));
  SAYS(exist, open("dir/sub/file", creat | excl, 0));
  SAYS(noent, open("dir/missing", 0, 0));
  SAYS(noent, open("", 0, 0));
  SAYS(ok, open("dir/sub/file", 0, rd | get));
  const __wasi_fd_t file_fd = fd;
  SAYS(ok, unlink("dir/sub/file"));
  SAYS(0, stat_at(file_fd).nlink);
  SAYS(ok, __wasi_fd_close(file_fd) | rmdir("dir/sub") | rmdir("dir"));
}

static int list(__wasi_fd_t at, uint64_t cookie, size_t size, uint64_t* next, bool* is_end, uint64_t* inode_of_file) {
  static uint8_t buffer[4096];
  __wasi_size_t used = 0;
  SAYS(ok, __wasi_fd_readdir(at, buffer, size, cookie, &used));
  *is_end = used < size;
  int count = 0;
  for (size_t offset = 0; offset + sizeof(__wasi_dirent_t) <= used; ++count) {
    __wasi_dirent_t entry;
    memcpy(&entry, buffer + offset, sizeof entry);
    if (offset + sizeof entry + entry.d_namlen > used) break;
    if (entry.d_namlen == 4 && memcmp(buffer + offset + sizeof entry, "file", 4) == 0) *inode_of_file = entry.d_ino;
    offset += sizeof entry + entry.d_namlen;
    *next = entry.d_next;
  }
  return count;
}

static void listing(void) {
  GROUP("fd_readdir")
  SAYS(ok, mkdir("dir"));
  SAYS(ok, open("dir", directory, 0));
  const __wasi_fd_t dir = fd;
  uint64_t next = 0, inode = 0;
  bool is_end = false;
  SAYS(2, list(dir, 0, 256, &next, &is_end, &inode));
  HOLDS(is_end);
  make("dir/file");
  SAYS(3, list(dir, 0, 256, &next, &is_end, &inode));
  HOLDS(is_end && inode == stat_of("dir/file", 0).ino);
  SAYS(0, list(dir, next, 256, &next, &is_end, &inode));
  HOLDS(is_end);
  char name[] = "dir/name000";
  for (int i = 0; i < 1000; ++i) {
    name[8] = (char)('0' + i / 100), name[9] = (char)('0' + i / 10 % 10), name[10] = (char)('0' + i % 10);
    make(name);
  }
  for (size_t size = 32; size <= 4096; size *= 2) {
    int total = 0;
    next = 0;
    do {
      total += list(dir, next, size, &next, &is_end, &inode);
    } while (!is_end);
    SAYS(1003, total);
  }
  for (int i = 0; i < 1000; ++i) {
    name[8] = (char)('0' + i / 100), name[9] = (char)('0' + i / 10 % 10), name[10] = (char)('0' + i % 10);
    SAYS(ok, unlink(name));
  }
  SAYS(ok, unlink("dir/file") | __wasi_fd_close(dir) | rmdir("dir"));
}

static void the_rest(void) {
  GROUP("path_open_preopen, isatty, fd_prestat")
  __wasi_prestat_t grant;
  uint8_t name[8] = {0};
  SAYS(badf, __wasi_fd_prestat_get(4, &grant));
  SAYS(ok, __wasi_fd_prestat_get(3, &grant));
  SAYS(1, grant.u.dir.pr_name_len);
  SAYS(nametoolong, __wasi_fd_prestat_dir_name(3, name, 0));
  SAYS(ok, __wasi_fd_prestat_dir_name(3, name, 2));
  HOLDS(name[0] == '/' && name[1] == 0);
  make("file");
  SAYS(ok, open("file", 0, 0));
  SAYS(__WASI_FILETYPE_REGULAR_FILE, state_of(fd).fs_filetype);
  SAYS(ok, __wasi_fd_close(fd) | unlink("file"));
  GROUP("clock_time_get, big_random_buf, sched_yield")
  __wasi_timestamp_t first, second;
  SAYS(ok, __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &first));
  SAYS(ok, __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &second));
  HOLDS(first <= second);
  SAYS(ok, __wasi_clock_res_get(__WASI_CLOCKID_REALTIME, &first));
  HOLDS(first > 0);
  static uint8_t random[1024];
  SAYS(ok, __wasi_random_get(random, sizeof random) | __wasi_random_get(random, 0) | __wasi_sched_yield());
  int sum = 0;
  for (size_t i = 0; i < sizeof random; ++i) sum += random[i];
  HOLDS(sum > 0);
  GROUP("poll_oneoff_stdio, poll_oneoff_files")
  __wasi_subscription_t wanted[3] = {{.userdata = 11, .u = {.tag = __WASI_EVENTTYPE_FD_WRITE, .u.fd_write = {1}}},
                                     {.userdata = 22, .u = {.tag = __WASI_EVENTTYPE_FD_READ, .u.fd_read = {99}}},
                                     {.userdata = 33, .u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock = {__WASI_CLOCKID_MONOTONIC, 60000000000, 0, 0}}}};
  __wasi_event_t events[3];
  __wasi_size_t count = 0;
  SAYS(inval, __wasi_poll_oneoff(wanted, events, 0, &count));
  SAYS(ok, __wasi_poll_oneoff(wanted, events, 3, &count));
  SAYS(2, count);
  for (__wasi_size_t i = 0; i < count; ++i) {
    HOLDS(events[i].userdata == (events[i].type == __WASI_EVENTTYPE_FD_WRITE ? 11 : 22));
    SAYS(events[i].type == __WASI_EVENTTYPE_FD_WRITE ? ok : badf, events[i].error);  // one's failure is not the others'
  }
  wanted[2].u.u.clock.timeout = 5000000;
  SAYS(ok, __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &first));
  SAYS(ok, __wasi_poll_oneoff(wanted + 2, events, 1, &count));
  SAYS(ok, __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &second));
  HOLDS(count == 1 && events[0].userdata == 33 && events[0].error == 0 && second - first >= 5000000);
  GROUP("sock_shutdown-invalid_fd, sock_shutdown-not_sock")
  SAYS(badf, __wasi_sock_shutdown(99, __WASI_SDFLAGS_RD));
  SAYS(notsock, __wasi_sock_shutdown(1, __WASI_SDFLAGS_RD));
}

int main(void) {
  the_rest();
  folders_are_no_files();
  contents();
  rights();
  links();
  names();
  listing();
  descriptors();
  printf("%d facts, %d wrong\n", checked, wrong);
  return wrong != 0;
}
