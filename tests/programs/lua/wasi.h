// What Lua's interpreter needs of a C library and WASI's does not have; included before each of its files (-include).
//
// Lua leaves a function by longjmp on an error, and when a coroutine yields: those are WebAssembly exceptions, in the encoding from
// before 3.0, which clang 19 emits (setjmp.h).
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define LUA_TMPNAMBUFSIZE 32
#define lua_tmpnam(b, e) \
  {                      \
    (void)(b);           \
    (e) = 1;             \
  }
static inline int mote_no_system(const char* command) {
  return command ? -1 : 0;
}
#define system mote_no_system
#define tmpfile() ((FILE*)0)
