// Every limit that a policy knows arrives somewhere.
#include "platform/wiring/limits.h"

#include "host/policy/keys.h"

#include <gtest/gtest.h>

namespace mote::wiring {
namespace {

TEST(Limits, EachOfAPolicyArrives) {
  for (const policy::LimitKey& key : policy::limit_keys()) {
    const policy::EffectiveLimit said{.name = std::string(key.name), .value = 12'345};
    EXPECT_FALSE(limits_of(std::span(&said, 1)) == Limits()) << key.name;
  }
  EXPECT_TRUE(limits_of({}) == Limits());
}

TEST(Limits, TimesAreInMilliseconds) {
  const policy::EffectiveLimit said[] = {{"timeout", 20}, {"cpu-time", 3}, {"fuel", 7}};
  const Limits limits = limits_of(said);
  EXPECT_EQ(limits.deadline_ns, 20'000'000U);
  EXPECT_EQ(limits.cpu_ns, 3'000'000U);
  EXPECT_EQ(limits.fuel, 7);
}

}  // namespace
}  // namespace mote::wiring
