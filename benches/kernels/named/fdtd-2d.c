// fdtd-2d: Maxwell's equations in two dimensions by finite differences in the time domain (Yee): electric fields ex and ey,
// magnetic hz, a source along one edge.
#include "../kernel.h"

enum { NX = 900, NY = 1000, STEPS = 150 };

static void fdtd(double ex[NX][NY], double ey[NX][NY], double hz[NX][NY], const double* source) {
  for (int t = 0; t < STEPS; ++t) {
    for (int j = 0; j < NY; ++j) ey[0][j] = source[t];
    for (int i = 1; i < NX; ++i) {
      for (int j = 0; j < NY; ++j) ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
    }
    for (int i = 0; i < NX; ++i) {
      for (int j = 1; j < NY; ++j) ex[i][j] -= 0.5 * (hz[i][j] - hz[i][j - 1]);
    }
    for (int i = 0; i < NX - 1; ++i) {
      for (int j = 0; j < NY - 1; ++j) hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
    }
  }
}

int main(void) {
  MATRIX(double, ex, NX, NY);
  MATRIX(double, ey, NX, NY);
  MATRIX(double, hz, NX, NY);
  VECTOR(double, source, STEPS);
  for (int t = 0; t < STEPS; ++t) source[t] = t;
  for (int i = 0; i < NX; ++i) {
    for (int j = 0; j < NY; ++j) {
      ex[i][j] = fraction(i * NY + j);
      ey[i][j] = fraction(3 * i + j);
      hz[i][j] = fraction(i + 7 * j);
    }
  }
  kernel_begin();
  fdtd(ex, ey, hz, source);
  kernel_end();
  check_doubles(&ex[0][0], (size_t)NX * NY);
  check_doubles(&ey[0][0], (size_t)NX * NY);
  check_doubles(&hz[0][0], (size_t)NX * NY);
  return kernel_report();
}
