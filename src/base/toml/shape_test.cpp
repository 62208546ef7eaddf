// Documents against shapes: what is found, in which words, and the schema that says the same.
#include "base/toml/shape.h"

#include "base/toml/values.h"

#include <gtest/gtest.h>

namespace mote::toml {
namespace {

using Kind = Shape::Kind;

Result<void> check_lower(std::string_view text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == text.npos) return {};
  return fail(ErrorKind::bad_input, "is not lower case");
}
constexpr Form lower{"^[a-z]*$", check_lower};
constexpr Shape boolean{.kind = Kind::boolean}, count{.kind = Kind::integer, .least = 1, .most = 9},
    text{.kind = Kind::text, .form = &lower}, choice{.kind = Kind::choice, .values = "red|green"},
    size{.kind = Kind::size, .most = 65'536}, time{.kind = Kind::duration, .least = 1000},
    list{.kind = Kind::list, .most = 2, .of = &count}, refused{.kind = Kind::refused, .why = "not here"},
    anything{.kind = Kind::anything};
constexpr Key inner_keys[] = {{"a", &count, "needed", "", true}, {"b", &boolean, "help", "true"}};
constexpr Shape inner{.kind = Kind::table, .keys = inner_keys, .definition = "inner"};
constexpr Shape either{.kind = Kind::text, .form = &lower, .or_else = &inner};
constexpr Shape map{.kind = Kind::map, .form = &lower, .of = &inner};
constexpr Key keys[] = {{"count", &count}, {"text", &text},       {"choice", &choice}, {"size", &size},     {"time", &time},
                        {"list", &list},   {"refused", &refused}, {"any", &anything},  {"either", &either}, {"map", &map}};
constexpr Shape root{.kind = Kind::table, .keys = keys};

std::string problems_of(std::string_view document) {
  Problems problems("f");
  Node node;
  if (!read_document(document, {.what = "a test"}, problems, node)) return problems.error().message;
  const bool is_good = check(node, "", root, problems);
  EXPECT_EQ(is_good, problems.empty());
  return is_good ? "" : problems.error().message;
}

TEST(Shape, AcceptsWhatFits) {
  EXPECT_EQ(problems_of(""), "");
  EXPECT_EQ(
      problems_of(
          "count = 9\ntext = 'abc'\nchoice = 'green'\nsize = '64K'\ntime = '1s'\nlist = [1, 2]\nrefused = []\nany = [{a = 1}]\n"
          "either = { a = 1 }\nmap = { x = { a = 2, b = false } }"),
      "");
  EXPECT_EQ(problems_of("size = 7\neither = 'abc'\nrefused = {}"), "");
}

TEST(Shape, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problems_of("count = 0"), "f:1:9: count is at least 1");
  EXPECT_EQ(problems_of("count = -1"), "f:1:9: count is at least 1");
  EXPECT_EQ(problems_of("count = 10"), "f:1:9: count can be at most 9");
  EXPECT_EQ(problems_of("count = 'x'"), "f:1:9: count is a whole number, not a text");
  EXPECT_EQ(problems_of("text = 'A'"), "f:1:8: text is not lower case");
  EXPECT_EQ(problems_of("choice = 'gren'"), "f:1:10: choice is one of red|green, not \"gren\", did you mean \"green\"?");
  EXPECT_EQ(problems_of("size = '1M'"), "f:1:8: size can be at most 65536 bytes");
  EXPECT_EQ(problems_of("time = '1ms'"), "f:1:8: time is at least 1000 ms");
  EXPECT_EQ(problems_of("list = [1, 2, 3]"), "f:1:8: list has 3; it can have at most 2");
  EXPECT_EQ(problems_of("list = [1, 11]"), "f:1:12: list[] can be at most 9");
  EXPECT_EQ(problems_of("refused = [1]"), "f:1:11: refused: not here");
  EXPECT_EQ(problems_of("either = 1"), "f:1:10: either is a text or a table, not a whole number");
  EXPECT_EQ(problems_of("either = { b = true }"), "f:1:10: either needs \"a\": needed");
  EXPECT_EQ(problems_of("[map.X]\na = 1\nzzzz = 2"),
            "f:1:6: \"X\" in map is not lower case\nf:3:1: unknown key \"zzzz\" of map.X (there are: a, b)");
  EXPECT_EQ(problems_of("cuont = 1\ntxet = 1").find("f:1:1: unknown key \"cuont\", did you mean \"count\"?"), 0u);
}

TEST(Shape, MakesASchema) {
  std::vector<Definition> definitions;
  EXPECT_EQ(schema(either, definitions), R"({"anyOf":[{"type":"string","pattern":"^[a-z]*$"},{"$ref":"#/$defs/inner"}]})");
  ASSERT_EQ(definitions.size(), 1u);
  EXPECT_EQ(definitions[0].schema,
            R"({"type":"object","properties":{"a":{"description":"needed","type":"integer","minimum":1,"maximum":9},)"
            R"~("b":{"description":"help (not said: true)","type":"boolean"}},"required":["a"],"additionalProperties":false})~");
  EXPECT_EQ(schema(map, definitions),
            R"({"type":"object","additionalProperties":{"$ref":"#/$defs/inner"},"propertyNames":{"pattern":"^[a-z]*$"}})");
  EXPECT_EQ(definitions.size(), 1u);
}

}  // namespace
}  // namespace mote::toml
