// correlation: the matrix of correlation coefficients of M variables in N observations.
#include "../kernel.h"

#include <math.h>

enum { N = 700, M = 600 };

static void correlation(double data[N][M], double corr[M][M], double* mean, double* deviation) {
  for (int j = 0; j < M; ++j) {
    mean[j] = 0;
    for (int i = 0; i < N; ++i) mean[j] += data[i][j];
    mean[j] /= N;
  }
  for (int j = 0; j < M; ++j) {
    deviation[j] = 0;
    for (int i = 0; i < N; ++i) deviation[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    deviation[j] = sqrt(deviation[j] / N);
    if (deviation[j] < 0.1) deviation[j] = 1;  // a constant correlates with nothing
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) data[i][j] = (data[i][j] - mean[j]) / (sqrt((double)N) * deviation[j]);
  }
  for (int j = 0; j < M; ++j) {
    corr[j][j] = 1;
    for (int k = j + 1; k < M; ++k) {
      corr[j][k] = 0;
      for (int i = 0; i < N; ++i) corr[j][k] += data[i][j] * data[i][k];
      corr[k][j] = corr[j][k];
    }
  }
}

int main(void) {
  MATRIX(double, data, N, M);
  MATRIX(double, corr, M, M);
  VECTOR(double, mean, M);
  VECTOR(double, deviation, M);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) data[i][j] = fraction(i * M + j) + (double)i / N;
  }
  kernel_begin();
  correlation(data, corr, mean, deviation);
  kernel_end();
  check_doubles(&corr[0][0], (size_t)M * M);
  return kernel_report();
}
