// Asks preview 1 for much at once, in a memory that has room for it: floods.wasm [random], with a writable folder at 3. Used by
// tests/cases/hostile-arguments.case. Prints the answers.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { million = 1000000, gigabyte = 1 << 30 };

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "random") == 0) {
    uint8_t* bytes = malloc(gigabyte);
    if (bytes == NULL) return 2;
    printf("random: %d", __wasi_random_get(bytes, gigabyte));
    int empty = 0;  // pages that nothing was written to: of random bytes none is
    for (uint32_t i = 0; i < gigabyte; i += 65536) empty += memcmp(bytes + i, bytes + i + 1, 63) == 0;
    printf(", %d empty\n", empty);
    return 0;
  }
  const size_t size = (size_t)million * sizeof(__wasi_subscription_t);
  void* memory = calloc(1, size);
  void* events = calloc(million, sizeof(__wasi_event_t));
  uint8_t* bytes = calloc(2, million);
  if (memory == NULL || events == NULL || bytes == NULL) return 2;
  __wasi_size_t count = 7;
  printf("poll: %d, ", __wasi_poll_oneoff(memory, events, million, &count));
  printf("%d\n", __wasi_poll_oneoff(memory, events, 1024, &count));

  __wasi_fd_t file;
  if (__wasi_path_open(3, 0, "file", __WASI_OFLAGS_CREAT, ~0ull, ~0ull, 0, &file) != 0) return 3;
  __wasi_ciovec_t* pieces = memory;
  for (int i = 0; i < million; ++i) pieces[i] = (__wasi_ciovec_t){bytes, 1000};
  printf("write: %d", __wasi_fd_write(file, pieces, million, &count));
  printf(" %lu bytes, ", count);
  printf("%d", __wasi_fd_pwrite(file, pieces, million, 5, &count));
  printf(" %lu bytes\n", count);
  printf("read: %d", __wasi_fd_pread(file, memory, million, 0, &count));
  printf(" %lu bytes\n", count);
  // One piece of a thousand, and then a thousand that are all one megabyte: less than was asked for, and no more than there is.
  for (int i = 0; i < million; ++i) pieces[i] = (__wasi_ciovec_t){bytes, 2 * million};
  printf("more than there is: %d", __wasi_fd_pread(file, memory, million, 0, &count));
  printf(" %lu bytes\n", count);

  // Paths: as long as may be, one more, and a million.
  memset(bytes, '/', 2 * million);
  bytes[0] = '.';
  printf("path:");
  for (size_t length = 4094; length <= 4096; ++length) {
    __wasi_filestat_t stat;
    memcpy(bytes + length - 4, "file", 4);
    ((char*)bytes)[length] = 0;
    printf(" %d", __wasi_path_filestat_get(3, 0, (const char*)bytes, &stat));
    memset(bytes + length - 4, '/', 5);
  }
  bytes[million] = 0;
  __wasi_filestat_t stat;
  printf(" %d\n", __wasi_path_filestat_get(3, 0, (const char*)bytes, &stat));

  // Descriptors: as many as there may be, then no more, and all of them again.
  int opened = 0;
  __wasi_errno_t error = 0;
  __wasi_fd_t fd = 0;
  while (error == 0 && opened < million) {
    error = __wasi_path_open(3, 0, ".", 0, 0, 0, 0, &fd);
    opened += error == 0;
  }
  printf("descriptors: %d then %d", opened, error);
  for (__wasi_fd_t i = file; i <= fd; ++i) error |= __wasi_fd_close(i);
  printf(", reopened: %d\n", __wasi_path_open(3, 0, ".", 0, 0, 0, 0, &fd));
  // A folder of some entries into a buffer for many: the end is found, and what is behind it stays.
  memset(bytes, 0xaa, 2 * million);
  error = __wasi_fd_readdir(3, bytes, 2 * million, 0, &count);
  printf("readdir: %d, %s, behind it %x\n", error, count < 200 ? "few bytes" : "many", bytes[count]);
  return 0;
}
