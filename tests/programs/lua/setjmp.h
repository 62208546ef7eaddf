// Lua asks for this header even where it never jumps: see wasi.h.
