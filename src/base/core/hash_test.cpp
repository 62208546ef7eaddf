// Known answers, so that a change of library or version is noticed: cache keys and artifacts depend on these values.
#include "base/core/hash.h"

#include <gtest/gtest.h>

#include <string_view>

namespace mote {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Hash, Sha256OfAbc) {
  EXPECT_EQ(hex(sha256(bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
TEST(Hash, ChecksumOfNothingIsXxh3s) {
  EXPECT_EQ(checksum({}), 0x2d06800538d394c2ull);
}

}  // namespace
}  // namespace mote
