// The end of a Lua program that made an error: see wasi.h.
#include "lauxlib.h"
#include "lua.h"

_Noreturn void mote_lua_error(lua_State* L) {
  const char* message = lua_gettop(L) > 0 ? lua_tostring(L, -1) : NULL;
  fprintf(stderr, "lua: %s\n", message ? message : "error");
  exit(1);
}
