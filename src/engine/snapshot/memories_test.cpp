#include "engine/snapshot/memories.h"

#include <gtest/gtest.h>

#include <random>

namespace mote::snapshot {
namespace {

std::vector<uint8_t> filled(size_t size, std::initializer_list<size_t> places) {
  std::vector<uint8_t> bytes(size);
  for (const size_t at : places) bytes[at] = 1;
  return bytes;
}

TEST(Pieces, OfNothingAndOfZeros) {
  EXPECT_TRUE(find_pieces({}, 1).empty());
  EXPECT_TRUE(find_pieces(filled(1 << 20, {}), 1).empty());
}

TEST(Pieces, AreApartWhereZerosAreMany) {
  EXPECT_EQ(find_pieces(filled(65536, {0, 1, 3}), 10), (std::vector<Piece>{{0, 4}}));
  EXPECT_EQ(find_pieces(filled(65536, {5, 60000, 65535}), 10), (std::vector<Piece>{{5, 1}, {60000, 1}, {65535, 1}}));
  // A piece ends with a byte that is not zero; gaps are measured in words, so those of 48 bytes are surely apart.
  EXPECT_EQ(find_pieces(filled(65536, {8, 8 + 16, 8 + 16 + 49}), 10), (std::vector<Piece>{{8, 17}, {8 + 16 + 49, 1}}));
}

TEST(Pieces, AreNeverMoreThanAllowed) {
  std::vector<uint8_t> bytes(1 << 20);
  for (size_t i = 0; i < bytes.size(); i += 100) bytes[i] = 1;
  EXPECT_GT(find_pieces(bytes, 1'000'000).size(), 10'000U);
  EXPECT_LE(find_pieces(bytes, 10).size(), 10U);
  EXPECT_EQ(find_pieces(bytes, 1), (std::vector<Piece>{{0, (bytes.size() - 1) / 100 * 100 + 1}}));
}

// Random memories: pieces put into a zeroed memory give the same one, and are as they are promised to be.
TEST(Pieces, HoldAllThatIsNotZero) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint8_t> bytes(random() % 5000);
    const size_t writes = bytes.empty() ? 0 : random() % 40;
    for (size_t i = 0; i < writes; ++i) {
      const size_t at = random() % bytes.size();
      std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(at), std::min<size_t>(random() % 60, bytes.size() - at),
                  static_cast<uint8_t>(random()));
    }
    const size_t most = 1 + random() % 30;
    const std::vector<Piece> pieces = find_pieces(bytes, most);
    EXPECT_LE(pieces.size(), most);
    std::vector<uint8_t> copy(bytes.size());
    uint64_t behind = 0;
    for (const Piece& piece : pieces) {
      ASSERT_TRUE(piece.size != 0 && piece.offset >= behind && piece.offset + piece.size <= bytes.size());
      EXPECT_TRUE(bytes[piece.offset] != 0 && bytes[piece.offset + piece.size - 1] != 0);
      behind = piece.offset + piece.size + smallest_gap - 8;
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(piece.offset), piece.size,
                  copy.begin() + static_cast<ptrdiff_t>(piece.offset));
    }
    EXPECT_EQ(copy, bytes);
  }
}

}  // namespace
}  // namespace mote::snapshot
