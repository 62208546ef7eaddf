// string-search: words counted in a text in three ways: byte after byte, by skipping (Horspool), and by a rolling hash (Rabin and
// Karp).
#include "../kernel.h"

enum { SIZE = 6 << 20, WORDS = 8 };

static size_t count_naive(const uint8_t* text, size_t size, const uint8_t* word, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i + length <= size; ++i) {
    size_t j = 0;
    while (j < length && text[i + j] == word[j]) ++j;
    count += j == length;
  }
  return count;
}

static size_t count_skipping(const uint8_t* text, size_t size, const uint8_t* word, size_t length) {
  size_t skip[256], count = 0;
  for (int c = 0; c < 256; ++c) skip[c] = length;
  for (size_t j = 0; j + 1 < length; ++j) skip[word[j]] = length - 1 - j;
  for (size_t i = 0; i + length <= size;) {
    size_t j = length;
    while (j > 0 && text[i + j - 1] == word[j - 1]) --j;
    count += j == 0;
    i += skip[text[i + length - 1]];
  }
  return count;
}

static size_t count_hashed(const uint8_t* text, size_t size, const uint8_t* word, size_t length) {
  const uint32_t factor = 16777619;
  uint32_t wanted = 0, hash = 0, leading = 1;
  for (size_t j = 0; j < length; ++j) {
    wanted = wanted * factor + word[j];
    hash = hash * factor + text[j];
    if (j > 0) leading *= factor;
  }
  size_t count = 0;
  for (size_t i = 0;; ++i) {
    if (hash == wanted && memcmp(text + i, word, length) == 0) ++count;
    if (i + length >= size) return count;
    hash = (hash - text[i] * leading) * factor + text[i + length];
  }
}

int main(void) {
  static const char* const words[WORDS] = {"eaten", "stone", "no rest", "seeds in", "nose", "raise ten", "tin", "an ear is"};
  VECTOR(uint8_t, text, SIZE);
  for (uint32_t i = 0; i < SIZE; ++i) text[i] = (uint8_t)"eeaatnoosir d  "[(int)(fraction(i * 31) * 15)];
  for (uint32_t i = 0; i + 64 < SIZE; i += 5000 + i % 7) memcpy(text + i, words[i % WORDS], strlen(words[i % WORDS]));
  size_t counts[3] = {0};
  kernel_begin();
  for (int i = 0; i < WORDS; ++i) {
    const uint8_t* word = (const uint8_t*)words[i];
    counts[0] += count_naive(text, SIZE, word, strlen(words[i]));
    counts[1] += count_skipping(text, SIZE, word, strlen(words[i]));
    counts[2] += count_hashed(text, SIZE, word, strlen(words[i]));
  }
  kernel_end();
  if (counts[0] != counts[1] || counts[1] != counts[2] || counts[0] == 0) kernel_fail("the searches count differently");
  check_integer(counts[0]);
  return kernel_report();
}
