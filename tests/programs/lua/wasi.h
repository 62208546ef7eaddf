// What Lua's interpreter needs of a C library and WASI's does not have; included before each of its files (-include).
//
// Lua leaves a function by longjmp on an error, and when a coroutine yields; that needs WebAssembly's exception handling. Without
// it there is no way back into pcall, and no coroutine: an error says its message and ends the program, as one that nobody catches
// does anyway. The rest of the language and its libraries need no jump.
#pragma once
#include <stdio.h>
#include <stdlib.h>

struct lua_State;
_Noreturn void mote_lua_error(struct lua_State* L);
#define LUAI_THROW(L, c) mote_lua_error(L)
#define LUAI_TRY(L, c, a) {a}
#define luai_jmpbuf int

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
