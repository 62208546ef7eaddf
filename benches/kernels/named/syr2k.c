// syr2k: C = alpha A Bt + alpha B At + beta C, the lower triangle of a symmetric C.
#include "../kernel.h"

enum { N = 800, M = 700 };

static void syr2k(double alpha, double beta, double A[N][M], double B[N][M], double C[N][N]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j <= i; ++j) C[i][j] *= beta;
    for (int k = 0; k < M; ++k) {
      for (int j = 0; j <= i; ++j) C[i][j] += A[j][k] * alpha * B[i][k] + B[j][k] * alpha * A[i][k];
    }
  }
}

int main(void) {
  MATRIX(double, A, N, M);
  MATRIX(double, B, N, M);
  MATRIX(double, C, N, N);
  for (int i = 0; i < N; ++i) {
    for (int k = 0; k < M; ++k) {
      A[i][k] = fraction(i * M + k);
      B[i][k] = fraction(3 * i + 5 * k);
    }
    for (int j = 0; j < N; ++j) C[i][j] = fraction(7 * i + j);
  }
  kernel_begin();
  syr2k(1.5, 1.2, A, B, C);
  kernel_end();
  for (int i = 0; i < N; ++i) check_doubles(C[i], (size_t)i + 1);
  return kernel_report();
}
