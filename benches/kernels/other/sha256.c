// sha256: SHA-256 of a message of 60 MB (FIPS 180-4), the constants computed from the primes that define them.
#include "../kernel.h"

#include <math.h>

enum { SIZE = 60 << 20 };

static uint32_t constants[64], initial[8];

// The first 32 bits of the fraction of a root of each of the first primes.
static void make_constants(void) {
  for (int prime = 2, count = 0; count < 64; ++prime) {
    int is_prime = 1;
    for (int divisor = 2; divisor * divisor <= prime; ++divisor) is_prime &= prime % divisor != 0;
    if (!is_prime) continue;
    // Newton's method with integers: floor(root * 2^32) without a library's rounding.
    uint64_t cube = 0, square = 0;
    for (int bit = 35; bit >= 0; --bit) {
      const unsigned __int128 c = cube | 1ull << bit, s = square | 1ull << bit;
      // The cube of a number below 2^36 takes 108 bits; the prime is scaled by 2^96.
      if (c * c * c <= (unsigned __int128)prime << 96) cube |= 1ull << bit;
      if (s * s <= (unsigned __int128)prime << 64) square |= 1ull << bit;
    }
    constants[count] = (uint32_t)cube;
    if (count < 8) initial[count] = (uint32_t)square;
    ++count;
  }
}

static inline uint32_t rotate(uint32_t x, int by) {
  return x >> by | x << (32 - by);
}

static void compress(uint32_t state[8], const uint8_t* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 64; ++i) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i], t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void sha256(const uint8_t* message, size_t size, uint32_t state[8]) {
  memcpy(state, initial, sizeof initial);
  size_t at = 0;
  for (; size - at >= 64; at += 64) compress(state, message + at);
  uint8_t last[128] = {0};
  memcpy(last, message + at, size - at);
  last[size - at] = 0x80;
  const size_t blocks = size - at + 9 <= 64 ? 1 : 2;
  for (int i = 0; i < 8; ++i) last[blocks * 64 - 1 - (size_t)i] = (uint8_t)((uint64_t)size * 8 >> (8 * i));
  for (size_t i = 0; i < blocks; ++i) compress(state, last + 64 * i);
}

int main(void) {
  VECTOR(uint8_t, message, SIZE);
  for (int i = 0; i < SIZE; ++i) message[i] = (uint8_t)(fraction(i) * 256);
  make_constants();
  uint32_t state[8];
  sha256((const uint8_t*)"abc", 3, state);
  if (state[0] != 0xba7816bf || state[7] != 0xf20015ad) kernel_fail("SHA-256 of abc is wrong");
  kernel_begin();
  sha256(message, SIZE - 13, state);
  kernel_end();
  for (int i = 0; i < 8; ++i) check_integer(state[i]);
  return kernel_report();
}
