// 2mm: two products after each other, D = alpha A B C + beta D, every element a dot product of a row and a column.
#include "../kernel.h"

enum { NI = 500, NJ = 540, NK = 580, NL = 620 };

static void two_products(double alpha, double beta, double A[NI][NK], double B[NK][NJ], double C[NJ][NL], double D[NI][NL],
                         double AB[NI][NJ]) {
  for (int i = 0; i < NI; ++i) {
    for (int j = 0; j < NJ; ++j) {
      AB[i][j] = 0;
      for (int k = 0; k < NK; ++k) AB[i][j] += alpha * A[i][k] * B[k][j];
    }
  }
  for (int i = 0; i < NI; ++i) {
    for (int l = 0; l < NL; ++l) {
      D[i][l] *= beta;
      for (int j = 0; j < NJ; ++j) D[i][l] += AB[i][j] * C[j][l];
    }
  }
}

int main(void) {
  MATRIX(double, A, NI, NK);
  MATRIX(double, B, NK, NJ);
  MATRIX(double, C, NJ, NL);
  MATRIX(double, D, NI, NL);
  MATRIX(double, AB, NI, NJ);
  for (int i = 0; i < NI; ++i) {
    for (int k = 0; k < NK; ++k) A[i][k] = fraction(i * NK + k);
    for (int l = 0; l < NL; ++l) D[i][l] = fraction(5 * i + l);
  }
  for (int k = 0; k < NK; ++k) {
    for (int j = 0; j < NJ; ++j) B[k][j] = fraction(7 * k + j);
  }
  for (int j = 0; j < NJ; ++j) {
    for (int l = 0; l < NL; ++l) C[j][l] = fraction(j + 11 * l);
  }
  kernel_begin();
  two_products(1.5, 1.2, A, B, C, D, AB);
  kernel_end();
  check_doubles(&D[0][0], (size_t)NI * NL);
  return kernel_report();
}
