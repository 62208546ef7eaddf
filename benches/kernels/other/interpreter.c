// interpreter: the loop of a stack machine, one switch over its instructions. It runs a program that counts Collatz steps and one
// that sieves primes, both assembled here.
#include "../kernel.h"

enum { COLLATZ_UP_TO = 40000, PRIMES_UP_TO = 1000000, CELLS = PRIMES_UP_TO + 17, STACK = 64 };

typedef enum { PUSH, LOAD, STORE, LOAD_AT, STORE_AT, ADD, SUB, MUL, SHR, AND, LESS, EQUAL, JUMP, JUMP_IF, JUMP_IF_NOT, HALT } Op;

typedef struct {
  Op op;
  int32_t operand;
} Instruction;

static int64_t run(const Instruction* code, int32_t* cells) {
  int32_t stack[STACK], *top = stack;  // points behind the topmost
  const Instruction* at = code;
  int64_t steps = 0;
  for (;; ++steps) {
    const int32_t operand = at->operand;
    switch ((at++)->op) {
      case PUSH:
        *top++ = operand;
        break;
      case LOAD:
        *top++ = cells[operand];
        break;
      case STORE:
        cells[operand] = *--top;
        break;
      case LOAD_AT:
        top[-1] = cells[top[-1]];
        break;
      case STORE_AT:
        top -= 2;
        cells[top[0]] = top[1];
        break;
      case ADD:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] + (uint32_t)top[0]);
        break;
      case SUB:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] - (uint32_t)top[0]);
        break;
      case MUL:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]);
        break;
      case SHR:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] >> (top[0] & 31));
        break;
      case AND:
        --top;
        top[-1] &= top[0];
        break;
      case LESS:
        --top;
        top[-1] = top[-1] < top[0];
        break;
      case EQUAL:
        --top;
        top[-1] = top[-1] == top[0];
        break;
      case JUMP:
        at = code + operand;
        break;
      case JUMP_IF:
        if (*--top) at = code + operand;
        break;
      case JUMP_IF_NOT:
        if (!*--top) at = code + operand;
        break;
      case HALT:
        return steps;
    }
  }
}

// clang-format off
// One step of the program a line, behind the index of its first instruction.

// Cells: 0 number, 1 current, 2 steps in all.
static const Instruction collatz[] = {
    /*  0 number = 1            */ {PUSH, 1}, {STORE, 0},
    /*  2 current = number      */ {LOAD, 0}, {STORE, 1},
    /*  4 current == 1?         */ {LOAD, 1}, {PUSH, 1}, {EQUAL, 0}, {JUMP_IF, 28},
    /*  8 steps += 1            */ {LOAD, 2}, {PUSH, 1}, {ADD, 0}, {STORE, 2},
    /* 12 current odd?          */ {LOAD, 1}, {PUSH, 1}, {AND, 0}, {JUMP_IF, 21},
    /* 16 current /= 2          */ {LOAD, 1}, {PUSH, 1}, {SHR, 0}, {STORE, 1}, {JUMP, 4},
    /* 21 current *= 3, += 1    */ {LOAD, 1}, {PUSH, 3}, {MUL, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 1}, {JUMP, 4},
    /* 28 number += 1           */ {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 0},
    /* 32 number < end?         */ {LOAD, 0}, {PUSH, COLLATZ_UP_TO}, {LESS, 0}, {JUMP_IF, 2},
    /* 36                       */ {HALT, 0},
};

// Cells: 0 candidate, 1 multiple, 2 primes in all; from 16 on a cell for each number, 0 until crossed out.
static const Instruction sieve[] = {
    /*  0 candidate = 2         */ {PUSH, 2}, {STORE, 0},
    /*  2 crossed out?          */ {LOAD, 0}, {PUSH, 16}, {ADD, 0}, {LOAD_AT, 0}, {JUMP_IF, 27},
    /*  7 primes += 1           */ {LOAD, 2}, {PUSH, 1}, {ADD, 0}, {STORE, 2},
    /* 11 multiple = candidate  */ {LOAD, 0}, {STORE, 1},
    /* 13 multiple += candidate */ {LOAD, 1}, {LOAD, 0}, {ADD, 0}, {STORE, 1},
    /* 17 multiple < end?       */ {LOAD, 1}, {PUSH, PRIMES_UP_TO}, {LESS, 0}, {JUMP_IF_NOT, 27},
    /* 21 cross it out          */ {LOAD, 1}, {PUSH, 16}, {ADD, 0}, {PUSH, 1}, {STORE_AT, 0}, {JUMP, 13},
    /* 27 candidate += 1        */ {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 0},
    /* 31 candidate < end?      */ {LOAD, 0}, {PUSH, PRIMES_UP_TO}, {LESS, 0}, {JUMP_IF, 2},
    /* 35                       */ {HALT, 0},
};
// clang-format on

int main(void) {
  VECTOR(int32_t, cells, CELLS);
  memset(cells, 0, sizeof(int32_t) * CELLS);
  kernel_begin();
  const int64_t collatz_run = run(collatz, cells);
  const int32_t collatz_steps = cells[2];
  memset(cells, 0, sizeof(int32_t) * 16);
  const int64_t sieve_run = run(sieve, cells);
  kernel_end();
  if (cells[2] != 78498) kernel_fail("so many primes there are not");
  check_integer((uint64_t)collatz_run);
  check_integer((uint64_t)collatz_steps);
  check_integer((uint64_t)sieve_run);
  return kernel_report();
}
