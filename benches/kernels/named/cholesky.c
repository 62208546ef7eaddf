// cholesky: A = L Lt of a symmetric positive definite matrix, L in place of the lower triangle.
#include "../kernel.h"

#include <math.h>

enum { N = 1300 };

static void cholesky(double A[N][N]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
    for (int k = 0; k < i; ++k) A[i][i] -= A[i][k] * A[i][k];
    A[i][i] = sqrt(A[i][i]);
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) A[i][j] = A[j][i] = fraction(i * N + j);
    A[i][i] = N;  // dominates its row: positive definite
  }
  kernel_begin();
  cholesky(A);
  kernel_end();
  for (int i = 0; i < N; ++i) check_doubles(A[i], (size_t)i + 1);
  return kernel_report();
}
