// SHA-256 by nettle (picks SHA instructions at run time), XXH3 by xxhash. Tested by hash_test.cpp.
#include "base/core/hash.h"

#include <nettle/sha2.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace mote {

std::array<uint8_t, 32> sha256(Bytes bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), bytes.data());
  std::array<uint8_t, 32> digest;
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

uint64_t checksum(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string hex(Bytes bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace mote
