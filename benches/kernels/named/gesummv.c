// gesummv: y = alpha A x + beta B x, the sum of two products of a matrix and a vector. Repeated, y scaled to be the next x.
#include "../kernel.h"

enum { N = 1800, TIMES = 50 };

static void gesummv(double alpha, double beta, double A[N][N], double B[N][N], const double* x, double* y) {
  for (int i = 0; i < N; ++i) {
    double a = 0, b = 0;
    for (int j = 0; j < N; ++j) {
      a += A[i][j] * x[j];
      b += B[i][j] * x[j];
    }
    y[i] = alpha * a + beta * b;
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  MATRIX(double, B, N, N);
  VECTOR(double, x, N);
  VECTOR(double, y, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      A[i][j] = fraction(i * N + j);
      B[i][j] = fraction(3 * i + 5 * j);
    }
    x[i] = 1 + fraction(i);
  }
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    gesummv(1.5, 1.2, A, B, x, y);
    const double scale = 1 / y[0];
    for (int i = 0; i < N; ++i) x[i] = y[i] * scale;
  }
  kernel_end();
  check_doubles(x, N);
  return kernel_report();
}
