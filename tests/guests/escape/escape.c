// Tries to leave the folder it was granted, by preview 1's functions alone: escape.wasm paths|race|parent|numbers|exhaust …, used by
// tests/cases/escape.case, which lays out the folders and compares what lies outside before and after. Prints what succeeded that must not.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// Paths with their length, so that they may hold any byte (the library's own declarations take C strings).
typedef uint32_t u;
typedef uint64_t U;
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
IMPORT(fd_close) int raw_close(u);
IMPORT(path_open) int raw_open(u, u, const char*, u, u, U, U, u, u*);
IMPORT(path_filestat_get) int raw_stat(u, u, const char*, u, void*);
IMPORT(path_filestat_set_times) int raw_times(u, u, const char*, u, U, U, u);
IMPORT(path_create_directory) int raw_mkdir(u, const char*, u);
IMPORT(path_remove_directory) int raw_rmdir(u, const char*, u);
IMPORT(path_unlink_file) int raw_unlink(u, const char*, u);
IMPORT(path_readlink) int raw_readlink(u, const char*, u, char*, u, u*);
IMPORT(path_symlink) int raw_symlink(const char*, u, u, const char*, u);
IMPORT(path_link) int raw_link(u, u, const char*, u, u, const char*, u);
IMPORT(path_rename) int raw_rename(u, const char*, u, u, const char*, u);

static u fd;
static char stat_bytes[64], text[4096];

static int open_at(u at, const char* path, u length, u how, U rights) {
  return raw_open(at, 1, path, length, how, rights, rights, 0, &fd);
}
static u open_folder(const char* path) {
  const U not_of_folders = (U)1 << 6 | 1 << 8 | 1 << 22;
  if (raw_open(3, 0, path, (u)strlen(path), 2, ~not_of_folders, ~(U)0, 0, &fd) != 0) exit(2);
  return fd;
}
static int read_some(u from) {
  __wasi_size_t size = 0;
  const __wasi_iovec_t piece = {(uint8_t*)text, sizeof text - 1};
  const int error = __wasi_fd_read(from, &piece, 1, &size);
  text[size] = 0;
  return error;
}

// Every function that takes a path, on one that leads outside. What succeeds is said. `may` names the functions that are no escape here (a link itself may be
// looked at, moved and removed when it lies inside); they are not tried.
static int tries, escapes;
#define MUST_FAIL(what, path, ...)                 \
  do {                                             \
    ++tries;                                       \
    if ((__VA_ARGS__) != 0) break;                 \
    ++escapes;                                     \
    printf("%s succeeded on \"%.99s\"\n", what, path); \
  } while (0)
#define UNLESS_ALLOWED(what, ...) \
  if (strstr(may, " " what " ") == NULL) MUST_FAIL(what, path, __VA_ARGS__)
static void all_functions(u at, const char* path, u length, const char* may) {
  u used;
  UNLESS_ALLOWED("open", open_at(at, path, length, 0, 2));
  UNLESS_ALLOWED("write", open_at(at, path, length, 1 | 8, 1 << 6));
  UNLESS_ALLOWED("create", open_at(at, path, length, 1 | 4, 1 << 6));
  UNLESS_ALLOWED("open_folder", open_at(at, path, length, 2, 0));
  UNLESS_ALLOWED("stat", raw_stat(at, 1, path, length, stat_bytes));
  UNLESS_ALLOWED("lstat", raw_stat(at, 0, path, length, stat_bytes));
  UNLESS_ALLOWED("set_times", raw_times(at, 1, path, length, 1, 1, 5));
  UNLESS_ALLOWED("mkdir", raw_mkdir(at, path, length));
  UNLESS_ALLOWED("rmdir", raw_rmdir(at, path, length));
  UNLESS_ALLOWED("symlink", raw_symlink("file", 4, at, path, length));
  UNLESS_ALLOWED("link_to", raw_link(at, 0, "file", 4, at, path, length));
  UNLESS_ALLOWED("move_to", raw_rename(at, "file", 4, at, path, length));
  UNLESS_ALLOWED("move_folder_to", raw_rename(at, "sub", 3, at, path, length));
  UNLESS_ALLOWED("read_link", raw_readlink(at, path, length, text, sizeof text, &used));
  UNLESS_ALLOWED("link_from", raw_link(at, 0, path, length, at, "stolen", 6));
  UNLESS_ALLOWED("move_from", raw_rename(at, path, length, at, "stolen", 6));
  UNLESS_ALLOWED("unlink", raw_unlink(at, path, length));
}

// A path may hold \0 for a NUL, and end with *N to be repeated until it has N bytes.
static void paths(int count, char** words) {
  for (int i = 0; i < count; ++i) {
    static char path[(1 << 20) + 1];
    u length = 0;
    for (const char* c = words[i]; *c != 0 && *c != '*'; ++c) {
      if (c[0] == '\\' && c[1] == '0') ++c, path[length++] = 0;
      else path[length++] = *c;
    }
    const char* star = strchr(words[i], '*');
    for (const u unit = length, size = star != NULL ? (u)atoi(star + 1) : 0; length < size; ++length) path[length] = path[length - unit];
    path[length] = 0;
    const char* is_link = strncmp(words[i], "link-", 5) == 0 && strchr(words[i], '/') == NULL ? " lstat read_link link_from move_from move_to unlink " : "";
    all_functions(3, path, length, is_link);
  }
  printf("%d tries, %d escapes\n", tries, escapes);
}

// Somebody swaps "flip" between a folder and a link outside, and moves "sub" out and in again, all the while.
static void race(int rounds) {
  int inside = 0, outside = 0;
  const char* const ways[] = {"flip/secret", "sub/deep/../../outside/secret", "sub/deep/../../../outside/secret", "flip/../outside/secret", "flip/deep/../secret"};
  for (int i = 0; i < rounds; ++i) {
    const char* way = ways[i % 5];
    if (open_at(3, way, (u)strlen(way), 0, 2) == 0) {
      if (read_some(fd) == 0) strcmp(text, "secret\n") == 0 ? ++outside : ++inside;
      raw_close(fd);
    }
    raw_mkdir(3, "flip/made", 9), raw_rmdir(3, "flip/made", 9);
    if (raw_link(3, 0, "flip/secret", 11, 3, "stolen", 6) == 0) {
      if (open_at(3, "stolen", 6, 0, 2) == 0 && read_some(fd) == 0 && strcmp(text, "secret\n") == 0) ++outside;
      raw_close(fd);
      raw_unlink(3, "stolen", 6);
    }
    raw_rename(3, "file", 4, 3, "flip/file", 9), raw_rename(3, "flip/file", 9, 3, "file", 4);
    raw_times(3, 1, "flip/secret", 11, 1, 1, 5), raw_unlink(3, "flip/none", 9);
  }
  printf("%s inside, %d outside\n", inside > 0 ? "met" : "never met", outside);
}

// Opens "sub/deep", says so, waits for a line (the host moves its parent away meanwhile), and looks around from there.
static void parent(void) {
  const u deep = open_folder("sub/deep");
  printf("opened\n");
  fflush(stdout);
  read_some(0);
  const char* const ways[] = {"..", "../..", "../secret", "../../secret", "../../outside/secret", "../../../outside/secret", "./../deep"};
  for (int i = 0; i < 7; ++i) all_functions(deep, ways[i], (u)strlen(ways[i]), "");
  printf("%d tries, %d escapes\n", tries, escapes);
}

// Descriptors closed, reused, renumbered onto grants and standard streams: a number never reaches more than what it was made from.
static void numbers(void) {
  const u sub = open_folder("sub");
  if (open_at(sub, "file", 4, 1, 2 | 1 << 6) != 0) exit(2);
  const u file = fd;
  raw_close(file);
  MUST_FAIL("read_closed", "sub/file", read_some(file));
  MUST_FAIL("renumber_closed", "3", __wasi_fd_renumber(file, 3));
  MUST_FAIL("renumber_to_closed", "77", __wasi_fd_renumber(sub, 77));
  if (__wasi_fd_renumber(sub, 3) != 0) exit(3);  // allowed: 3 is now what "sub" was …
  all_functions(3, "..", 2, "");                 // … and no more
  all_functions(3, "../file", 7, "");
  all_functions(3, "../../outside/secret", 20, "");
  MUST_FAIL("renumber_moved", "sub", __wasi_fd_renumber(sub, 3));
  MUST_FAIL("open_by_moved", "sub", open_at(sub, "file", 4, 0, 2));
  __wasi_prestat_t grant;
  MUST_FAIL("prestat_of_moved", "sub", __wasi_fd_prestat_get(sub, &grant));
  // Over the read-only grant at 4: what was read only does not become writable by its number, nor the other way round.
  if (open_at(4, ".", 1, 2, 0) != 0) exit(4);
  const u readonly = fd;
  if (__wasi_fd_renumber(4, 3) != 0) exit(5);
  MUST_FAIL("mkdir_readonly", "new", raw_mkdir(3, "new", 3));
  MUST_FAIL("unlink_readonly", "file", raw_unlink(readonly, "file", 4));
  MUST_FAIL("write_readonly", "file", open_at(readonly, "file", 4, 0, 1 << 6));
  MUST_FAIL("link_readonly", "file", raw_link(readonly, 0, "file", 4, 3, "again", 5));
  printf("%d tries, %d escapes\n", tries, escapes);
}

// No descriptors left, of the guest's or of the host's: refusals, and everything works again afterwards.
static void exhaust(void) {
  int opened = 0, error = 0;
  const u first = 4;
  while (error == 0 && opened < 100000) {
    error = open_at(3, "file", 4, 0, 2);
    opened += error == 0;
    if (error == 0 && fd < first) exit(2);
  }
  printf("refused with %d\n", error);
  MUST_FAIL("open", "no descriptors", open_at(3, "sub/deep/../../file", 19, 0, 2));
  all_functions(3, "../outside/secret", 17, "");
  for (u i = first; i < first + (u)opened; ++i) raw_close(i);
  printf("%d tries, %d escapes, then %d\n", tries, escapes, open_at(3, "sub/deep/../../file", 19, 0, 2));
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (strcmp(argv[1], "paths") == 0) paths(argc - 2, argv + 2);
  else if (strcmp(argv[1], "race") == 0) race(atoi(argv[2]));
  else if (strcmp(argv[1], "parent") == 0) parent();
  else if (strcmp(argv[1], "numbers") == 0) numbers();
  else exhaust();
  return escapes != 0;
}
