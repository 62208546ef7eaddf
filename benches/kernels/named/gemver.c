// gemver: A += u1 v1t + u2 v2t; x = beta At y + z; w = alpha A x. Repeated on the changed A.
#include "../kernel.h"

enum { N = 2000, TIMES = 12 };

static void gemver(double alpha, double beta, double A[N][N], const double* u1, const double* v1, const double* u2,
                   const double* v2, double* w, double* x, const double* y, const double* z) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] += u1[i] * v1[j] + u2[i] * v2[j];
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) x[i] += beta * A[j][i] * y[j];
  }
  for (int i = 0; i < N; ++i) x[i] += z[i];
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) w[i] += alpha * A[i][j] * x[j];
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  VECTOR(double, u1, N);
  VECTOR(double, v1, N);
  VECTOR(double, u2, N);
  VECTOR(double, v2, N);
  VECTOR(double, w, N);
  VECTOR(double, x, N);
  VECTOR(double, y, N);
  VECTOR(double, z, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = fraction(i * N + j);
    u1[i] = fraction(i);
    v1[i] = fraction(3 * i) / 2;
    u2[i] = fraction(5 * i) / 4;
    v2[i] = fraction(7 * i) / 6;
    y[i] = fraction(11 * i) / 8;
    z[i] = fraction(13 * i) / 9;
    w[i] = x[i] = 0;
  }
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) gemver(1.5, 1.2, A, u1, v1, u2, v2, w, x, y, z);
  kernel_end();
  check_doubles(w, N);
  check_doubles(x, N);
  return kernel_report();
}
