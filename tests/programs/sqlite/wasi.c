// The system interface that SQLite's authors give as a demonstration (open, read, write, stat, unlink; no locks, no memory maps) as the only one.
#include "test_demovfs.c"

int sqlite3_os_init(void) {
  return sqlite3_vfs_register(sqlite3_demovfs(), 1);
}
int sqlite3_os_end(void) {
  return SQLITE_OK;
}
