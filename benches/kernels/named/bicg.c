// bicg: the two products of a step of the biconjugate gradient method, s = At r and q = A p, in one pass over A. Repeated, with the
// results scaled to be the next vectors.
#include "../kernel.h"

enum { N = 2000, M = 1800, TIMES = 60 };

static void bicg(double A[N][M], const double* p, const double* r, double* s, double* q) {
  for (int j = 0; j < M; ++j) s[j] = 0;
  for (int i = 0; i < N; ++i) {
    q[i] = 0;
    for (int j = 0; j < M; ++j) {
      s[j] += r[i] * A[i][j];
      q[i] += A[i][j] * p[j];
    }
  }
}

int main(void) {
  MATRIX(double, A, N, M);
  VECTOR(double, p, M);
  VECTOR(double, s, M);
  VECTOR(double, q, N);
  VECTOR(double, r, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) A[i][j] = fraction(i * M + j);
    r[i] = 1 + fraction(i);
  }
  for (int j = 0; j < M; ++j) p[j] = 1 + fraction(3 * j);
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    bicg(A, p, r, s, q);
    const double scale_s = 1 / s[0], scale_q = 1 / q[0];
    for (int j = 0; j < M; ++j) p[j] = s[j] * scale_s;
    for (int i = 0; i < N; ++i) r[i] = q[i] * scale_q;
  }
  kernel_end();
  check_doubles(p, M);
  check_doubles(r, N);
  return kernel_report();
}
