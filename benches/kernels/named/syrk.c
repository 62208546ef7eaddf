// syrk: C = alpha A At + beta C, the lower triangle of a symmetric C.
#include "../kernel.h"

enum { N = 900, M = 800 };

static void syrk(double alpha, double beta, double A[N][M], double C[N][N]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j <= i; ++j) C[i][j] *= beta;
    for (int k = 0; k < M; ++k) {
      for (int j = 0; j <= i; ++j) C[i][j] += alpha * A[i][k] * A[j][k];
    }
  }
}

int main(void) {
  MATRIX(double, A, N, M);
  MATRIX(double, C, N, N);
  for (int i = 0; i < N; ++i) {
    for (int k = 0; k < M; ++k) A[i][k] = fraction(i * M + k);
    for (int j = 0; j < N; ++j) C[i][j] = fraction(7 * i + j);
  }
  kernel_begin();
  syrk(1.5, 1.2, A, C);
  kernel_end();
  for (int i = 0; i < N; ++i) check_doubles(C[i], (size_t)i + 1);
  return kernel_report();
}
