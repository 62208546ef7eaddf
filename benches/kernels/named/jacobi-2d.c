// jacobi-2d: every point becomes the mean of itself and its four neighbours, from A to B and back.
#include "../kernel.h"

enum { N = 1000, STEPS = 150 };

static void smooth(double from[N][N], double to[N][N]) {
  for (int i = 1; i < N - 1; ++i) {
    for (int j = 1; j < N - 1; ++j)
      to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
  }
}

int main(void) {
  MATRIX(double, A, N, N);
  MATRIX(double, B, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) A[i][j] = B[i][j] = fraction(i * N + j);
  }
  kernel_begin();
  for (int step = 0; step < STEPS; ++step) {
    smooth(A, B);
    smooth(B, A);
  }
  kernel_end();
  check_doubles(&A[0][0], (size_t)N * N);
  return kernel_report();
}
