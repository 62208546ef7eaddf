// Event handler: reads one telemetry event as JSON from stdin, calibrates its value, writes the event to stdout.
//
// The contract, byte for byte the same as rust/src/main.rs, is written down in ../README.md: what is not such an event gives no
// output and exit 0, what is not UTF-8 gives a message on stderr and exit 1. Proved by ../test.
//
// The whole input is read into memory and ends with a NUL, which is not allowed anywhere in JSON, so no read runs past the end.
// Parsing functions take a position and return the one behind what they read, or NULL when it is not there. Strings are decoded
// in place: no escape is shorter than what it stands for.
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double calibration = 1.042;

struct text {
  char *begin, *end;
};
struct event {
  struct text sensor_id;
  double metric_value;
  uint64_t timestamp;
  bool has_sensor_id, has_metric_value, has_timestamp;
};

static void fail(const char *what) {
  fprintf(stderr, "telemetry: %s\n", what);
  exit(1);
}

// Grows at the end of the memory: nothing else here needs an allocator, which would be a quarter of the program.
static char *read_input(size_t *size) {
  enum { step = 65536 };
  char *const input = sbrk(0);
  size_t capacity = 0, length = 0;
  for (;;) {
    if (length + 1 >= capacity) {
      if (sbrk(step) == (void *)-1) fail("the event does not fit into memory");
      capacity += step;
    }
    ssize_t count = read(STDIN_FILENO, input + length, capacity - length - 1);
    if (count < 0) fail("cannot read the event");
    if (count == 0) break;
    length += (size_t)count;
  }
  input[length] = '\0';
  *size = length;
  return input;
}

// The number of leading bytes that are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
static size_t utf8_prefix(const unsigned char *bytes, size_t size) {
  static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
  size_t at = 0;
  while (at < size) {
    unsigned char first = bytes[at];
    unsigned more = first < 0x80 ? 0 : first < 0xc0 ? 4 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : 4;
    if (more == 4 || more >= size - at) return at;
    uint32_t point = more == 0 ? first : first & (0x3fu >> more);
    for (unsigned i = 1; i <= more; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) return at;
      point = point << 6 | (bytes[at + i] & 0x3f);
    }
    if (point < smallest[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return at;
    at += more + 1;
  }
  return at;
}

static char *space(char *p) {
  while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') p++;
  return p;
}

static char *hex4(char *p, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++, p++) {
    uint32_t digit;
    if (*p >= '0' && *p <= '9') digit = (uint32_t)(*p - '0');
    else if (*p >= 'a' && *p <= 'f') digit = (uint32_t)(*p - 'a' + 10);
    else if (*p >= 'A' && *p <= 'F') digit = (uint32_t)(*p - 'A' + 10);
    else return NULL;
    *unit = *unit << 4 | digit;
  }
  return p;
}

static char *put_utf8(char *out, uint32_t point) {
  if (point < 0x80) {
    *out++ = (char)point;
    return out;
  }
  int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  *out++ = (char)(lead[more] | point >> 6 * more);
  while (more-- > 0) *out++ = (char)(0x80 | (point >> 6 * more & 0x3f));
  return out;
}

// What follows a backslash. A lone surrogate stands for no character: refused, unless the string is only skipped (out is NULL).
static char *escape(char *p, char **out) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (*p != 'u') {
    const char *letter = *p == '\0' ? NULL : strchr(letters, *p);
    if (letter == NULL) return NULL;
    if (out != NULL) *(*out)++ = meanings[letter - letters];
    return p + 1;
  }
  uint32_t point, low;
  p = hex4(p + 1, &point);
  if (p == NULL || out == NULL) return p;
  if (point >= 0xdc00 && point < 0xe000) return NULL;
  if (point >= 0xd800 && point < 0xdc00) {
    if (p[0] != '\\' || p[1] != 'u') return NULL;
    p = hex4(p + 2, &low);
    if (p == NULL || low < 0xdc00 || low >= 0xe000) return NULL;
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  }
  *out = put_utf8(*out, point);
  return p;
}

// A string; decoded in place when `text` is given.
static char *string(char *p, struct text *text) {
  if (*p++ != '"') return NULL;
  char *out = p;
  if (text != NULL) text->begin = p;
  while (*p != '"') {
    if ((unsigned char)*p < 0x20) return NULL;
    if (*p == '\\') {
      p = escape(p + 1, text != NULL ? &out : NULL);
      if (p == NULL) return NULL;
    } else {
      if (text != NULL) *out++ = *p;
      p++;
    }
  }
  if (text != NULL) text->end = out;
  return p + 1;
}

static char *digits(char *p) {
  if (*p < '0' || *p > '9') return NULL;
  while (*p >= '0' && *p <= '9') p++;
  return p;
}

static char *number(char *p) {
  if (*p == '-') p++;
  p = *p == '0' ? p + 1 : digits(p);
  if (p != NULL && *p == '.') p = digits(p + 1);
  if (p != NULL && (*p == 'e' || *p == 'E')) {
    p++;
    if (*p == '+' || *p == '-') p++;
    p = digits(p);
  }
  return p;
}

static char *double_value(char *p, double *value) {
  char *end = number(p);
  if (end == NULL) return NULL;
  char *read_end;
  *value = strtod(p, &read_end);  // reads more than JSON allows ("0x1"), hence the two ends
  return read_end == end && isfinite(*value) ? end : NULL;
}

static char *unsigned_value(char *p, uint64_t *value) {
  char *end = number(p);
  if (end == NULL) return NULL;
  for (*value = 0; p < end; p++) {
    if (*p < '0' || *p > '9') return NULL;
    if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value)) return NULL;
  }
  return end;
}

static char *word(char *p, const char *expected) {
  size_t length = strlen(expected);
  return strncmp(p, expected, length) == 0 ? p + length : NULL;
}

// A member's name and the colon behind it.
static char *name(char *p, struct text *text) {
  p = string(space(p), text);
  if (p == NULL) return NULL;
  p = space(p);
  return *p == ':' ? p + 1 : NULL;
}

// Any value, of any depth: the brackets that are open lie, as a stack, over the input that was already read.
static char *skip(char *p) {
  char *const bottom = p, *top = p;
  for (;;) {
    p = space(p);
    char first = *p;
    if (first == '{' || first == '[') {
      char *inside = space(p + 1);
      if (*inside != (first == '{' ? '}' : ']')) {
        *top++ = first;
        p = first == '{' ? name(inside, NULL) : inside;
        if (p == NULL) return NULL;
        continue;
      }
      p = inside + 1;
    } else {
      p = first == '"'   ? string(p, NULL)
          : first == 't' ? word(p, "true")
          : first == 'f' ? word(p, "false")
          : first == 'n' ? word(p, "null")
                         : number(p);
      if (p == NULL) return NULL;
    }
    // A value has ended: close what ends with it, until a comma promises another value.
    for (;; p++, top--) {
      if (top == bottom) return p;
      p = space(p);
      if (*p == ',') break;
      if (*p != (top[-1] == '{' ? '}' : ']')) return NULL;
    }
    p = top[-1] == '{' ? name(p + 1, NULL) : p + 1;
    if (p == NULL) return NULL;
  }
}

static bool is(struct text text, const char *expected) {
  size_t length = strlen(expected);
  return (size_t)(text.end - text.begin) == length && memcmp(text.begin, expected, length) == 0;
}

// False for the second member of one name.
static bool first_time(bool *seen) {
  bool first = !*seen;
  *seen = true;
  return first;
}

static char *member(char *p, struct event *event) {
  struct text key;
  p = name(p, &key);
  if (p == NULL) return NULL;
  if (is(key, "sensor_id")) return first_time(&event->has_sensor_id) ? string(space(p), &event->sensor_id) : NULL;
  if (is(key, "metric_value")) return first_time(&event->has_metric_value) ? double_value(space(p), &event->metric_value) : NULL;
  if (is(key, "timestamp")) return first_time(&event->has_timestamp) ? unsigned_value(space(p), &event->timestamp) : NULL;
  return skip(p);
}

static bool parse(char *p, const char *end, struct event *event) {
  p = space(p);
  if (*p++ != '{') return false;
  for (;; p++) {
    p = member(p, event);
    if (p == NULL) return false;
    p = space(p);
    if (*p == '}') break;
    if (*p != ',') return false;
  }
  return space(p + 1) == end && event->has_sensor_id && event->has_metric_value && event->has_timestamp;
}

static void write_string(struct text text) {
  putchar('"');
  for (char *p = text.begin; p < text.end; p++) {
    static const char meanings[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *meaning = *p == '\0' ? NULL : strchr(meanings, *p);
    if (meaning != NULL) printf("\\%c", letters[meaning - meanings]);
    else if ((unsigned char)*p < 0x20) printf("\\u%04x", *p);
    else putchar(*p);
  }
  putchar('"');
}

// The shortest decimal that reads back as `value` (> 0), as its digits and the place of the point behind the first of them.
// Decimals of up to 15 digits survive a normal double, so the search begins there and drops zeros; a subnormal keeps fewer. Below a power
// of two doubles lie closer than above it: there the decimal next above may read back where the nearest one does not.
static int shortest(double value, char decimal[18], int *exponent) {
  int count = value < DBL_MIN ? 1 : 15;
  char text[32];
  for (;; count++) {
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    if (strtod(text, NULL) == value) break;
    char *last = &text[count == 1 ? 0 : count];
    if (*last == '9') continue;  // its successor is shorter, so it was tried
    ++*last;
    if (strtod(text, NULL) == value) break;
  }
  decimal[0] = text[0];
  memcpy(decimal + 1, text + 2, (size_t)count - 1);
  *exponent = atoi(strchr(text, 'e') + 1);
  while (count > 1 && decimal[count - 1] == '0') count--;
  return count;
}

// 0.0001234, 12.34, 1234.0 between 1e-5 and 1e16; 1.234e-7, 1e21 elsewhere.
static void write_double(double value) {
  if (signbit(value)) putchar('-');
  value = fabs(value);
  if (value == 0) {
    fputs("0.0", stdout);
    return;
  }
  char decimal[18];
  int exponent, count = shortest(value, decimal, &exponent);
  if (exponent >= -5 && exponent < 0) {
    printf("0.%.*s%.*s", -exponent - 1, "0000", count, decimal);
  } else if (exponent >= 0 && exponent < 16) {
    int whole = exponent + 1;
    for (int i = 0; i < whole; i++) putchar(i < count ? decimal[i] : '0');
    printf(".%.*s", count > whole ? count - whole : 1, count > whole ? decimal + whole : "0");
  } else {
    printf("%c%s%.*se%d", decimal[0], count > 1 ? "." : "", count - 1, decimal + 1, exponent);
  }
}

int main(void) {
  size_t size;
  char *input = read_input(&size);
  size_t valid = utf8_prefix((const unsigned char *)input, size);
  if (valid != size) {
    fprintf(stderr, "telemetry: the event is not UTF-8 (byte %zu)\n", valid);
    return 1;
  }

  struct event event = {0};
  if (!parse(input, input + size, &event)) return 0;
  event.metric_value *= calibration;
  if (!isfinite(event.metric_value)) return 0;  // JSON has no infinity

  fputs("{\"sensor_id\":", stdout);
  write_string(event.sensor_id);
  fputs(",\"metric_value\":", stdout);
  write_double(event.metric_value);
  printf(",\"timestamp\":%llu}", (unsigned long long)event.timestamp);
  if (fflush(stdout) != 0) fail("cannot write the event");
  return 0;
}
