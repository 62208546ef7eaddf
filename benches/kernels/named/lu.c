// lu: A = L U without pivoting, both in place of A.
#include "../kernel.h"

enum { N = 1000 };

static void lu(double A[N][N]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) A[i][j] -= A[i][k] * A[k][j];
      A[i][j] /= A[j][j];
    }
    for (int j = i; j < N; ++j) {
      for (int k = 0; k < i; ++k) A[i][j] -= A[i][k] * A[k][j];
    }
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = i == j ? N : fraction(i * N + j);
  }
  kernel_begin();
  lu(A);
  kernel_end();
  check_doubles(&A[0][0], (size_t)N * N);
  return kernel_report();
}
