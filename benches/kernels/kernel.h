// What every kernel shares: memory from malloc, the clock around the timed part, and a checksum of the result.
//
// A kernel is one C file: it makes its data, calls kernel_begin(), computes, calls kernel_end(), feeds its results to check_*() and
// returns kernel_report(), which prints
//
//   checksum HASH SUM      the bits of all results, and their sum in decimal
//   ns N                   what the timed part took by the monotonic clock
//
// The same file is built natively and for WebAssembly. The hashes of all builds must be equal; where a build may fuse
// multiplications and additions only the sums can be compared. `./bench compute` does both and fails on a difference.
#ifndef MOTE_BENCHES_KERNEL_H
#define MOTE_BENCHES_KERNEL_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t kernel_hash = 0x9e3779b97f4a7c15, kernel_started_ns, kernel_took_ns;
static double kernel_sum;

static inline uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void kernel_begin(void) {
  kernel_started_ns = monotonic_ns();
}

static inline void kernel_end(void) {
  kernel_took_ns = monotonic_ns() - kernel_started_ns;
}

static inline void kernel_fail(const char* why) {
  fprintf(stderr, "kernel: %s\n", why);
  exit(1);
}

static inline void* allocate(size_t count, size_t size) {
  void* memory = malloc(count * size);
  if (memory == NULL) kernel_fail("out of memory");
  return memory;
}

// Arrays of one to three dimensions: `MATRIX(double, A, N, M)` declares A so that A[i][j] works and rows lie one after the other.
#define VECTOR(type, name, n) type* name = (type*)allocate((n), sizeof(type))
#define MATRIX(type, name, n, m) type(*name)[m] = (type(*)[m])allocate((size_t)(n) * (m), sizeof(type))
#define CUBE(type, name, n, m, k) type(*name)[m][k] = (type(*)[m][k])allocate((size_t)(n) * (m) * (k), sizeof(type))

// A value in [0, 1) that depends on `seed` alone: what the arrays are filled with.
static inline double fraction(uint32_t seed) {
  return (double)(seed * 2654435761u >> 8) * 0x1p-24;
}

static inline void check_bits(uint64_t bits) {
  kernel_hash = (kernel_hash ^ bits) * 0xff51afd7ed558ccd;
  kernel_hash ^= kernel_hash >> 32;
}

// The bits of a NaN may differ between correct machines, and a kernel that makes one computes nothing: no result may be one.
static inline void check_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) kernel_fail("a result is not a number");
  check_bits(bits);
  kernel_sum += value;
}

static inline void check_doubles(const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) check_double(values[i]);
}

static inline void check_integer(uint64_t value) {
  check_bits(value);
  kernel_sum += (double)(value & 0xffffffffu);
}

static inline int kernel_report(void) {
  printf("checksum %016" PRIx64 " %.12e\nns %" PRIu64 "\n", kernel_hash, kernel_sum, kernel_took_ns);
  return 0;
}

#endif
