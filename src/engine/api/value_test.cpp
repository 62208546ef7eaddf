#include "engine/code/convention.h"

#include <mote/call.h>
#include <mote/trap.h>
#include <mote/value.h>

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace mote {
namespace {

TEST(Value, KeepsBits) {
  const Val nan = Val::from_bits(ValKind::f32, 0x7fa0'0001);
  EXPECT_EQ(std::bit_cast<uint32_t>(nan.f32()), 0x7fa0'0001u);
  EXPECT_EQ(Val(-1).low(), 0xffff'ffffu) << "the upper half of an i32 is zero";
  EXPECT_EQ(Val(-1).i32(), -1);
  EXPECT_EQ(Val(int64_t{-1}).i64(), -1);
  EXPECT_NE(Val(0.0), Val(-0.0));
  EXPECT_EQ(Val(std::numeric_limits<double>::quiet_NaN()), Val(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_NE(Val(1), Val(int64_t{1}));
  EXPECT_TRUE(Val::null(ValKind::externref).is_null());
  EXPECT_FALSE(Val(0).is_null());
}

TEST(Value, SignaturesRead) {
  EXPECT_EQ((FuncSignature{{{ValKind::i32, "i32"}, {ValKind::f64, ""}}, {}}.text()), "(i32, f64) -> ()");
}

TEST(Value, TrapTextHasAFrameALine) {
  Trap trap{TrapKind::unreachable, "unreachable", {{3, "f", "m.wasm", 0x20}, {4, "", "", std::nullopt}}};
  EXPECT_EQ(trap.text(), "unreachable\n  0: 0x20 m.wasm!f\n  1: function 4");
  EXPECT_STREQ(words(TrapKind::call_stack_exhausted), "call stack exhausted");
  EXPECT_EQ(Failure::exit(3).text(), "exit with status 3");
}

// The public table of places is the engine's.
template <class... Ts>
void compare_places(std::vector<wasm::ValueType> types) {
  const auto same = [&](const auto& ours, const std::vector<code::Place>& theirs) {
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_EQ(static_cast<int>(ours[i].kind), static_cast<int>(theirs[i].kind)) << i;
      EXPECT_EQ(ours[i].index, theirs[i].index) << i;
    }
  };
  same(call::Kinds<std::tuple<Ts...>>::as_arguments, code::place_arguments(types));
  same(call::Kinds<std::tuple<Ts...>>::as_results, code::place_results(types));
}

TEST(Value, PlacesAreThoseOfTheConvention) {
  using wasm::f32, wasm::f64, wasm::i32, wasm::i64;
  compare_places<>({});
  compare_places<int32_t, double, uint64_t, float>({i32, f64, i64, f32});
  compare_places<int32_t, int32_t, int32_t, int32_t, float, int64_t, int64_t, int64_t, int64_t, int32_t, float, int64_t>(
      {i32, i32, i32, i32, f32, i64, i64, i64, i64, i32, f32, i64});
  compare_places<float, float, double, float, double, float, float, double, int32_t, float, double, int64_t>(
      {f32, f32, f64, f32, f64, f32, f32, f64, i32, f32, f64, i64});
}

}  // namespace
}  // namespace mote
