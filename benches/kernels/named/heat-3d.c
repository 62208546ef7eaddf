// heat-3d: the heat equation in three dimensions, explicit steps from A to B and back.
#include "../kernel.h"

enum { N = 110, STEPS = 60 };

static void spread(double from[N][N][N], double to[N][N][N]) {
  for (int i = 1; i < N - 1; ++i) {
    for (int j = 1; j < N - 1; ++j) {
      for (int k = 1; k < N - 1; ++k) {
        to[i][j][k] = 0.125 * (from[i + 1][j][k] - 2 * from[i][j][k] + from[i - 1][j][k]) +
                      0.125 * (from[i][j + 1][k] - 2 * from[i][j][k] + from[i][j - 1][k]) +
                      0.125 * (from[i][j][k + 1] - 2 * from[i][j][k] + from[i][j][k - 1]) + from[i][j][k];
      }
    }
  }
}

int main(void) {
  CUBE(double, A, N, N, N);
  CUBE(double, B, N, N, N);
  for (int i = 0; i < N * N * N; ++i) (&A[0][0][0])[i] = (&B[0][0][0])[i] = fraction(i) * 10;
  kernel_begin();
  for (int step = 0; step < STEPS; ++step) {
    spread(A, B);
    spread(B, A);
  }
  kernel_end();
  check_doubles(&A[0][0][0], (size_t)N * N * N);
  return kernel_report();
}
