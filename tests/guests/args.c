// Prints its arguments, one a line. Used by tests/cases/arguments.case.
#include <stdio.h>

int main(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) puts(argv[i]);
  return 0;
}
