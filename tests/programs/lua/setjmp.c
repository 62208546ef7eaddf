// What the compiler calls for setjmp and longjmp; see setjmp.h. Tag 1 is its own for this purpose (__c_longjmp).
#include "setjmp.h"

void __wasm_setjmp(void* buffer, unsigned label, void* frame) {
  jmp_buf* to = buffer;
  (*to)->frame = frame;
  (*to)->label = label;
}
unsigned __wasm_setjmp_test(void* buffer, void* frame) {
  jmp_buf* to = buffer;
  return (*to)->frame == frame ? (*to)->label : 0;
}
void __wasm_longjmp(void* buffer, int value) {
  jmp_buf* to = buffer;
  (*to)->thrown.buffer = buffer;
  (*to)->thrown.value = value == 0 ? 1 : value;
  __builtin_wasm_throw(1, &(*to)->thrown);
}
