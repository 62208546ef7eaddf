// deriche: Deriche's recursive smoothing filter on an image of floats: a causal and an anticausal second-order recursion along the
// rows, their sum, and the same along the columns. Repeated on its own output.
#include "../kernel.h"

enum { W = 2000, H = 1000, TIMES = 6 };

// For alpha = 1/4: exp(-alpha), exp(-2 alpha). Constants, since the last bit of exp() is a library's choice.
static const float exp_a = 0.77880078307140487f, exp_2a = 0.60653065971263342f, alpha = 0.25f;

static void deriche(float in[W][H], float out[W][H], float forth[W][H], float back[W][H]) {
  const float k = (1 - exp_a) * (1 - exp_a) / (1 + 2 * alpha * exp_a - exp_2a);
  const float a1 = k, a2 = k * exp_a * (alpha - 1), a3 = k * exp_a * (alpha + 1), a4 = -k * exp_2a;
  const float b1 = 2 * exp_a, b2 = -exp_2a;
  for (int i = 0; i < W; ++i) {
    float y1 = 0, y2 = 0, x1 = 0;
    for (int j = 0; j < H; ++j) {
      forth[i][j] = a1 * in[i][j] + a2 * x1 + b1 * y1 + b2 * y2;
      x1 = in[i][j];
      y2 = y1;
      y1 = forth[i][j];
    }
  }
  for (int i = 0; i < W; ++i) {
    float y1 = 0, y2 = 0, x1 = 0, x2 = 0;
    for (int j = H - 1; j >= 0; --j) {
      back[i][j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2;
      x2 = x1;
      x1 = in[i][j];
      y2 = y1;
      y1 = back[i][j];
    }
  }
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < H; ++j) out[i][j] = forth[i][j] + back[i][j];
  }
  for (int j = 0; j < H; ++j) {
    float y1 = 0, y2 = 0, x1 = 0;
    for (int i = 0; i < W; ++i) {
      forth[i][j] = a1 * out[i][j] + a2 * x1 + b1 * y1 + b2 * y2;
      x1 = out[i][j];
      y2 = y1;
      y1 = forth[i][j];
    }
  }
  for (int j = 0; j < H; ++j) {
    float y1 = 0, y2 = 0, x1 = 0, x2 = 0;
    for (int i = W - 1; i >= 0; --i) {
      back[i][j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2;
      x2 = x1;
      x1 = out[i][j];
      y2 = y1;
      y1 = back[i][j];
    }
  }
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < H; ++j) out[i][j] = forth[i][j] + back[i][j];
  }
}

int main(void) {
  MATRIX(float, a, W, H);
  MATRIX(float, b, W, H);
  MATRIX(float, forth, W, H);
  MATRIX(float, back, W, H);
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < H; ++j) {
      a[i][j] = (float)fraction(i * H + j);
      b[i][j] = forth[i][j] = back[i][j] = 0;
    }
  }
  kernel_begin();
  for (int time = 0; time < TIMES; time += 2) {
    deriche(a, b, forth, back);
    deriche(b, a, forth, back);
  }
  kernel_end();
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < H; ++j) check_double(a[i][j]);
  }
  return kernel_report();
}
