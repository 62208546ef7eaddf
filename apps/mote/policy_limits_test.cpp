// One table of names: every limit of policies is a key of -W with the same largest value, or one that this build refuses by name.
#include "apps/mote/arguments.h"
#include "apps/mote/options.h"
#include "base/core/format.h"
#include "host/policy/keys.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::cli {
namespace {

bool accepts(std::string_view name, const std::string& value) {
  const std::string item = format("{}={}", name, value);
  const std::string_view words[] = {"-W", item};
  return parse(for_run, words).has_value();
}

TEST(PolicyLimits, AreKeysOfW) {
  for (const policy::LimitKey& limit : policy::limit_keys()) {
    const auto key = std::ranges::find_if(keys(), [&](const Key& one) { return one.group == 'W' && one.name == limit.name; });
    if (key == keys().end()) {
      EXPECT_FALSE(why_refused(format("-W {}", limit.name)).empty()) << limit.name;
      continue;
    }
    const std::string unit = limit.type == policy::KeyType::duration ? "ms" : "";
    EXPECT_TRUE(accepts(limit.name, format("{}{}", limit.hard, unit))) << limit.name;
    EXPECT_FALSE(accepts(limit.name, format("{}{}", limit.hard + 1, unit))) << limit.name;
  }
}

}  // namespace
}  // namespace mote::cli
