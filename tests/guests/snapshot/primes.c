// Finds the primes below two million, once: in its initialisation when there is one (wizer-initialize), else when main begins.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { below = 2000000 };
static unsigned* primes;
static int count;

static void find_primes(void) {
  if (primes != NULL) return;
  char* is_composite = calloc(below, 1);
  primes = malloc(below / 10 * sizeof *primes);
  for (unsigned n = 2; n < below; ++n) {
    if (is_composite[n]) continue;
    primes[count++] = n;
    for (unsigned multiple = n; multiple < below; multiple += n) is_composite[multiple] = 1;
  }
  memset(is_composite, 0, below);  // so that a snapshot need not keep it
  free(is_composite);
}

__attribute__((export_name("wizer-initialize"))) void initialize(void) {
  find_primes();
  puts("primes are found");
}

// Initialisations that are refused, each for its reason.
__attribute__((export_name("ask-time"))) void ask_time(void) { count = (int)time(NULL); }
__attribute__((export_name("ask-environment"))) void ask_environment(void) { count = getenv("HOME") != NULL; }
__attribute__((export_name("ask-input"))) void ask_input(void) { count = getchar(); }
__attribute__((export_name("leave-open"))) void leave_open(void) { count = fopen("/data/file", "r") != NULL; }
__attribute__((export_name("close-stdout"))) void close_stdout(void) { fclose(stdout); }
__attribute__((export_name("leave"))) void leave(void) { exit(3); }
__attribute__((export_name("crash"))) void crash(void) { __builtin_trap(); }

int main(void) {
  find_primes();
  printf("%d primes, the last is %u\n", count, primes[count - 1]);
  return 0;
}
