// What SQLite and its shell need of a system and preview 1 has not: locks, memory maps, processes, users. Included before each
// source file.
#pragma once
#define SQLITE_OS_OTHER 1
#define SQLITE_THREADSAFE 0
#define SQLITE_OMIT_LOAD_EXTENSION 1
#define SQLITE_OMIT_WAL 1
#define SQLITE_TEMP_STORE 3
#define SQLITE_NOHAVE_SYSTEM 1
#include <stdio.h>
#include <sys/stat.h>
static inline int chmod(const char* path, mode_t mode) {
  return (void)path, (void)mode, 0;
}
static inline int getuid(void) {
  return 0;
}
static inline FILE* popen(const char* command, const char* mode) {
  return (void)command, (void)mode, NULL;
}
static inline int pclose(FILE* file) {
  return (void)file, 0;
}
