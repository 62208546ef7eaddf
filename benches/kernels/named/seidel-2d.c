// seidel-2d: Gauss-Seidel in place: every point becomes the mean of the nine around it, four of them already new.
#include "../kernel.h"

enum { N = 700, STEPS = 60 };

static void seidel(double A[N][N]) {
  for (int step = 0; step < STEPS; ++step) {
    for (int i = 1; i < N - 1; ++i) {
      for (int j = 1; j < N - 1; ++j) {
        A[i][j] = (A[i - 1][j - 1] + A[i - 1][j] + A[i - 1][j + 1] + A[i][j - 1] + A[i][j] + A[i][j + 1] + A[i + 1][j - 1] +
                   A[i + 1][j] + A[i + 1][j + 1]) /
                  9;
      }
    }
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = fraction(i * N + j);
  }
  kernel_begin();
  seidel(A);
  kernel_end();
  check_doubles(&A[0][0], (size_t)N * N);
  return kernel_report();
}
