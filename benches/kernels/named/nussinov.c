// nussinov: the most base pairs that an RNA strand can fold into, Nussinov's dynamic program. best[i][j] is that for the bases i to
// j: leave one end out, pair the ends, or cut the strand in two.
#include "../kernel.h"

enum { N = 1300 };

static inline int most(int a, int b) {
  return a >= b ? a : b;
}

static inline int pairs(char a, char b) {
  return a + b == 3;
}  // A 0, C 1, G 2, U 3: A with U, C with G

static void nussinov(const char* bases, int best[N][N]) {
  for (int i = N - 1; i >= 0; --i) {
    for (int j = i + 1; j < N; ++j) {
      best[i][j] = most(best[i][j], best[i][j - 1]);
      if (i + 1 < N) {
        best[i][j] = most(best[i][j], best[i + 1][j]);
        const int ends = i + 1 < j ? pairs(bases[i], bases[j]) : 0;  // neighbours cannot bend that far
        best[i][j] = most(best[i][j], best[i + 1][j - 1] + ends);
      }
      for (int k = i + 1; k < j; ++k) best[i][j] = most(best[i][j], best[i][k] + best[k + 1][j]);
    }
  }
}

int main(void) {
  VECTOR(char, bases, N);
  MATRIX(int, best, N, N);
  for (int i = 0; i < N; ++i) bases[i] = (char)(fraction(i) * 4);
  memset(best, 0, sizeof(int) * N * N);
  kernel_begin();
  nussinov(bases, best);
  kernel_end();
  for (int i = 0; i < N; ++i) {
    for (int j = i; j < N; ++j) check_integer((uint64_t)best[i][j]);
  }
  return kernel_report();
}
