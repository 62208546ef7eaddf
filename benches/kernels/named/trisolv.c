// trisolv: L x = b for a lower triangle, substitution forward. Repeated, x scaled to be the next b.
#include "../kernel.h"

enum { N = 2000, TIMES = 100 };

static void trisolv(double L[N][N], double* x, const double* b) {
  for (int i = 0; i < N; ++i) {
    x[i] = b[i];
    for (int j = 0; j < i; ++j) x[i] -= L[i][j] * x[j];
    x[i] /= L[i][i];
  }
}

int main(void) {
  MATRIX(double, L, N, N);
  VECTOR(double, x, N);
  VECTOR(double, b, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) L[i][j] = j < i ? fraction(i * N + j) : j == i ? N : -999;  // never read above the diagonal
    b[i] = 1 + fraction(i);
  }
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    trisolv(L, x, b);
    const double scale = 1 / x[0];
    for (int i = 0; i < N; ++i) b[i] = x[i] * scale;
  }
  kernel_end();
  check_doubles(b, N);
  return kernel_report();
}
