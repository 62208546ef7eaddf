// @NAME@: an event is stdin, what it answers is stdout; what it has to say to whoever runs it is stderr.
#include <stdio.h>
#include <string.h>

int main(void) {
  static char event[1 << 16];
  size_t size = fread(event, 1, sizeof event - 1, stdin);
  while (size > 0 && strchr("\r\n", event[size - 1])) --size;
  event[size] = 0;
  printf("Hello, %s!\n", size ? event : "world");
  return 0;
}
