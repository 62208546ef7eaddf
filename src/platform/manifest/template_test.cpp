// Texts with variables: what they are made of, and what is refused.
#include "platform/manifest/template.h"

#include "platform/manifest/limits.h"

#include <gtest/gtest.h>

namespace mote::manifest {
namespace {

std::string rendered(std::string_view text) {
  const auto made = Template::parse(text);
  if (!made) return "refused: " + made.error().message;
  const auto out = made->render([](std::string_view name) -> std::optional<std::string> {
    if (name == "host") return "example.org";
    if (name == "empty") return "";
    return std::nullopt;
  });
  return out ? *out : "failed: " + out.error().message;
}

TEST(Template, PutsVariablesIn) {
  EXPECT_EQ(rendered(""), "");
  EXPECT_EQ(rendered("plain } { }}"), "plain } { }}");
  EXPECT_EQ(rendered("https://{{ host }}:{{host}}{{ empty }}/"), "https://example.org:example.org/");
  EXPECT_TRUE(rendered("{{ nosuch }}").starts_with("failed: the variable nosuch has no value"));
  EXPECT_EQ(Template::parse("{{ a }}-{{ b_1 }}")->names(), (std::vector<std::string_view>{"a", "b_1"}));
}

TEST(Template, RefusesWhatIsNone) {
  for (const std::string_view bad :
       {"{{", "a {{ b", "{{ }}", "{{}}", "{{ A }}", "{{ a-b }}", "{{ _a }}", "{{ a_ }}", "{{ a__b }}", "{{ {{ a }}"})
    EXPECT_TRUE(rendered(bad).starts_with("refused: ")) << bad;
}

TEST(Template, IsBounded) {
  const std::string large(limits::rendered_size.hard / 2 + 1, 'x');
  const auto out = Template::parse("{{ a }}{{ a }}")->render([&](std::string_view) { return large; });
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::limit);
}

}  // namespace
}  // namespace mote::manifest
