// The few words that the tests of this room are written in. Plain C11. Before it: #define MOTE_TEST_FILE "NAME_test.c".
#pragma once

#ifndef MOTE_TEST_FILE
#define MOTE_TEST_FILE "test"
#endif

#include <mote.h>
#include <stdio.h>
#include <stdlib.h>

static int passed = 0, failed_checks = 0, skipped = 0;

// Counts; says which did not hold.
#define CHECK(condition) check(condition, #condition, __LINE__)
static inline bool check(bool holds, const char* condition, int line) {
  if (holds) {
    ++passed;
  } else {
    ++failed_checks;
    printf("FAILED %s:%d: %s\n", MOTE_TEST_FILE, line, condition);
  }
  return holds;
}

// A call that must do what it was asked.
#define OK(call) ok(call, #call, __LINE__)
static inline bool ok(mote_failure_t* failure, const char* call, int line) {
  if (failure != NULL) printf("%s:%d: %s\n", MOTE_TEST_FILE, line, mote_failure_text(failure).data);
  const bool holds = check(failure == NULL, call, line);
  mote_failure_delete(failure);
  return holds;
}

// A call that must fail with this kind of error, and say `part`.
#define REFUSED(call, kind, part) refused(call, kind, part, #call, __LINE__)
static inline void refused(mote_failure_t* failure, mote_error_kind_t kind, const char* part, const char* call, int line) {
  const char* message = mote_failure_message(failure).data;
  const bool holds = mote_failure_error_kind(failure) == kind && strstr(message, part) != NULL;
  if (!holds) printf("%s:%d: got kind %u: %s\n", MOTE_TEST_FILE, line, mote_failure_error_kind(failure), message);
  check(holds, call, line);
  mote_failure_delete(failure);
}

// A call in which the guest must trap.
#define TRAPS(call, kind) traps(call, kind, #call, __LINE__)
static inline void traps(mote_failure_t* failure, mote_trap_kind_t kind, const char* call, int line) {
  const bool holds = mote_failure_kind(failure) == MOTE_FAILURE_TRAP && mote_failure_trap_kind(failure) == kind;
  if (!holds) printf("%s:%d: got %s\n", MOTE_TEST_FILE, line, mote_failure_text(failure).data);
  check(holds, call, line);
  mote_failure_delete(failure);
}

static inline bool is_text(mote_string_t string, const char* expected) {
  return string.size == strlen(expected) && memcmp(string.data, expected, string.size) == 0 && string.data[string.size] == 0;
}

// Bytes written as hexadecimal digits; lives as long as the program.
static inline mote_bytes_t bytes_of_hex(const char* hex) {
  const size_t size = strlen(hex) / 2;
  uint8_t* bytes = (uint8_t*)malloc(size);
  for (size_t i = 0; i < size; ++i) {
    const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
    bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
  }
  const mote_bytes_t result = {bytes, size};
  return result;
}
