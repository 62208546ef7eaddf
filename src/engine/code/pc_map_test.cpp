// The pc map gives back what was put in, at every text offset, and survives any bytes.
#include "engine/code/pc_map.h"

#include <gtest/gtest.h>

#include <random>

namespace mote::code {
namespace {

constexpr uint32_t none = PcMapRow::no_wasm_offset;

// Checks every text offset against a plain scan over the rows.
void expect_round_trip(const std::vector<PcMapRow>& rows, uint32_t code_size) {
  std::vector<uint8_t> bytes = encode_pc_map(rows, code_size);
  size_t next = 0;
  uint32_t in_force = none;
  for (uint32_t offset = 0; offset < code_size; offset++) {
    for (; next < rows.size() && rows[next].text_offset == offset; next++) in_force = rows[next].wasm_offset;
    std::optional<uint64_t> found = find_wasm_offset(bytes, offset);
    ASSERT_EQ(found.value_or(none), in_force) << "at " << offset;
  }
}

TEST(PcMap, EmptyMapKnowsNothing) {
  expect_round_trip({}, 0);
  expect_round_trip({}, 10'000);
  EXPECT_FALSE(find_wasm_offset(encode_pc_map({}, 0), 0).has_value());
}

TEST(PcMap, RowsAtBlockEdges) {
  expect_round_trip({{0, 100}, {4095, 101}, {4096, 300}, {4097, 299}, {8192, none}, {8193, 7}, {12287, none}}, 12288);
}

TEST(PcMap, OneRowLastsOverManyBlocks) {
  expect_round_trip({{17, 0x1234567}}, 50'000);
}

TEST(PcMap, LargeStepsBothWays) {
  expect_round_trip({{1, 5}, {4000, 0xffff'fffe}, {4001, 1}, {20'000, 0x8000'0000}}, 20'001);
}

TEST(PcMap, RandomRows) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; round++) {
    std::vector<PcMapRow> rows;
    uint32_t text = 0, wasm = 1000;
    uint32_t text_step_most = round % 2 == 0 ? 24 : 3000;
    while (rows.size() < 2000) {
      text += 1 + random() % text_step_most;
      wasm += random() % 20 - 2;
      rows.push_back({text, random() % 50 == 0 ? none : wasm});
    }
    expect_round_trip(rows, text + 1);
  }
}

TEST(PcMap, AnyBytesAreSafeToRead) {
  std::mt19937 random(8);
  std::vector<uint8_t> good = encode_pc_map(std::vector<PcMapRow>{{1, 5}, {900, 500}, {5000, 70'000}}, 9000);
  for (int round = 0; round < 20'000; round++) {
    std::vector<uint8_t> bytes = good;
    bytes.resize(random() % (good.size() + 1));
    bytes.shrink_to_fit();
    for (int flips = 0; flips < 4 && !bytes.empty(); flips++) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    (void)find_wasm_offset(bytes, random() % 10'000);
  }
}

}  // namespace
}  // namespace mote::code
