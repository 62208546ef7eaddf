// gramschmidt: A = Q R by the modified Gram-Schmidt process: column after column is normalised and taken out of those behind it.
#include "../kernel.h"

#include <math.h>

enum { M = 450, N = 400 };

static void gramschmidt(double A[M][N], double R[N][N], double Q[M][N]) {
  for (int k = 0; k < N; ++k) {
    double norm = 0;
    for (int i = 0; i < M; ++i) norm += A[i][k] * A[i][k];
    R[k][k] = sqrt(norm);
    for (int i = 0; i < M; ++i) Q[i][k] = A[i][k] / R[k][k];
    for (int j = k + 1; j < N; ++j) {
      R[k][j] = 0;
      for (int i = 0; i < M; ++i) R[k][j] += Q[i][k] * A[i][j];
      for (int i = 0; i < M; ++i) A[i][j] -= Q[i][k] * R[k][j];
    }
  }
}

int main(void) {
  MATRIX(double, A, M, N);
  MATRIX(double, R, N, N);
  MATRIX(double, Q, M, N);
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = fraction(i * N + j) + (i == j ? 10 : 0);
  }
  memset(R, 0, sizeof(double) * N * N);
  kernel_begin();
  gramschmidt(A, R, Q);
  kernel_end();
  check_doubles(&R[0][0], (size_t)N * N);
  check_doubles(&Q[0][0], (size_t)M * N);
  return kernel_report();
}
