// What Lua's interpreter needs of a C library and WASI's does not have; included before each of its files (-include).
//
// Lua leaves a function on an error by longjmp, which needs WebAssembly's exception handling. Without it there is no way back into
// pcall: an error says its message and ends the program, as one that nobody catches does anyway. Coroutines, closures, garbage
// collection and the libraries need no jump, with one exception: a coroutine's yield from a Lua function returns normally, from a C
// function it would jump.
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
