// Prints its environment, one variable a line. Used by tests/cases/environment.case.
#include <stdio.h>

extern char** environ;

int main(void) {
  for (char** variable = environ; variable && *variable; ++variable) puts(*variable);
  return 0;
}
