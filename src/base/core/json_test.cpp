// Tests of json.h.
#include "base/core/json.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(Json, StringsAreEscapedAndBadBytesReplaced) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01"), R"("a\"b\\c\u000a\u0001")");
  EXPECT_EQ(json_string("é😀"), "\"é😀\"");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), R"("\u0000")");
  for (const auto bad : {"\xff", "\xc0", "\x80", "\xc2", "\xf5"}) EXPECT_EQ(json_string(bad), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
}

TEST(Json, CommasStandBetween) {
  JsonWriter json;
  json.begin('{');
  json.member("a", "1");
  json.name("b");
  json.begin('[');
  json.end(']');
  json.name("c");
  json.begin('[');
  json.value("1");
  json.begin('{');
  json.end('}');
  json.end(']');
  json.end('}');
  EXPECT_EQ(json.text(), R"({"a":1,"b":[],"c":[1,{}]})");
}

TEST(Json, IsIndentedOutsideOfTexts) {
  EXPECT_EQ(indented_json(R"({"a":[1,{}],"b{,\"":[]})"), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b{,\\\"\": []\n}\n");
}

}  // namespace
}  // namespace mote
