// setjmp and longjmp, which wasi-libc of the distribution has not: the compiler turns them into WebAssembly exceptions
// (-mllvm -wasm-enable-sjlj) and calls three functions of a library, which are in setjmp.c.
#pragma once
typedef struct {
  void* frame;
  unsigned label;
  struct {
    void* buffer;
    int value;
  } thrown;
} jmp_buf[1];
int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);
