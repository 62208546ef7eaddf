// Integers, names and counts, at their edges.
#include "engine/wasm/reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::wasm {
namespace {

struct Input {
  std::vector<uint8_t> bytes;
  [[nodiscard]] Reader reader() const { return {bytes, {0, bytes.size()}}; }
};

std::string error_of(Reader& in) {
  return in.failed() ? in.take_error().text() : "no error";
}

TEST(Reader, ReadsUnsignedIntegers) {
  EXPECT_EQ((Input{{0x7f}}.bytes.size()), 1u);
  const Input longest{{0xff, 0xff, 0xff, 0xff, 0x0f}};
  Reader in = longest.reader();
  EXPECT_EQ(in.u32(), UINT32_MAX);
  EXPECT_TRUE(in.at_end());
  const Input largest{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}};
  in = largest.reader();
  EXPECT_EQ(in.u64(), UINT64_MAX);
  const Input padded{{0x80, 0x80, 0x80, 0x80, 0x00}};
  in = padded.reader();
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_FALSE(in.failed());
}

TEST(Reader, ReadsSignedIntegers) {
  const Input short_ones{{0x3f, 0x40, 0x7f}};
  Reader in = short_ones.reader();
  EXPECT_EQ(in.s32(), 63);
  EXPECT_EQ(in.s32(), -64);
  EXPECT_EQ(in.s64(), -1);
  const Input smallest{{0x80, 0x80, 0x80, 0x80, 0x78}};
  in = smallest.reader();
  EXPECT_EQ(in.s32(), INT32_MIN);
  const Input smallest64{{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}};
  in = smallest64.reader();
  EXPECT_EQ(in.s64(), INT64_MIN);
  const Input two_bytes{{0xc0, 0xbb, 0x78}};
  in = two_bytes.reader();
  EXPECT_EQ(in.s64(), -123456);
}

TEST(Reader, RefusesIntegersThatAreTooLongOrTooLarge) {
  const Input too_long{{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}};
  Reader in = too_long.reader();
  (void)in.u32();
  EXPECT_EQ(error_of(in), "integer representation too long (at offset 0x4)");
  const Input too_large{{0x80, 0x80, 0x80, 0x80, 0x10}};
  in = too_large.reader();
  (void)in.u32();
  EXPECT_EQ(error_of(in), "integer too large (at offset 0x4)");
  const Input bad_sign{{0x80, 0x80, 0x80, 0x80, 0x70}};
  in = bad_sign.reader();
  (void)in.s32();
  EXPECT_EQ(error_of(in), "integer too large (at offset 0x4)");
  const Input cut_off{{0x80}};
  in = cut_off.reader();
  (void)in.s64();
  EXPECT_EQ(error_of(in), "unexpected end of section or function (at offset 0x1)");
}

TEST(Reader, KeepsTheFirstErrorAndStops) {
  const Input input{{0x05, 'a', 'b'}};
  Reader in = input.reader();
  EXPECT_EQ(in.name(), "");
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.bytes(7).size(), 0u);
  EXPECT_EQ(error_of(in), "length out of bounds: 5 bytes announced, 2 left (at offset 0x1)");
}

TEST(Reader, ChecksCountsAgainstWhatIsLeft) {
  const Input input{{0xff, 0xff, 0xff, 0x7f, 0x00}};
  Reader in = input.reader();
  EXPECT_EQ(in.count(UINT32_MAX, "things"), 0u);
  EXPECT_EQ(error_of(in), "unexpected end of section or function: 268435455 things announced, 1 bytes left (at offset 0x0)");
  const Input many{{0x03, 0, 0, 0}};
  in = many.reader();
  EXPECT_EQ(in.count(2, "things"), 0u);
  ASSERT_TRUE(in.failed());
  EXPECT_EQ(in.take_error().kind, ErrorKind::limit);
}

TEST(Utf8, AcceptsShortestFormsOnly) {
  const auto check = [](std::string_view text) {
    return is_utf8(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  };
  EXPECT_TRUE(check("plain text that is longer than eight bytes"));
  EXPECT_TRUE(check("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe1\x80",
                                     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xfe"}) {
    EXPECT_FALSE(check(bad));
  }
}

}  // namespace
}  // namespace mote::wasm
