// regex: regular expressions (letters, . [a-z] * + ? | and groups) compiled to a program whose threads all walk the text at once
// (Thompson's construction), so that no pattern takes more than linear time. Counts the matching lines of a text.
#include "../kernel.h"

enum { LINES = 40000, LINE = 64, INSTRUCTIONS = 256 };

typedef enum { CHAR, SPLIT, JUMP, MATCH } Op;

typedef struct {
  Op op;
  int to, or_to;    // where to go on: of SPLIT both
  uint8_t set[32];  // the characters that CHAR takes, a bit each
} Instruction;

typedef struct {
  Instruction code[INSTRUCTIONS];
  int count;
  const char* at;
} Program;

static int emit(Program* p, Op op, int to, int or_to) {
  if (p->count == INSTRUCTIONS) kernel_fail("the pattern is too long");
  p->code[p->count] = (Instruction){op, to, or_to, {0}};
  return p->count++;
}

static void add_range(uint8_t* set, unsigned char from, unsigned char to) {
  for (unsigned c = from; c <= to; ++c) set[c / 8] |= (uint8_t)(1 << c % 8);
}

static void parse_choice(Program* p);

static void parse_atom(Program* p) {
  const char c = *p->at++;
  if (c == '(') {
    parse_choice(p);
    if (*p->at++ != ')') kernel_fail("a group has no end");
    return;
  }
  uint8_t* set = p->code[emit(p, CHAR, p->count + 1, 0)].set;
  if (c == '.') {
    add_range(set, 1, 255);
  } else if (c == '[') {
    while (*p->at != ']') {
      const char from = *p->at++;
      if (*p->at != '-') {
        add_range(set, (unsigned char)from, (unsigned char)from);
        continue;
      }
      add_range(set, (unsigned char)from, (unsigned char)p->at[1]);
      p->at += 2;
    }
    ++p->at;
  } else {
    add_range(set, (unsigned char)c, (unsigned char)c);
  }
}

// Makes room for an instruction at `place`: all from there on move by one, and what they point to.
static void insert(Program* p, int place) {
  emit(p, JUMP, 0, 0);
  for (int i = p->count - 1; i > place; --i) p->code[i] = p->code[i - 1];
  for (int i = place + 1; i < p->count; ++i) {
    p->code[i].to += p->code[i].to >= place;
    p->code[i].or_to += p->code[i].or_to >= place;
  }
}

static void parse_repeated(Program* p) {
  const int start = p->count;
  parse_atom(p);
  const char c = *p->at;
  if (c != '*' && c != '+' && c != '?') return;
  ++p->at;
  if (c == '+') {
    emit(p, SPLIT, start, p->count + 1);
    return;
  }
  insert(p, start);
  if (c == '*') emit(p, JUMP, start, 0);
  p->code[start] = (Instruction){SPLIT, start + 1, p->count, {0}};
}

static void parse_sequence(Program* p) {
  while (*p->at && *p->at != '|' && *p->at != ')') parse_repeated(p);
}

static void parse_choice(Program* p) {
  const int start = p->count;
  parse_sequence(p);
  if (*p->at != '|') return;
  ++p->at;
  insert(p, start);
  const int jump = emit(p, JUMP, 0, 0);
  p->code[start] = (Instruction){SPLIT, start + 1, p->count, {0}};
  parse_choice(p);
  p->code[jump].to = p->count;
}

static void compile(Program* p, const char* pattern) {
  p->count = 0;
  p->at = pattern;
  parse_choice(p);
  if (*p->at) kernel_fail("the pattern goes on after its end");
  emit(p, MATCH, 0, 0);
}

typedef struct {
  int threads[INSTRUCTIONS], count;
  uint32_t seen[INSTRUCTIONS], round;
} Threads;

// Follows what takes no character. Answers whether that reaches the match.
static int add_thread(const Program* p, Threads* list, int pc) {
  if (list->seen[pc] == list->round) return 0;
  list->seen[pc] = list->round;
  const Instruction* at = &p->code[pc];
  switch (at->op) {
    case JUMP:
      return add_thread(p, list, at->to);
    case SPLIT:
      return add_thread(p, list, at->to) | add_thread(p, list, at->or_to);
    case MATCH:
      return 1;
    case CHAR:
      break;
  }
  list->threads[list->count++] = pc;
  return 0;
}

// Whether some part of the line matches.
static int matches(const Program* p, const char* line, Threads* now, Threads* next) {
  now->count = 0;
  ++now->round;
  for (; *line; ++line) {
    if (add_thread(p, now, 0)) return 1;
    next->count = 0;
    ++next->round;
    const unsigned char c = (unsigned char)*line;
    for (int i = 0; i < now->count; ++i) {
      const Instruction* at = &p->code[now->threads[i]];
      if ((at->set[c / 8] >> c % 8 & 1) && add_thread(p, next, at->to)) return 1;
    }
    Threads* const kept = now;
    now = next;
    next = kept;
  }
  return add_thread(p, now, 0);
}

static void make_lines(char text[LINES][LINE]) {
  for (uint32_t i = 0; i < LINES; ++i) {
    const int size = 20 + (int)(fraction(i) * (LINE - 24));
    for (int j = 0; j < size; ++j) text[i][j] = "etaoin shrdlu 0123.@-abc"[(int)(fraction(i * LINE + (uint32_t)j) * 24)];
    text[i][size] = 0;
    if (i % 97 == 0) memcpy(text[i], "a@b.cd", 6);
  }
}

int main(void) {
  static const char* const patterns[] = {"[a-z0-9]+@[a-z]+[.][a-z][a-z]", "(to|in|at) +[a-z]*[0-9]+", "(a?b?)*cc(d|[0-3])+ ",
                                         "s.?h.*r.*d"};
  VECTOR(Program, program, 1);
  VECTOR(Threads, now, 1);
  VECTOR(Threads, next, 1);
  MATRIX(char, text, LINES, LINE);
  memset(now, 0, sizeof *now);
  memset(next, 0, sizeof *next);
  make_lines(text);
  int counts[4] = {0};
  kernel_begin();
  for (int i = 0; i < 4; ++i) {
    compile(program, patterns[i]);
    for (int line = 0; line < LINES; ++line) counts[i] += matches(program, text[line], now, next);
  }
  kernel_end();
  for (int i = 0; i < 4; ++i) check_integer((uint64_t)counts[i]);
  return kernel_report();
}
