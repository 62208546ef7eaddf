// mix: what small processors are asked to do, in turns: lists are searched, reversed and sorted, matrices of small integers
// multiplied, a state machine reads numbers out of text, and CRC-16 sums up each result, which decides what comes next.
#include "../kernel.h"

enum { TIMES = 16000, ITEMS = 60, SIDE = 14, TEXT = 600 };

static uint16_t crc16(uint16_t crc, uint16_t value) {
  for (int bit = 0; bit < 16; ++bit) {
    const int carry = (crc ^ value) & 1;
    crc >>= 1;
    value >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

// ---- Lists ----

typedef struct Item {
  struct Item* next;
  int16_t key, value;
} Item;

static Item* find(Item* list, int16_t key) {
  while (list && list->key != key) list = list->next;
  return list;
}

static Item* reverse(Item* list) {
  Item* done = NULL;
  while (list) {
    Item* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

typedef int (*Order)(const Item*, const Item*);

static int by_key(const Item* a, const Item* b) {
  return a->key - b->key;
}

static int by_value(const Item* a, const Item* b) {
  return a->value != b->value ? a->value - b->value : a->key - b->key;
}

static Item* merge(Item* a, Item* b, Order order) {
  Item head, *tail = &head;
  while (a && b) {
    Item** first = order(a, b) <= 0 ? &a : &b;
    tail = tail->next = *first;
    *first = tail->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static Item* sort(Item* list, Order order) {
  if (list == NULL || list->next == NULL) return list;
  Item *middle = list, *end = list->next;
  while (end && end->next) {
    middle = middle->next;
    end = end->next->next;
  }
  Item* rest = middle->next;
  middle->next = NULL;
  return merge(sort(list, order), sort(rest, order), order);
}

static uint16_t work_lists(Item** list, uint16_t seed) {
  uint16_t crc = seed;
  for (int i = 0; i < ITEMS; i += 3) {
    Item* item = find(*list, (int16_t)((seed + i) % (ITEMS + 5)));
    if (item) item->value = (int16_t)(item->value * 5 + (seed & 15));
    *list = reverse(*list);
    crc = crc16(crc, item ? (uint16_t)item->value : 0xffff);
  }
  *list = sort(*list, by_value);
  for (Item* item = *list; item; item = item->next) crc = crc16(crc, (uint16_t)item->key);
  *list = sort(*list, by_key);
  return crc;
}

// ---- Matrices ----

static uint16_t work_matrices(int16_t a[SIDE][SIDE], int16_t b[SIDE][SIDE], int32_t c[SIDE][SIDE], uint16_t seed) {
  for (int i = 0; i < SIDE; ++i) {
    for (int j = 0; j < SIDE; ++j) a[i][j] = (int16_t)(a[i][j] + (int16_t)(seed >> 4));
  }
  for (int i = 0; i < SIDE; ++i) {
    for (int j = 0; j < SIDE; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < SIDE; ++k) {
        const int32_t product = a[i][k] * b[k][j];
        sum = (int32_t)((uint32_t)sum + (uint32_t)((product >> 2 & 0xf) * (product >> 5 & 0x7f)));
      }
      c[i][j] = sum;
    }
  }
  uint16_t crc = seed;
  int32_t last = 0, total = 0;
  for (int i = 0; i < SIDE; ++i) {
    for (int j = 0; j < SIDE; ++j) {
      total += c[i][j] > last ? 10 : 1;
      last = c[i][j];
      b[i][j] = (int16_t)(b[i][j] ^ (last & 3));
    }
    crc = crc16(crc, (uint16_t)total);
  }
  return crc;
}

// ---- A state machine ----

typedef enum { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, POWER, INVALID, STATES } State;

static State step(State state, char c) {
  const int is_digit = c >= '0' && c <= '9', is_sign = c == '+' || c == '-';
  switch (state) {
    case START:
      return is_digit ? INTEGER : is_sign ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN:
      return is_digit ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER:
      return is_digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case POINT:
      return is_digit ? FRACTION : INVALID;
    case FRACTION:
      return is_digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT:
      return is_digit ? POWER : is_sign ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN:
    case POWER:
      return is_digit ? POWER : INVALID;
    case INVALID:
    case STATES:
      break;
  }
  return INVALID;
}

static uint16_t work_text(char* text, uint16_t seed) {
  uint32_t ended[STATES] = {0}, entered[STATES] = {0};
  text[seed % TEXT] ^= 1;  // now and then makes a number of something else, or the reverse
  State state = START;
  for (int i = 0; i < TEXT; ++i) {
    if (text[i] == ',') {
      ++ended[state];
      state = START;
      continue;
    }
    const State next = step(state, text[i]);
    if (next != state) ++entered[next];
    state = next;
  }
  text[seed % TEXT] ^= 1;
  uint16_t crc = seed;
  for (int i = 0; i < STATES; ++i) crc = crc16(crc16(crc, (uint16_t)ended[i]), (uint16_t)entered[i]);
  return crc;
}

int main(void) {
  VECTOR(Item, items, ITEMS);
  VECTOR(char, text, TEXT);
  MATRIX(int16_t, a, SIDE, SIDE);
  MATRIX(int16_t, b, SIDE, SIDE);
  MATRIX(int32_t, c, SIDE, SIDE);
  for (int i = 0; i < ITEMS; ++i) {
    items[i] = (Item){i + 1 < ITEMS ? &items[i + 1] : NULL, (int16_t)i, (int16_t)(fraction(i) * 1000)};
  }
  for (int i = 0; i < TEXT; ++i) text[i] = "5012,+1.5e3,-77,.25,3e-2,x9,12.75,"[i % 34];
  for (int i = 0; i < SIDE; ++i) {
    for (int j = 0; j < SIDE; ++j) {
      a[i][j] = (int16_t)(fraction(i * SIDE + j) * 100);
      b[i][j] = (int16_t)(fraction(3 * i + j) * 200);
    }
  }
  Item* list = items;
  uint16_t crc = 0x3415;
  kernel_begin();
  for (int time = 0; time < TIMES; ++time) {
    crc = work_lists(&list, crc);
    crc = work_matrices(a, b, c, crc);
    crc = work_text(text, crc);
    if (time % 1024 == 0) check_integer(crc);
  }
  kernel_end();
  check_integer(crc);
  return kernel_report();
}
