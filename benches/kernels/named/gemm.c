// gemm: C = alpha A B + beta C, general matrices.
#include "../kernel.h"

enum { NI = 800, NJ = 900, NK = 1000 };

static void gemm(double alpha, double beta, double A[NI][NK], double B[NK][NJ], double C[NI][NJ]) {
  for (int i = 0; i < NI; ++i) {
    for (int j = 0; j < NJ; ++j) C[i][j] *= beta;
    for (int k = 0; k < NK; ++k) {
      for (int j = 0; j < NJ; ++j) C[i][j] += alpha * A[i][k] * B[k][j];
    }
  }
}

int main(void) {
  MATRIX(double, A, NI, NK);
  MATRIX(double, B, NK, NJ);
  MATRIX(double, C, NI, NJ);
  for (int i = 0; i < NI; ++i) {
    for (int k = 0; k < NK; ++k) A[i][k] = fraction(i * NK + k);
    for (int j = 0; j < NJ; ++j) C[i][j] = fraction(3 * (i + j));
  }
  for (int k = 0; k < NK; ++k) {
    for (int j = 0; j < NJ; ++j) B[k][j] = fraction(7 * k + j);
  }
  kernel_begin();
  gemm(1.5, 1.2, A, B, C);
  kernel_end();
  check_doubles(&C[0][0], (size_t)NI * NJ);
  return kernel_report();
}
