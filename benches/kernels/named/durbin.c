// durbin: Durbin's recursion for the Yule-Walker equations, a Toeplitz system: T y = -r. Repeated with another r.
#include "../kernel.h"

enum { N = 4000, TIMES = 16 };

static void durbin(const double* r, double* y, double* next) {
  double alpha = -r[0], beta = 1;
  y[0] = -r[0];
  for (int k = 1; k < N; ++k) {
    beta *= 1 - alpha * alpha;
    double sum = 0;
    for (int i = 0; i < k; ++i) sum += r[k - i - 1] * y[i];
    alpha = -(r[k] + sum) / beta;
    for (int i = 0; i < k; ++i) next[i] = y[i] + alpha * y[k - i - 1];
    for (int i = 0; i < k; ++i) y[i] = next[i];
    y[k] = alpha;
  }
}

int main(void) {
  VECTOR(double, r, N);
  VECTOR(double, y, N);
  VECTOR(double, next, N);
  double total = 0;
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    for (int i = 0; i < N; ++i) r[i] = (0.5 - time * 0.01) / (i + 1);  // convex and falling: positive definite
    durbin(r, y, next);
    total += y[N / 2];
  }
  kernel_end();
  check_double(total);
  check_doubles(y, N);
  return kernel_report();
}
