// What the encoder writes, the decoder reads back: numbers at the edges of their lengths, types, constant expressions.
#include "engine/snapshot/encoder.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"
#include "engine/wasm/reader.h"

#include <gtest/gtest.h>

namespace mote::snapshot {
namespace {

TEST(Encoder, NumbersAreReadBack) {
  std::vector<uint64_t> values = {0, 1};
  for (uint32_t bit = 0; bit < 64; ++bit) {
    for (const int64_t near : {-1, 0, 1}) values.push_back((uint64_t{1} << bit) + static_cast<uint64_t>(near));
  }
  for (const uint64_t value : values) {
    Encoder out;
    out.u64(value);
    out.s64(static_cast<int64_t>(value));
    out.s64(-static_cast<int64_t>(value & INT64_MAX));
    out.u32(static_cast<uint32_t>(value));
    out.s32(static_cast<int32_t>(value));
    wasm::Reader in(out.bytes(), {0, out.bytes().size()});
    EXPECT_EQ(in.u64(), value);
    EXPECT_EQ(in.s64(), static_cast<int64_t>(value));
    EXPECT_EQ(in.s64(), -static_cast<int64_t>(value & INT64_MAX));
    EXPECT_EQ(in.u32(), static_cast<uint32_t>(value));
    EXPECT_EQ(in.s32(), static_cast<int32_t>(value));
    EXPECT_TRUE(in.at_end() && !in.failed()) << value;
  }
}

// A global of each type with an initial value of each sort: decoded, encoded again, the same bytes.
TEST(Encoder, TypesAndExpressionsAreTheShortestForm) {
  const std::vector<wasm::Buffer> globals = {
      {0x7f, 0, 0x41, 0x7f, 0x0b},                                                       // i32.const -1
      {0x7f, 1, 0x41, 0xc0, 0x00, 0x41, 2, 0x6a, 0x41, 3, 0x6b, 0x41, 4, 0x6c, 0x0b},    // add, sub, mul
      {0x7e, 0, 0x42, 0x80, 0x7f, 0x42, 2, 0x7c, 0x42, 3, 0x7d, 0x42, 4, 0x7e, 0x0b},    // … of i64
      {0x7d, 0, 0x43, 1, 0, 0xa0, 0x7f, 0x0b},                                           // a signalling NaN
      {0x7c, 0, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x0b},                                     // f64
      {0x7b, 1, 0xfd, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x0b},  // v128
      {0x7f, 0, 0x23, 0, 0x0b},                                                          // global.get 0
      {0x70, 0, 0xd2, 0, 0x0b},                                                          // ref.func 0
      {0x63, 0, 1, 0xd0, 0x73, 0x0b},                                                    // (ref null 0), ref.null nofunc
      {0x64, 0x70, 0, 0xd2, 0, 0x0b},                                                    // (ref func)
      {0x6f, 1, 0xd0, 0x6f, 0x0b},                                                       // externref
      {0x64, 0x6c, 0, 0x41, 5, 0xfb, 28, 0x0b},                                          // (ref i31)
      {0x64, 0x6f, 0, 0x41, 5, 0xfb, 28, 0xfb, 27, 0x0b},                                // … as extern
      {0x64, 1, 0, 0x41, 5, 0xfb, 0, 1, 0x0b},                                           // struct.new 1
      {0x64, 1, 0, 0xfb, 1, 1, 0x0b},                                                    // struct.new_default
      {0x64, 2, 0, 0x41, 7, 0x41, 3, 0xfb, 6, 2, 0x0b},                                  // array.new
      {0x64, 2, 0, 0x41, 3, 0xfb, 7, 2, 0x0b},                                           // array.new_default
      {0x64, 2, 0, 0x41, 3, 0x41, 4, 0xfb, 8, 2, 2, 0x0b},                               // array.new_fixed
  };
  wasm::ModuleBuilder builder;
  builder.func_type({}, {});
  builder.type({0x5f, 1, 0x7f, 0});  // struct
  builder.type({0x5e, 0x7f, 1});     // array
  builder.func(0, {0x0b});
  for (const wasm::Buffer& global : globals) builder.global(global);
  const wasm::Buffer bytes = builder.build();
  const auto module = wasm::decode(bytes);
  ASSERT_TRUE(module) << module.error().text();
  for (size_t i = 0; i < globals.size(); ++i) {
    Encoder out;
    out.value_type(module->globals[i].type.type);
    out.u8(module->globals[i].type.is_mutable ? 1 : 0);
    out.const_expr(module->globals[i].init);
    EXPECT_EQ(out.take(), globals[i]) << i;
  }
}

TEST(Encoder, LimitsHaveTheirFlags) {
  Encoder out;
  out.limits({.min = 1});
  out.limits({.min = 1, .max = 300});
  out.limits({.address = wasm::AddressType::i64, .is_shared = true, .min = 0, .max = 1});
  EXPECT_EQ(out.take(), (wasm::Buffer{0, 1, 1, 1, 0xac, 2, 7, 0, 1}));
}

}  // namespace
}  // namespace mote::snapshot
