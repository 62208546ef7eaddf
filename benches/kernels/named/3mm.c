// 3mm: three products, G = (A B) (C D), every element a dot product of a row and a column.
#include "../kernel.h"

enum { NI = 440, NJ = 460, NK = 480, NL = 500, NM = 520 };

static void three_products(double A[NI][NK], double B[NK][NJ], double C[NJ][NM], double D[NM][NL], double E[NI][NJ],
                           double F[NJ][NL], double G[NI][NL]) {
  for (int i = 0; i < NI; ++i) {
    for (int j = 0; j < NJ; ++j) {
      E[i][j] = 0;
      for (int k = 0; k < NK; ++k) E[i][j] += A[i][k] * B[k][j];
    }
  }
  for (int j = 0; j < NJ; ++j) {
    for (int l = 0; l < NL; ++l) {
      F[j][l] = 0;
      for (int m = 0; m < NM; ++m) F[j][l] += C[j][m] * D[m][l];
    }
  }
  for (int i = 0; i < NI; ++i) {
    for (int l = 0; l < NL; ++l) {
      G[i][l] = 0;
      for (int j = 0; j < NJ; ++j) G[i][l] += E[i][j] * F[j][l];
    }
  }
}

int main(void) {
  MATRIX(double, A, NI, NK);
  MATRIX(double, B, NK, NJ);
  MATRIX(double, C, NJ, NM);
  MATRIX(double, D, NM, NL);
  MATRIX(double, E, NI, NJ);
  MATRIX(double, F, NJ, NL);
  MATRIX(double, G, NI, NL);
  for (int i = 0; i < NI; ++i) {
    for (int k = 0; k < NK; ++k) A[i][k] = fraction(i * NK + k);
  }
  for (int k = 0; k < NK; ++k) {
    for (int j = 0; j < NJ; ++j) B[k][j] = fraction(7 * k + j);
  }
  for (int j = 0; j < NJ; ++j) {
    for (int m = 0; m < NM; ++m) C[j][m] = fraction(j + 11 * m);
  }
  for (int m = 0; m < NM; ++m) {
    for (int l = 0; l < NL; ++l) D[m][l] = fraction(13 * m + 3 * l);
  }
  kernel_begin();
  three_products(A, B, C, D, E, F, G);
  kernel_end();
  check_doubles(&G[0][0], (size_t)NI * NL);
  return kernel_report();
}
