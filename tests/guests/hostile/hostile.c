// Calls every function of preview 1 with arguments at every boundary: hostile.wasm [sockets], with a writable folder at 3 and a read-only one at 4. Used by
// tests/cases/hostile-arguments.case.
//
// A function is a row: its parameters by kind (a descriptor, a pointer, a length …), each kind a list of values. All pairs of values of all pairs of
// parameters are tried around a valid call, then vectors drawn at random. Each answer must be an errno of the specification; one that says "fault" must
// have changed nothing; every call must return. The answers are summed up, so that tiers and ways of following paths can be compared.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef UNSTABLE  // the predecessor: the same functions but for sock_accept, with other layouts
#define MODULE "wasi_unstable"
#else
#define MODULE "wasi_snapshot_preview1"
#endif
#define A1 (uint32_t)a[0]
#define A2 A1, (uint32_t)a[1]
#define A3 A2, (uint32_t)a[2]
#define A4 A3, (uint32_t)a[3]
#define A5 A4, (uint32_t)a[4]
#define IMPORT(name, types) \
  __attribute__((import_module(MODULE), import_name(#name))) uint32_t import_##name types;
#define CALL(name, types, values) \
  IMPORT(name, types)             \
  static uint32_t call_##name(const uint64_t* a) { (void)a; return import_##name values; }

typedef uint32_t u;
typedef uint64_t U;
CALL(args_get, (u, u), (A2))
CALL(args_sizes_get, (u, u), (A2))
CALL(environ_get, (u, u), (A2))
CALL(environ_sizes_get, (u, u), (A2))
CALL(clock_res_get, (u, u), (A2))
CALL(clock_time_get, (u, U, u), (A1, a[1], (u)a[2]))
CALL(fd_advise, (u, U, U, u), (A1, a[1], a[2], (u)a[3]))
CALL(fd_allocate, (u, U, U), (A1, a[1], a[2]))
CALL(fd_close, (u), (A1))
CALL(fd_datasync, (u), (A1))
CALL(fd_fdstat_get, (u, u), (A2))
CALL(fd_fdstat_set_flags, (u, u), (A2))
CALL(fd_fdstat_set_rights, (u, U, U), (A1, a[1], a[2]))
CALL(fd_filestat_get, (u, u), (A2))
CALL(fd_filestat_set_size, (u, U), (A1, a[1]))
CALL(fd_filestat_set_times, (u, U, U, u), (A1, a[1], a[2], (u)a[3]))
CALL(fd_pread, (u, u, u, U, u), (A3, a[3], (u)a[4]))
CALL(fd_prestat_get, (u, u), (A2))
CALL(fd_prestat_dir_name, (u, u, u), (A3))
CALL(fd_pwrite, (u, u, u, U, u), (A3, a[3], (u)a[4]))
CALL(fd_read, (u, u, u, u), (A4))
CALL(fd_readdir, (u, u, u, U, u), (A3, a[3], (u)a[4]))
CALL(fd_renumber, (u, u), (A2))
CALL(fd_seek, (u, U, u, u), (A1, a[1], (u)a[2], (u)a[3]))
CALL(fd_sync, (u), (A1))
CALL(fd_tell, (u, u), (A2))
CALL(fd_write, (u, u, u, u), (A4))
CALL(path_create_directory, (u, u, u), (A3))
CALL(path_filestat_get, (u, u, u, u, u), (A5))
CALL(path_filestat_set_times, (u, u, u, u, U, U, u), (A4, a[4], a[5], (u)a[6]))
CALL(path_link, (u, u, u, u, u, u, u), (A5, (u)a[5], (u)a[6]))
CALL(path_open, (u, u, u, u, u, U, U, u, u), (A5, a[5], a[6], (u)a[7], (u)a[8]))
CALL(path_readlink, (u, u, u, u, u, u), (A5, (u)a[5]))
CALL(path_remove_directory, (u, u, u), (A3))
CALL(path_rename, (u, u, u, u, u, u), (A5, (u)a[5]))
CALL(path_symlink, (u, u, u, u, u), (A5))
CALL(path_unlink_file, (u, u, u), (A3))
CALL(poll_oneoff, (u, u, u, u), (A4))
CALL(proc_raise, (u), (A1))
CALL(random_get, (u, u), (A2))
CALL(sched_yield, (void), ())
#ifndef UNSTABLE
CALL(sock_accept, (u, u, u), (A3))
#endif
CALL(sock_recv, (u, u, u, u, u, u), (A5, (u)a[5]))
CALL(sock_send, (u, u, u, u, u), (A5))
CALL(sock_shutdown, (u, u), (A2))

// Kinds: f descriptor, d one that may be closed, D likewise but standing where something is moved to, p pointer, s path, v iovecs, n length, m length of a
// path, c count, g flags, q number of 64 bits, r rights.
struct function {
  const char* name;
  uint32_t (*call)(const uint64_t*);
  const char* kinds;
};
#define ROW(name, kinds) {#name, call_##name, kinds}
static const struct function functions[] = {
    ROW(args_get, "pp"),
    ROW(args_sizes_get, "pp"),
    ROW(environ_get, "pp"),
    ROW(environ_sizes_get, "pp"),
    ROW(clock_res_get, "gp"),
    ROW(clock_time_get, "gqp"),
    ROW(fd_advise, "fqqg"),
    ROW(fd_allocate, "fqq"),
    ROW(fd_close, "d"),
    ROW(fd_datasync, "f"),
    ROW(fd_fdstat_get, "fp"),
    ROW(fd_fdstat_set_flags, "fg"),
    ROW(fd_fdstat_set_rights, "drr"),
    ROW(fd_filestat_get, "fp"),
    ROW(fd_filestat_set_size, "fq"),
    ROW(fd_filestat_set_times, "fqqg"),
    ROW(fd_pread, "fvcqp"),
    ROW(fd_prestat_get, "fp"),
    ROW(fd_prestat_dir_name, "fpn"),
    ROW(fd_pwrite, "fvcqp"),
    ROW(fd_read, "fvcp"),
    ROW(fd_readdir, "fpnqp"),
    ROW(fd_renumber, "dD"),
    ROW(fd_seek, "fqgp"),
    ROW(fd_sync, "f"),
    ROW(fd_tell, "fp"),
    ROW(fd_write, "fvcp"),
    ROW(path_create_directory, "fsm"),
    ROW(path_filestat_get, "fgsmp"),
    ROW(path_filestat_set_times, "fgsmqqg"),
    ROW(path_link, "fgsmfsm"),
    ROW(path_open, "fgsmgrrgp"),
    ROW(path_readlink, "fsmpnp"),
    ROW(path_remove_directory, "fsm"),
    ROW(path_rename, "fsmfsm"),
    ROW(path_symlink, "smfsm"),
    ROW(path_unlink_file, "fsm"),
    ROW(poll_oneoff, "ppcp"),
    ROW(proc_raise, "g"),
    ROW(random_get, "pn"),
    ROW(sched_yield, ""),
#ifndef UNSTABLE
    ROW(sock_accept, "fgp"),
#endif
    ROW(sock_recv, "fvcgpp"),
    ROW(sock_send, "fvcgp"),
    ROW(sock_shutdown, "fg"),
};
enum { functions_count = sizeof functions / sizeof functions[0], values_most = 16, parameters_most = 9, edge = 512 };
enum { folder = 3, readonly_folder = 4, last_number = 24 };
static uint32_t file = 5, spare = 6, target = 7, listener = 20, connection = 21;  // with "sockets": behind a listening socket and one accepted from it

static _Alignas(16) uint8_t scratch[4096], before[4096];
static uint32_t end;  // of memory

static uint32_t at(uint32_t offset) {
  return (uint32_t)(uintptr_t)scratch + offset;
}

// The values of a kind; the first is a valid one.
static int values_of(char kind, uint64_t* to) {
  const uint64_t numbers[][values_most] = {
      {file, folder, readonly_folder, 0, 1, listener, connection, 8, 1000, 0x7fffffff, 0x80000000, 0xffffffff},
      {spare, 12, 1000, 0x80000000, 0xffffffff},
      {target, 12, 1000, 0x80000000, 0xffffffff},
      {at(2048), at(2049), 0, 1, end - 1, end - 4, end - 8, end - 64, end, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff},
      {at(0), at(16), at(32), at(48), at(64), 0, end - 1, end, 0x80000000, 0xffffffff},
      {at(256), at(257), at(264), 0, end - 8, end - 7, end, 0x80000000, 0xfffffff8, 0xffffffff},
      {64, 0, 1, 7, 4096, end + 1, 0x7fffffff, 0x80000000, 0xffffffff},
      {4, 0, 1, 3, 15, 4095, 4096, 4097, end, 0xffffffff},
      {1, 0, 2, 3, 1024, 1025, 1000000, 0x20000000, 0x20000001, 0x7fffffff, 0xffffffff},
      {0, 1, 2, 4, 8, 16, 32, 255, 0x100, 0xffff, 0x10000, 0x80000000, 0xffffffff},
      {0, 1, 100, 1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull - 1, ~0ull},
      {~0ull, 0, 2, 64, 66, 1 << 13 | 1 << 14, 1ull << 29, 1ull << 63},
  };
  static const char kinds[] = "fdDpsvnmcgqr";
  const int counts[] = {12, 5, 5, 13, 10, 10, 9, 10, 11, 13, 8, 8};
  const long index = strchr(kinds, kind) - kinds;
  memcpy(to, numbers[index], sizeof numbers[index]);
  return counts[index];
}

static uint32_t open_again(uint32_t number, const char* path, uint32_t oflags) {
  uint8_t stat[24];
  if (import_fd_fdstat_get(number, (uint32_t)(uintptr_t)stat) == 0) return 0;
  uint32_t opened;
  uint32_t error = import_path_open(folder, 1, (uint32_t)(uintptr_t)path, (uint32_t)strlen(path), oflags, ~0ull, ~0ull, 0, (uint32_t)(uintptr_t)&opened);
  if (error != 0) error = import_path_open(folder, 1, (uint32_t)(uintptr_t) ".", 1, 0, 0, 0, 0, (uint32_t)(uintptr_t)&opened);
  return error != 0 || opened != number;
}

// Brings descriptors, folder and memory into the same state before each call.
static int restore(void) {
  for (uint32_t number = spare; number < last_number; ++number) import_fd_close(number);
  if (open_again(file, "file", 1) || open_again(spare, "file", 1) || open_again(target, "file", 1)) return 1;
  const uint32_t nonblock = 4;
  import_fd_fdstat_set_flags(listener, nonblock), import_fd_fdstat_set_flags(connection, nonblock);  // nothing else waits
  memset(scratch, 0, sizeof scratch);
  memcpy(scratch, "file", 4);
  memcpy(scratch + 16, "sub/../new", 10);
  memcpy(scratch + 32, "../outside", 10);
  memcpy(scratch + 48, "a\0b\xff", 4);
  memcpy(scratch + 64, "/etc/passwd", 11);
  const uint32_t buffers[] = {at(3000), 16, at(3100), 0, at(3001), 16, 0xffffffff, 16};
  memcpy(scratch + 256, buffers, sizeof buffers);
  return 0;
}

static uint8_t* low(void) {
  uintptr_t zero = 0;
  __asm__("" : "+r"(zero));  // the guest's address 0 is memory like any other
  return (uint8_t*)zero;
}

static uint64_t calls, faults, answers = 14695981039346656037ull;

static int check(const struct function* function, const uint64_t* arguments) {
  if (restore()) return printf("%s: descriptors cannot be opened again\n", function->name), 1;
  memset(low(), 0, edge);
  memset(low() + end - edge, 0, edge);
  memcpy(before, scratch, sizeof before);
  const uint32_t error = function->call(arguments);
  ++calls;
  answers = (answers ^ error) * 1099511628211ull;
  int is_wrong = error > 76;
  if (error == 21) {
    ++faults;
    is_wrong |= memcmp(before, scratch, sizeof before) != 0;
    for (uint32_t i = 0; i < edge; ++i) is_wrong |= low()[i] != 0 || low()[end - 1 - i] != 0;
  }
  if (is_wrong) {
    printf("%s: errno %u with", function->name, error);
    for (const char* kind = function->kinds; *kind; ++kind) printf(" %llx", arguments[kind - function->kinds]);
    printf("\n");
  }
  return is_wrong;
}

static int all_pairs(const struct function* function) {
  uint64_t values[parameters_most][values_most], arguments[parameters_most] = {0};
  int counts[parameters_most];
  const int count = (int)strlen(function->kinds);
  for (int i = 0; i < count; ++i) counts[i] = values_of(function->kinds[i], values[i]);
  int wrong = 0;
  for (int one = 0; one < (count ? count : 1); ++one) {
    for (int other = one; other < (count ? count : 1); ++other) {
      for (int i = 0; i < (count ? counts[one] : 1); ++i) {
        for (int j = 0; j < (other == one ? 1 : counts[other]); ++j) {
          for (int k = 0; k < count; ++k) arguments[k] = values[k][0];
          if (count) arguments[other] = values[other][j];
          if (count) arguments[one] = values[one][i];
          wrong += check(function, arguments);
        }
      }
    }
  }
  return wrong;
}

static uint32_t random_number(void) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 16);
}

int main(int argc, char** argv) {
#ifdef UNSTABLE
  (void)argc, (void)argv;
#else
  if (argc > 1 && strcmp(argv[1], "sockets") == 0) {
    listener = 5, connection = 6, file = 7, spare = 8, target = 9;
    if (import_sock_accept(listener, 0, at(0)) != 0) return 2;
  }
#endif
  end = (uint32_t)__builtin_wasm_memory_size(0) << 16;
  int wrong = 0;
  for (int i = 0; i < functions_count; ++i) wrong += all_pairs(&functions[i]);
  const uint64_t in_pairs = calls;
  for (int i = 0; i < 50000; ++i) {
    const struct function* function = &functions[random_number() % functions_count];
    uint64_t arguments[parameters_most] = {0}, values[values_most];
    for (const char* kind = function->kinds; *kind; ++kind) {
      const int count = values_of(*kind, values);
      arguments[kind - function->kinds] = values[random_number() % (uint32_t)count];
    }
    wrong += check(function, arguments);
  }
  fprintf(stderr, "%d functions, %llu calls in pairs, %llu in all, %llu faults, %d wrong, answers %llx\n", functions_count, in_pairs, calls, faults, wrong,
          answers);
  return wrong != 0;
}
