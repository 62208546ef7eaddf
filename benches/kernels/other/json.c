// json: a parser by recursive descent (RFC 8259) makes a tree of 20 MB of JSON; the tree is walked and printed again.
#include "../kernel.h"

enum { RECORDS = 90000, NODES = 3000000, LARGEST_TEXT = 24 << 20 };

typedef enum { NOTHING, NO, YES, NUMBER, STRING, LIST, OBJECT } Kind;

typedef struct Node {
  Kind kind;
  uint32_t key_size, text_size;
  const char *key, *text;  // strings stay in the input, escapes as they are
  double number;
  struct Node *first, *next;
} Node;

typedef struct {
  const char *at, *end;
  Node* nodes;
  size_t used;
} Parser;

static Node* parse_value(Parser* p, int depth);

static void skip_blanks(Parser* p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')) ++p->at;
}

static void expect(Parser* p, const char* word) {
  for (; *word; ++word) {
    if (p->at >= p->end || *p->at++ != *word) kernel_fail("not JSON");
  }
}

static const char* parse_string(Parser* p, uint32_t* size) {
  expect(p, "\"");
  const char* const start = p->at;
  while (p->at < p->end && *p->at != '"') {
    if ((unsigned char)*p->at < 32) kernel_fail("a control character in a string");
    p->at += *p->at == '\\' ? 2 : 1;
  }
  *size = (uint32_t)(p->at - start);
  expect(p, "\"");
  return start;
}

static int is_digit(const Parser* p) {
  return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static double parse_number(Parser* p) {
  const int is_negative = p->at < p->end && *p->at == '-';
  p->at += is_negative;
  if (!is_digit(p)) kernel_fail("a number without digits");
  double value = 0, scale = 1;
  for (; is_digit(p); ++p->at) value = value * 10 + (*p->at - '0');
  if (p->at < p->end && *p->at == '.') {
    for (++p->at; is_digit(p); ++p->at) {
      value = value * 10 + (*p->at - '0');
      scale *= 10;
    }
  }
  if (p->at < p->end && (*p->at | 32) == 'e') {
    ++p->at;
    const int is_small = *p->at == '-';
    p->at += *p->at == '-' || *p->at == '+';
    int power = 0;
    for (; is_digit(p); ++p->at) power = power * 10 + (*p->at - '0');
    for (; power > 0; --power) {
      if (is_small)
        scale *= 10;
      else
        value *= 10;
    }
  }
  value /= scale;
  return is_negative ? -value : value;
}

// The elements between `open` and `close`; those of an object have a key.
static void parse_elements(Parser* p, Node* parent, char close, int depth) {
  Node** link = &parent->first;
  ++p->at;
  skip_blanks(p);
  if (p->at < p->end && *p->at == close) {
    ++p->at;
    return;
  }
  for (;;) {
    const char* key = NULL;
    uint32_t key_size = 0;
    skip_blanks(p);
    if (close == '}') {
      key = parse_string(p, &key_size);
      skip_blanks(p);
      expect(p, ":");
    }
    Node* node = parse_value(p, depth + 1);
    node->key = key;
    node->key_size = key_size;
    *link = node;
    link = &node->next;
    skip_blanks(p);
    if (p->at >= p->end) kernel_fail("the end is missing");
    if (*p->at++ == close) return;
    if (p->at[-1] != ',') kernel_fail("neither a comma nor the end");
  }
}

static Node* parse_value(Parser* p, int depth) {
  if (depth > 100) kernel_fail("too deep");
  if (p->used == NODES) kernel_fail("too many values");
  Node* node = &p->nodes[p->used++];
  *node = (Node){.kind = NOTHING};
  skip_blanks(p);
  switch (p->at < p->end ? *p->at : 0) {
    case '{':
      node->kind = OBJECT;
      parse_elements(p, node, '}', depth);
      break;
    case '[':
      node->kind = LIST;
      parse_elements(p, node, ']', depth);
      break;
    case '"':
      node->kind = STRING;
      node->text = parse_string(p, &node->text_size);
      break;
    case 't':
      node->kind = YES;
      expect(p, "true");
      break;
    case 'f':
      node->kind = NO;
      expect(p, "false");
      break;
    case 'n':
      expect(p, "null");
      break;
    default:
      node->kind = NUMBER;
      node->number = parse_number(p);
  }
  return node;
}

typedef struct {
  char* at;
} Printer;

static void print_text(Printer* out, const char* text, uint32_t size) {
  *out->at++ = '"';
  for (uint32_t i = 0; i < size; ++i) *out->at++ = text[i];
  *out->at++ = '"';
}

static void print_word(Printer* out, const char* word) {
  while (*word) *out->at++ = *word++;
}

// To three decimals, as all numbers here have at most.
static void print_number(Printer* out, double number) {
  char digits[24];
  int count = 0;
  int64_t thousandths = (int64_t)(number * 1000 + (number < 0 ? -0.5 : 0.5));
  if (thousandths < 0) *out->at++ = '-';
  uint64_t rest = (uint64_t)(thousandths < 0 ? -thousandths : thousandths);
  for (; rest > 0 || count < 4; rest /= 10) {
    if (count == 3) digits[count++] = '.';
    digits[count++] = (char)('0' + rest % 10);
  }
  while (count > 0) *out->at++ = digits[--count];
}

static void print_value(Printer* out, const Node* node) {
  switch (node->kind) {
    case NOTHING:
      print_word(out, "null");
      return;
    case NO:
      print_word(out, "false");
      return;
    case YES:
      print_word(out, "true");
      return;
    case NUMBER:
      print_number(out, node->number);
      return;
    case STRING:
      print_text(out, node->text, node->text_size);
      return;
    case LIST:
    case OBJECT:
      break;
  }
  *out->at++ = node->kind == LIST ? '[' : '{';
  for (const Node* child = node->first; child; child = child->next) {
    if (child != node->first) *out->at++ = ',';
    if (child->key) {
      print_text(out, child->key, child->key_size);
      *out->at++ = ':';
    }
    print_value(out, child);
  }
  *out->at++ = node->kind == LIST ? ']' : '}';
}

static char* make_json(char* at) {
  *at++ = '[';
  for (uint32_t i = 0; i < RECORDS; ++i) {
    at += snprintf(
        at, 400,
        "%s\n  {\"id\": %u, \"name\": \"sensor \\\"%04u\\\" in hall %c\", \"on\": %s, \"place\": {\"x\": %u.%03u, \"y\": -%u.5},\n"
        "   \"values\": [%u, %u.25, %ue2, null, %u], \"tags\": [\"outdoor\", \"t%u\", []]}",
        i ? "," : "", i, i * 7 % 10000, 'A' + i % 26, i % 3 ? "true" : "false", i % 977, i % 1000, i % 131, i * 3 % 10007, i % 89,
        i % 17, i * 5 % 99991, i % 12);
  }
  *at++ = ']';
  return at;
}

int main(void) {
  VECTOR(char, text, LARGEST_TEXT);
  VECTOR(char, printed, LARGEST_TEXT);
  VECTOR(Node, nodes, NODES);
  const char* const end = make_json(text);
  memset(printed, 0, LARGEST_TEXT);
  memset(nodes, 0, sizeof(Node) * NODES);
  kernel_begin();
  Parser parser = {text, end, nodes, 0};
  const Node* tree = parse_value(&parser, 0);
  Printer printer = {printed};
  print_value(&printer, tree);
  // What was printed says the same: parsed and printed once more, it stays.
  const size_t size = (size_t)(printer.at - printed);
  Parser second = {printed, printer.at, nodes, 0};
  tree = parse_value(&second, 0);
  printer.at = text;
  print_value(&printer, tree);
  kernel_end();
  if ((size_t)(printer.at - text) != size || memcmp(text, printed, size) != 0) kernel_fail("another tree came back");
  check_integer(second.used);
  check_integer(size);
  for (size_t i = 0; i < size; i += 997) check_integer((unsigned char)text[i]);
  return kernel_report();
}
