// The sliding window of a promised latency.
#include "platform/observe/slo.h"

#include <gtest/gtest.h>

#include <memory>

namespace mote::observe {
namespace {

TEST(Slo, IsMissedWhileSlowEventsAreInTheWindow) {
  SloWatch watch(1000, 60'000);
  auto histogram = std::make_unique<Histogram>();
  const auto look = [&](uint64_t now_ms) {
    Distribution held;
    histogram->add_to(held);
    return watch.look(now_ms, std::move(held));
  };
  uint64_t now = 5000;
  EXPECT_FALSE(look(now).is_missed);
  for (int i = 0; i < 2000; ++i) histogram->record(100'000);
  auto verdict = look(now += 1000);
  EXPECT_EQ(verdict.events, 2000u);
  EXPECT_FALSE(verdict.is_missed);
  EXPECT_NEAR(static_cast<double>(verdict.p999_us), 100, 1);
  for (int i = 0; i < 10; ++i) histogram->record(9'000'000);  // half a percent
  verdict = look(now += 1000);
  EXPECT_TRUE(verdict.is_missed && verdict.has_changed);
  EXPECT_NEAR(static_cast<double>(verdict.p999_us), 9000, 90);
  verdict = look(now += 1000);
  EXPECT_TRUE(verdict.is_missed);
  EXPECT_FALSE(verdict.has_changed);
  // A window later they are out of it, whatever came meanwhile.
  for (int i = 0; i < 70; ++i) {
    for (int j = 0; j < 10; ++j) histogram->record(50'000);
    verdict = look(now += 1000);
  }
  EXPECT_FALSE(verdict.is_missed);
  EXPECT_NEAR(static_cast<double>(verdict.events), 600, 60);
  for (int i = 0; i < 70; ++i) verdict = look(now += 1000);
  EXPECT_EQ(verdict.events, 0u);
  EXPECT_FALSE(verdict.is_missed);
}

}  // namespace
}  // namespace mote::observe
