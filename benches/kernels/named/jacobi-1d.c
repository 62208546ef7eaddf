// jacobi-1d: every point becomes the mean of itself and its two neighbours, from A to B and back.
#include "../kernel.h"

enum { N = 4000, STEPS = 50000 };

static void smooth(const double* from, double* to) {
  for (int i = 1; i < N - 1; ++i) to[i] = 0.33333 * (from[i - 1] + from[i] + from[i + 1]);
}

int main(void) {
  VECTOR(double, A, N);
  VECTOR(double, B, N);
  for (int i = 0; i < N; ++i) A[i] = B[i] = 1 + fraction(i);
  kernel_begin();
  for (int step = 0; step < STEPS; ++step) {
    smooth(A, B);
    smooth(B, A);
  }
  kernel_end();
  check_doubles(A, N);
  return kernel_report();
}
