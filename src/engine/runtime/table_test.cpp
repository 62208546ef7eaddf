// Tables of both kinds of reference: growth, limits, overlapping copies. Lazy entries are tested in instantiate_test.cpp.
#include "engine/runtime/table.h"

#include <gtest/gtest.h>

#include <numeric>

namespace mote::runtime {
namespace {

wasm::TableType type(wasm::ValueType element, uint64_t min, std::optional<uint64_t> max) {
  wasm::TableType out;
  out.element = element;
  out.limits.min = min;
  out.limits.max = max;
  return out;
}

class TableTest : public ::testing::TestWithParam<bool> {  // of functions or of other references
 protected:
  std::unique_ptr<Table> make(uint64_t min, std::optional<uint64_t> max, uint64_t most = 1'000'000) {
    auto table = Table::create(type(GetParam() ? wasm::funcref : wasm::externref, min, max), GetParam(), most, nullptr);
    EXPECT_TRUE(table) << table.error().message;
    return std::move(*table);
  }
  static std::vector<Ref> content(Table& table) {
    std::vector<Ref> out;
    for (uint64_t i = 0; i < table.size(); ++i) out.push_back(table.get(i));
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Hierarchies, TableTest, ::testing::Bool());

TEST_P(TableTest, StartsNullAndKeepsWhatIsSet) {
  auto table = make(3, std::nullopt);
  EXPECT_EQ(content(*table), (std::vector<Ref>{0, 0, 0}));
  table->set(1, 16);
  table->fill(2, 24, 1);
  EXPECT_EQ(content(*table), (std::vector<Ref>{0, 16, 24}));
}

TEST_P(TableTest, GrowsInPlaceWithTheGivenReference) {
  auto table = make(1, 3);
  void* base = table->def()->base;
  EXPECT_EQ(table->grow(2, 8), 1u);
  EXPECT_EQ(content(*table), (std::vector<Ref>{0, 8, 8}));
  EXPECT_EQ(table->grow(1, 8), std::nullopt);
  EXPECT_EQ(table->grow(0, 8), 3u);
  EXPECT_EQ(table->def()->base, base);
  auto large = make(0, std::nullopt, 100'000);
  EXPECT_EQ(large->grow(100'000, 8), 0u);
  EXPECT_EQ(large->get(99'999), 8u);
  EXPECT_EQ(large->grow(1, 0), std::nullopt);
}

TEST_P(TableTest, CopiesOverlappingRangesEitherWay) {
  for (const auto& [to, from] : {std::pair<uint64_t, uint64_t>{2, 0}, {0, 2}, {1, 1}}) {
    auto table = make(6, 6);
    std::vector<Ref> expected(6);
    for (uint64_t i = 0; i < 6; ++i) table->set(i, expected[i] = (i + 1) * 8);
    const std::vector<Ref> before = expected;
    std::copy_n(before.begin() + static_cast<ptrdiff_t>(from), 4, expected.begin() + static_cast<ptrdiff_t>(to));
    table->copy_from(*table, to, from, 4);
    EXPECT_EQ(content(*table), expected);
  }
}

TEST_P(TableTest, RefusesMoreThanTheLimit) {
  const auto table = Table::create(type(wasm::funcref, 11, std::nullopt), GetParam(), 10, nullptr);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::limit);
}

TEST(Table, OfReferencesTakesFourBytesAnEntry) {
  auto table = Table::create(type(wasm::externref, 2, 2), false, 10, nullptr);
  ASSERT_TRUE(table);
  (*table)->set(1, 0x8000'0008);
  EXPECT_EQ(static_cast<uint32_t*>((*table)->def()->base)[1], 0x8000'0008u);
}

}  // namespace
}  // namespace mote::runtime
