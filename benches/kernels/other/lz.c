// lz: text compressed by references to where the same bytes were before (LZ77, found through a table of hashes), and decompressed.
#include "../kernel.h"

enum { SIZE = 8 << 20, HASH_BITS = 15, LEAST = 4, TIMES = 5, WINDOW = 65535 };

static inline uint32_t load32(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

// A length in a nibble of `token`; what does not fit follows in bytes, 255 meaning that another one follows.
static uint8_t* put_rest(uint8_t* out, size_t length) {
  for (; length >= 255; length -= 255) *out++ = 255;
  *out++ = (uint8_t)length;
  return out;
}

static uint8_t* put_literals(uint8_t* out, const uint8_t* from, size_t count, unsigned match_nibble) {
  *out++ = (uint8_t)((count < 15 ? count : 15) << 4 | match_nibble);
  if (count >= 15) out = put_rest(out, count - 15);
  memcpy(out, from, count);
  return out + count;
}

static size_t compress(const uint8_t* in, size_t size, uint8_t* out, uint32_t* table) {
  memset(table, 0, sizeof(uint32_t) << HASH_BITS);
  const uint8_t *at = in + 1, *pending = in, *const end = in + size, *const last = end - 12;
  uint8_t* const start = out;
  while (at < last) {
    const uint32_t hash = load32(at) * 2654435761u >> (32 - HASH_BITS);
    const uint8_t* before = in + table[hash];
    table[hash] = (uint32_t)(at - in);
    if (at - before > WINDOW || load32(before) != load32(at)) {
      ++at;
      continue;
    }
    size_t length = LEAST;
    while (at + length < last && at[length] == before[length]) ++length;
    const size_t more = length - LEAST;
    out = put_literals(out, pending, (size_t)(at - pending), more < 15 ? (unsigned)more : 15);
    *out++ = (uint8_t)(at - before);
    *out++ = (uint8_t)((at - before) >> 8);
    if (more >= 15) out = put_rest(out, more - 15);
    at += length;
    pending = at;
  }
  return (size_t)(put_literals(out, pending, (size_t)(end - pending), 0) - start);
}

static size_t take_rest(const uint8_t** in, size_t length) {
  uint8_t byte;
  do length += byte = *(*in)++;
  while (byte == 255);
  return length;
}

static size_t decompress(const uint8_t* in, size_t size, uint8_t* out) {
  const uint8_t* const end = in + size;
  uint8_t* const start = out;
  for (;;) {
    const uint8_t token = *in++;
    size_t literals = token >> 4;
    if (literals == 15) literals = take_rest(&in, 15);
    for (size_t i = 0; i < literals; ++i) out[i] = in[i];
    out += literals;
    in += literals;
    if (in >= end) return (size_t)(out - start);
    const size_t distance = in[0] | (size_t)in[1] << 8;
    in += 2;
    size_t length = (token & 15) + LEAST;
    if ((token & 15) == 15) length = take_rest(&in, length);
    const uint8_t* from = out - distance;  // may overlap what is written: a distance of 1 repeats a byte
    for (size_t i = 0; i < length; ++i) out[i] = from[i];
    out += length;
  }
}

// Text that repeats itself as texts do: words of a small vocabulary, common ones more often.
static void make_text(uint8_t* text) {
  uint32_t seed = 1;
  for (size_t at = 0; at < SIZE;) {
    seed = seed * 1664525 + 1013904223;
    const double chance = fraction(seed >> 8);
    uint32_t word = (uint32_t)(chance * chance * chance * 4000);
    for (size_t length = 2 + word % 7; length > 0 && at < SIZE; --length) {
      text[at++] = (uint8_t)('a' + word % 26);
      word = word * 31 + 7;
    }
    if (at < SIZE) text[at++] = word % 11 ? ' ' : '\n';
  }
}

int main(void) {
  VECTOR(uint8_t, text, SIZE);
  VECTOR(uint8_t, packed, SIZE + SIZE / 8);
  VECTOR(uint8_t, again, SIZE);
  VECTOR(uint32_t, table, 1 << HASH_BITS);
  make_text(text);
  memset(packed, 0, SIZE + SIZE / 8);
  memset(again, 0, SIZE);
  size_t size = 0;
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    text[time * 1000] ^= 1;
    size = compress(text, SIZE, packed, table);
    if (decompress(packed, size, again) != SIZE) kernel_fail("another size came back");
  }
  kernel_end();
  if (memcmp(text, again, SIZE) != 0) kernel_fail("another text came back");
  check_integer(size);
  for (size_t i = 0; i < size; i += 64) check_integer(packed[i]);
  return kernel_report();
}
