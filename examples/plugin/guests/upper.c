// A plug-in in C, without a library: answers in capitals, and numbers the lines.
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("host"), import_name(name)))

IMPORT("log") void host_log(const char* text, int size);
IMPORT("line_number") long long host_line_number(void);

static char line[4096];

EXPORT("buffer") char* buffer(void) {
  return line;
}

EXPORT("on_line") int on_line(int size) {
  if (size == 0) {
    host_log("an empty line", 13);
    return -1;
  }
  for (int i = 0; i < size; ++i) {
    if (line[i] >= 'a' && line[i] <= 'z') line[i] = (char)(line[i] - 'a' + 'A');
  }
  if (size + 4 <= (int)sizeof line && host_line_number() < 10) {
    line[size++] = ' ';
    line[size++] = '(';
    line[size++] = (char)('0' + host_line_number());
    line[size++] = ')';
  }
  return size;
}
