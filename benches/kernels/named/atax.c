// atax: y = At (A x), a matrix and its transpose times a vector. Repeated, y scaled to be the next x.
#include "../kernel.h"

enum { M = 1800, N = 2000, TIMES = 60 };

static void atax(double A[M][N], const double* x, double* y) {
  for (int j = 0; j < N; ++j) y[j] = 0;
  for (int i = 0; i < M; ++i) {
    double row = 0;
    for (int j = 0; j < N; ++j) row += A[i][j] * x[j];
    for (int j = 0; j < N; ++j) y[j] += A[i][j] * row;
  }
}

int main(void) {
  MATRIX(double, A, M, N);
  VECTOR(double, x, N);
  VECTOR(double, y, N);
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = fraction(i * N + j);
  }
  for (int j = 0; j < N; ++j) x[j] = 1 + fraction(j);
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    atax(A, x, y);
    const double scale = 1 / y[0];
    for (int j = 0; j < N; ++j) x[j] = y[j] * scale;
  }
  kernel_end();
  check_doubles(x, N);
  return kernel_report();
}
