// sort: quicksort as C libraries offer it, for elements of any size with an order handed in: calls through a pointer, data moved by
// bytes. Sorts records of two kinds.
#include "../kernel.h"

enum { COUNT = 600000, SMALL = 12 };

typedef int (*Order)(const void*, const void*);

static void swap(char* a, char* b, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const char kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}

static void insertion_sort(char* base, size_t count, size_t size, Order order) {
  for (size_t i = 1; i < count; ++i) {
    for (size_t j = i; j > 0 && order(base + j * size, base + (j - 1) * size) < 0; --j)
      swap(base + j * size, base + (j - 1) * size, size);
  }
}

static void sort(char* base, size_t count, size_t size, Order order) {
  while (count > SMALL) {
    // The median of three comes to the front and is the pivot.
    char *middle = base + count / 2 * size, *last = base + (count - 1) * size;
    if (order(middle, last) > 0) swap(middle, last, size);
    if (order(base, last) > 0) swap(base, last, size);
    if (order(base, middle) < 0) swap(base, middle, size);
    size_t low = 1, high = count - 1;
    for (;;) {
      while (low < count && order(base + low * size, base) < 0) ++low;
      while (order(base, base + high * size) < 0) --high;
      if (low >= high) break;
      swap(base + low++ * size, base + high-- * size, size);
    }
    swap(base, base + high * size, size);
    // The smaller side by recursion, the larger one by another round: the stack stays shallow.
    char* right = base + (high + 1) * size;
    const size_t right_count = count - high - 1;
    if (high < right_count) {
      sort(base, high, size, order);
      base = right;
      count = right_count;
    } else {
      sort(right, right_count, size, order);
      count = high;
    }
  }
  insertion_sort(base, count, size, order);
}

typedef struct {
  uint32_t key, place;
  double weight;
} Record;

static int by_number(const void* a, const void* b) {
  const uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

static int by_weight(const void* a, const void* b) {
  const Record *x = (const Record*)a, *y = (const Record*)b;
  if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

int main(void) {
  VECTOR(uint32_t, numbers, COUNT);
  VECTOR(Record, records, COUNT);
  for (uint32_t i = 0; i < COUNT; ++i) {
    numbers[i] = (uint32_t)(fraction(i * 7919) * 0x1p32);
    records[i] = (Record){i, i, (double)(uint32_t)(fraction(i * 104729) * 50000)};
  }
  kernel_begin();
  sort((char*)numbers, COUNT, sizeof *numbers, by_number);
  sort((char*)records, COUNT, sizeof *records, by_weight);
  kernel_end();
  for (int i = 1; i < COUNT; ++i) {
    if (numbers[i - 1] > numbers[i] || by_weight(&records[i - 1], &records[i]) >= 0) kernel_fail("not sorted");
  }
  for (int i = 0; i < COUNT; i += 7) {
    check_integer(numbers[i]);
    check_integer(records[i].place);
  }
  return kernel_report();
}
