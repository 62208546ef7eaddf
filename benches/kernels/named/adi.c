// adi: the heat equation on a square by alternating directions. Half a step is implicit along columns, half along rows; each line
// is a tridiagonal system, solved by elimination forward (p, q) and substitution backward.
#include "../kernel.h"

enum { N = 400, STEPS = 40 };

static void adi(double u[N][N], double v[N][N], double p[N][N], double q[N][N]) {
  const double dx = 1.0 / N, dt = 1.0 / STEPS;
  const double along = 2.0 * dt / (dx * dx), across = 1.0 * dt / (dx * dx);
  const double a = -along / 2, b = 1 + along, c = a, d = -across / 2, e = 1 + across, f = d;
  for (int step = 0; step < STEPS; ++step) {
    for (int i = 1; i < N - 1; ++i) {
      v[0][i] = 1;
      p[i][0] = 0;
      q[i][0] = v[0][i];
      for (int j = 1; j < N - 1; ++j) {
        p[i][j] = -c / (a * p[i][j - 1] + b);
        q[i][j] = (-d * u[j][i - 1] + (1 + 2 * d) * u[j][i] - f * u[j][i + 1] - a * q[i][j - 1]) / (a * p[i][j - 1] + b);
      }
      v[N - 1][i] = 1;
      for (int j = N - 2; j > 0; --j) v[j][i] = p[i][j] * v[j + 1][i] + q[i][j];
    }
    for (int i = 1; i < N - 1; ++i) {
      u[i][0] = 1;
      p[i][0] = 0;
      q[i][0] = u[i][0];
      for (int j = 1; j < N - 1; ++j) {
        p[i][j] = -f / (d * p[i][j - 1] + e);
        q[i][j] = (-a * v[i - 1][j] + (1 + 2 * a) * v[i][j] - c * v[i + 1][j] - d * q[i][j - 1]) / (d * p[i][j - 1] + e);
      }
      u[i][N - 1] = 1;
      for (int j = N - 2; j > 0; --j) u[i][j] = p[i][j] * u[i][j + 1] + q[i][j];
    }
  }
}

int main(void) {
  MATRIX(double, u, N, N);
  MATRIX(double, v, N, N);
  MATRIX(double, p, N, N);
  MATRIX(double, q, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      u[i][j] = fraction(i * N + j);
      v[i][j] = p[i][j] = q[i][j] = 0;
    }
  }
  kernel_begin();
  adi(u, v, p, q);
  kernel_end();
  check_doubles(&u[0][0], (size_t)N * N);
  return kernel_report();
}
