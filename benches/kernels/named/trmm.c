// trmm: B = alpha At B for a lower triangle A with ones on its diagonal.
#include "../kernel.h"

enum { M = 700, N = 800 };

static void trmm(double alpha, double A[M][M], double B[M][N]) {
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) {
      for (int k = i + 1; k < M; ++k) B[i][j] += A[k][i] * B[k][j];
      B[i][j] *= alpha;
    }
  }
}

int main(void) {
  MATRIX(double, A, M, M);
  MATRIX(double, B, M, N);
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < M; ++j) A[i][j] = j < i ? fraction(i * M + j) : j == i ? 1 : -999;  // never read above the diagonal
    for (int j = 0; j < N; ++j) B[i][j] = fraction(3 * i + 5 * j);
  }
  kernel_begin();
  trmm(1.5, A, B);
  kernel_end();
  check_doubles(&B[0][0], (size_t)M * N);
  return kernel_report();
}
