// floyd-warshall: the lengths of the shortest paths between all nodes of a graph with integer weights.
#include "../kernel.h"

enum { N = 900, NO_EDGE = 999 };

static void floyd_warshall(int path[N][N]) {
  for (int k = 0; k < N; ++k) {
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) path[i][j] = path[i][j] < path[i][k] + path[k][j] ? path[i][j] : path[i][k] + path[k][j];
    }
  }
}

int main(void) {
  MATRIX(int, path, N, N);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      const double chance = fraction(i * N + j);
      path[i][j] = i == j ? 0 : chance < 0.3 ? NO_EDGE : 1 + (int)(chance * 500);
    }
  }
  kernel_begin();
  floyd_warshall(path);
  kernel_end();
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) check_integer((uint64_t)path[i][j]);
  }
  return kernel_report();
}
