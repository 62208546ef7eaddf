// The opcode table: complete pages, signatures read as written, texts.
#include "engine/wasm/opcode.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace mote::wasm {
namespace {

TEST(OpcodeTable, HasEveryOpcodeOfTheSpecificationOnce) {
  EXPECT_EQ(opcode_count, 566u);
  std::set<uint16_t> seen;
  const auto count = [&](const auto& page) {
    size_t found = 0;
    for (const uint16_t op : page) {
      if (op == illegal_opcode) continue;
      EXPECT_TRUE(seen.insert(op).second);
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count(opcode_table.plain), 194u);
  EXPECT_EQ(count(opcode_table.gc), 31u);
  EXPECT_EQ(count(opcode_table.misc), 18u);
  EXPECT_EQ(count(opcode_table.simd), 236u + 20u);  // SIMD and relaxed SIMD
  EXPECT_EQ(count(opcode_table.threads), 67u);
  EXPECT_EQ(seen.size(), opcode_count);
}

TEST(OpcodeTable, RejectsWhatIsNotInTheSpecification) {
  for (const uint8_t legacy : {0x06, 0x07, 0x09, 0x18, 0x19}) EXPECT_EQ(opcode_table.plain[legacy], illegal_opcode);
  for (const uint8_t prefix : {0xfb, 0xfc, 0xfd, 0xfe, 0xff}) EXPECT_EQ(opcode_table.plain[prefix], illegal_opcode);
}

TEST(OpcodeInfo, ReadsSignatures) {
  const OpcodeInfo& exchange = info(Opcode::i64_atomic_rmw_cmpxchg);
  EXPECT_TRUE(exchange.is_fixed);
  EXPECT_EQ(exchange.param_count, 3);
  EXPECT_EQ(exchange.params[0], Operand::address);
  EXPECT_EQ(exchange.params[2], Operand::i64);
  EXPECT_EQ(exchange.result_count, 1);
  EXPECT_EQ(exchange.result, Operand::i64);
  EXPECT_FALSE(info(Opcode::call).is_fixed);
  EXPECT_EQ(info(Opcode::f32_store).result_count, 0);
}

TEST(OpcodeInfo, KnowsHowManyBytesAnAccessHas) {
  EXPECT_EQ(access_log2(info(Opcode::i64_load32_u).immediate), 2u);
  EXPECT_EQ(access_log2(info(Opcode::v128_load).immediate), 4u);
  EXPECT_EQ(access_log2(info(Opcode::v128_load64_lane).immediate), 3u);
  EXPECT_EQ(access_log2(info(Opcode::i32_atomic_load8_u).immediate), 0u);
  EXPECT_EQ(access_log2(info(Opcode::i32_add).immediate), std::nullopt);
}

TEST(OpcodeText, IsTheSpecifications) {
  EXPECT_STREQ(text(Opcode::if_), "if");
  EXPECT_STREQ(text(Opcode::select_t), "select");
  EXPECT_STREQ(text(Opcode::i8x16_add_sat_s), "i8x16.add_sat_s");
  EXPECT_STREQ(text(group(Opcode::throw_ref)), "exception handling");
}

}  // namespace
}  // namespace mote::wasm
