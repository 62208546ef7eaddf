// For `./bench cycle`: an event that changes eight pages of a memory of 1 MiB, and says something about its bytes.
#define PAGE 4096
static const unsigned char weights[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
static unsigned char area[64 * PAGE] __attribute__((aligned(PAGE)));

__attribute__((export_name("alloc"))) unsigned char* alloc(int size) {
  (void)size;
  return area;
}

__attribute__((export_name("handle"))) int handle(const unsigned char* event, int size) {
  unsigned sum = 7;
  for (int i = 0; i < size; ++i) sum = sum * 33 + event[i] * weights[i % 16];
  for (int page = 0; page < 8; ++page) {
    volatile unsigned char* place = area + page * 3 * PAGE;
    *place = (unsigned char)(sum >> page);
    sum += *place;
  }
  return (int)sum;
}
