// ludcmp: A x = b by A = L U without pivoting, then substitution forward and backward.
#include "../kernel.h"

enum { N = 1000 };

static void ludcmp(double A[N][N], const double* b, double* x, double* y) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      double sum = A[i][j];
      for (int k = 0; k < j; ++k) sum -= A[i][k] * A[k][j];
      A[i][j] = sum / A[j][j];
    }
    for (int j = i; j < N; ++j) {
      double sum = A[i][j];
      for (int k = 0; k < i; ++k) sum -= A[i][k] * A[k][j];
      A[i][j] = sum;
    }
  }
  for (int i = 0; i < N; ++i) {
    double sum = b[i];
    for (int j = 0; j < i; ++j) sum -= A[i][j] * y[j];
    y[i] = sum;
  }
  for (int i = N - 1; i >= 0; --i) {
    double sum = y[i];
    for (int j = i + 1; j < N; ++j) sum -= A[i][j] * x[j];
    x[i] = sum / A[i][i];
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  VECTOR(double, b, N);
  VECTOR(double, x, N);
  VECTOR(double, y, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = i == j ? N : fraction(i * N + j);
    b[i] = fraction(i) + 4;
  }
  kernel_begin();
  ludcmp(A, b, x, y);
  kernel_end();
  check_doubles(x, N);
  return kernel_report();
}
