// Users, of whom a guest knows none: SQLite's shell asks for the home folder of one.
#pragma once
#include <stddef.h>
struct passwd {
  char* pw_dir;
};
static struct passwd* getpwuid(int user) {
  return (void)user, NULL;
}
