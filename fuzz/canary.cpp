// A fuzz target with a planted bug: input that begins with 'M', 'o' ends the process. It proves that the harness notices a
// failing target: fuzz/smoke runs it and fails when it does *not* fail.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= 2 && data[0] == 'M' && data[1] == 'o') abort();
  return 0;
}
