// covariance: the covariance matrix of M variables in N observations.
#include "../kernel.h"

enum { N = 700, M = 600 };

static void covariance(double data[N][M], double cov[M][M], double* mean) {
  for (int j = 0; j < M; ++j) {
    mean[j] = 0;
    for (int i = 0; i < N; ++i) mean[j] += data[i][j];
    mean[j] /= N;
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) data[i][j] -= mean[j];
  }
  for (int j = 0; j < M; ++j) {
    for (int k = j; k < M; ++k) {
      cov[j][k] = 0;
      for (int i = 0; i < N; ++i) cov[j][k] += data[i][j] * data[i][k];
      cov[j][k] /= N - 1;
      cov[k][j] = cov[j][k];
    }
  }
}

int main(void) {
  MATRIX(double, data, N, M);
  MATRIX(double, cov, M, M);
  VECTOR(double, mean, M);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) data[i][j] = fraction(i * M + j) + (double)j / M;
  }
  kernel_begin();
  covariance(data, cov, mean);
  kernel_end();
  check_doubles(&cov[0][0], (size_t)M * M);
  return kernel_report();
}
