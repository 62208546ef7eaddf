#include "base/http/byte_queue.h"

#include "base/http/text.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::http {
namespace {

TEST(ByteQueue, KeepsTheOrder) {
  ByteQueue queue;
  EXPECT_TRUE(queue.empty());
  std::string expected;
  size_t put = 0;
  for (int round = 0; round < 1000; ++round) {
    const std::string piece(static_cast<size_t>(round % 37), static_cast<char>('a' + round % 26));
    queue.append(piece);
    expected += piece;
    put += piece.size();
    const size_t taken = static_cast<size_t>(round * 7 % 41);
    queue.drop(taken);
    expected.erase(0, taken);
    ASSERT_EQ(text_of(queue.view()), expected);
    ASSERT_EQ(queue.size(), expected.size());
  }
  EXPECT_GT(put, 10'000u);
  EXPECT_LT(queue.capacity(), 4096u);  // what was taken out is given up
  queue.drop(SIZE_MAX);
  EXPECT_TRUE(queue.empty());
  EXPECT_GT(queue.capacity(), 0u);
  queue.trim();
  EXPECT_EQ(queue.capacity(), 0u);
}

}  // namespace
}  // namespace mote::http
