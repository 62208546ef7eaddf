// Reports a failed ASSERT on stderr and aborts. Kept free of allocation: the heap may be what is broken.
#include "base/core/assert.h"

#include <cstdio>
#include <cstdlib>

namespace mote {

void assert_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "mote: internal error: %s failed at %s:%d; please report this\n", condition, file, line);
  std::abort();
}

}  // namespace mote
