// Tests of values.h.
#include "apps/mote/values.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mote::cli {
namespace {

std::string round_trip(ValKind kind, std::string_view text) {
  const auto value = parse_value(kind, text);
  return value ? value_text(*value) : "refused";
}

TEST(Values, IntegersOfEitherSign) {
  EXPECT_EQ(round_trip(ValKind::i32, "42"), "42");
  EXPECT_EQ(round_trip(ValKind::i32, "-2147483648"), "-2147483648");
  EXPECT_EQ(round_trip(ValKind::i32, "4294967295"), "-1");
  EXPECT_EQ(round_trip(ValKind::i32, "0xff"), "255");
  EXPECT_EQ(round_trip(ValKind::i32, "-0x1"), "-1");
  EXPECT_EQ(round_trip(ValKind::i64, "18446744073709551615"), "-1");
  EXPECT_EQ(round_trip(ValKind::i64, "-9223372036854775808"), "-9223372036854775808");
  for (const auto bad : {"", "-", "0x", "1.0", "1 ", " 1", "--1", "0x-1", "4294967296", "-2147483649", "one", "+1"}) {
    EXPECT_EQ(round_trip(ValKind::i32, bad), "refused") << bad;
  }
}

TEST(Values, FloatsInTheirShortestForm) {
  EXPECT_EQ(round_trip(ValKind::f64, "0.1"), "0.1");
  EXPECT_EQ(round_trip(ValKind::f32, "0.1"), "0.1");
  EXPECT_EQ(round_trip(ValKind::f64, "-0"), "-0");
  EXPECT_EQ(round_trip(ValKind::f64, "1e300"), "1e+300");
  EXPECT_EQ(round_trip(ValKind::f64, "+2.5"), "2.5");
  EXPECT_EQ(round_trip(ValKind::f64, "-inf"), "-inf");
  EXPECT_EQ(round_trip(ValKind::f64, "nan"), "nan");
  EXPECT_EQ(round_trip(ValKind::f32, "-nan"), "-nan");
  EXPECT_EQ(round_trip(ValKind::f32, "nan:0x200000"), "nan:0x200000");
  EXPECT_EQ(parse_value(ValKind::f64, "nan")->low(), 0x7ff8000000000000u);
  for (const auto bad : {"", "x", "1.0x", "nan:0x0", "nan:0x800000", "1e999", "0x1p3", " 1"}) {
    EXPECT_EQ(round_trip(ValKind::f32, bad), "refused") << bad;
  }
}

TEST(Values, VectorsAndReferences) {
  EXPECT_EQ(round_trip(ValKind::v128, "0x1"), "0x00000000000000000000000000000001");
  EXPECT_EQ(round_trip(ValKind::v128, "0x0123456789abcdef0011223344556677"), "0x0123456789abcdef0011223344556677");
  EXPECT_EQ(round_trip(ValKind::v128, "1"), "refused");
  EXPECT_EQ(round_trip(ValKind::v128, "0x100000000000000000000000000000000"), "refused");
  EXPECT_EQ(round_trip(ValKind::v128, "0x-1"), "refused");
  EXPECT_EQ(round_trip(ValKind::externref, "null"), "null");
  EXPECT_EQ(round_trip(ValKind::funcref, "0"), "refused");
}

}  // namespace
}  // namespace mote::cli
