// symm: C = alpha A B + beta C where A is symmetric and only its lower triangle is stored.
#include "../kernel.h"

enum { M = 700, N = 800 };

static void symm(double alpha, double beta, double A[M][M], double B[M][N], double C[M][N]) {
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) {
      double above = 0;  // what the mirrored triangle gives
      for (int k = 0; k < i; ++k) {
        C[k][j] += alpha * B[i][j] * A[i][k];
        above += B[k][j] * A[i][k];
      }
      C[i][j] = beta * C[i][j] + alpha * B[i][j] * A[i][i] + alpha * above;
    }
  }
}

int main(void) {
  MATRIX(double, A, M, M);
  MATRIX(double, B, M, N);
  MATRIX(double, C, M, N);
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) {
      B[i][j] = fraction(i * N + j);
      C[i][j] = fraction(3 * i + 5 * j);
    }
    for (int j = 0; j < M; ++j) A[i][j] = j <= i ? fraction(i * M + j) : -999;  // never read above the diagonal
  }
  kernel_begin();
  symm(1.5, 1.2, A, B, C);
  kernel_end();
  check_doubles(&C[0][0], (size_t)M * N);
  return kernel_report();
}
