// doitgen: a step of multiresolution analysis, A[r][q][p] = sum over s of A[r][q][s] C[s][p].
#include "../kernel.h"

enum { R = 120, Q = 130, P = 160, TIMES = 1 };

static void doitgen(double A[R][Q][P], double C[P][P], double* sum) {
  for (int r = 0; r < R; ++r) {
    for (int q = 0; q < Q; ++q) {
      for (int p = 0; p < P; ++p) {
        sum[p] = 0;
        for (int s = 0; s < P; ++s) sum[p] += A[r][q][s] * C[s][p];
      }
      for (int p = 0; p < P; ++p) A[r][q][p] = sum[p];
    }
  }
}

int main(void) {
  CUBE(double, A, R, Q, P);
  MATRIX(double, C, P, P);
  VECTOR(double, sum, P);
  for (int i = 0; i < R * Q * P; ++i) (&A[0][0][0])[i] = fraction(i);
  for (int i = 0; i < P * P; ++i) (&C[0][0])[i] = fraction(7 * i) * 2 / P;
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) doitgen(A, C, sum);
  kernel_end();
  check_doubles(&A[0][0][0], (size_t)R * Q * P);
  return kernel_report();
}
