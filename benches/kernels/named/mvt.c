// mvt: x1 += A y1 and x2 += At y2, a matrix and its transpose times a vector each. Repeated, results scaled to be the next vectors.
#include "../kernel.h"

enum { N = 2000, TIMES = 16 };

static void mvt(double A[N][N], double* x1, double* x2, const double* y1, const double* y2) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) x1[i] += A[i][j] * y1[j];
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) x2[i] += A[j][i] * y2[j];
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  VECTOR(double, x1, N);
  VECTOR(double, x2, N);
  VECTOR(double, y1, N);
  VECTOR(double, y2, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = fraction(i * N + j);
    x1[i] = fraction(i);
    x2[i] = fraction(3 * i);
    y1[i] = fraction(5 * i);
    y2[i] = fraction(7 * i);
  }
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    mvt(A, x1, x2, y1, y2);
    const double scale1 = 1 / x1[0], scale2 = 1 / x2[0];
    for (int i = 0; i < N; ++i) {
      y1[i] = x1[i] * scale1;
      y2[i] = x2[i] * scale2;
    }
  }
  kernel_end();
  check_doubles(y1, N);
  check_doubles(y2, N);
  return kernel_report();
}
