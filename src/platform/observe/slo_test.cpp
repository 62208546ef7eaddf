// The sliding window of a promised latency.
#include "platform/observe/slo_board.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

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

TEST(SloBoard, TellsAndShowsWhatIsMissed) {
  Registry registry(2);  // a worker's shard, and the board's
  const uint32_t slow = registry.component("slow").value();
  std::vector<std::string> told;
  SloBoard board(registry, registry.shard(1), [&](std::string_view component, bool is_missed, std::string_view line) {
    told.push_back(std::string(component) + (is_missed ? " missed " : " kept ") + std::string(line));
  });
  const auto gauge = [&] { return registry.snapshot().find("slow")->value(Metric::slo_missed); };
  board.set({{"slow", 1000, 10'000}, {"fast", 1000, 10'000}});
  board.look(1000);
  for (int i = 0; i < 100; ++i) registry.shard(0).record(slow, Metric::event_duration, 5'000'000);
  board.look(2000);
  EXPECT_EQ(gauge(), 1u);
  ASSERT_EQ(board.missed().size(), 1u);
  EXPECT_TRUE(board.missed()[0].starts_with("component slow: 99.9 % of 100 events took up to 5")) << board.missed()[0];
  board.look(3000);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("slow missed the promised latency is missed: 99.9 % of 100 events")) << told[0];
  // A new version with the same promise goes on looking; the window passes.
  board.set({{"slow", 1000, 10'000}});
  for (uint64_t now = 4000; now < 20'000; now += 1000) board.look(now);
  EXPECT_EQ(gauge(), 0u);
  EXPECT_TRUE(board.missed().empty());
  EXPECT_EQ(told.size(), 2u);
  for (int i = 0; i < 100; ++i) registry.shard(0).record(slow, Metric::event_duration, 5'000'000);
  board.look(20'000);
  EXPECT_EQ(gauge(), 1u);
  board.set({});  // who is not there any more misses nothing
  EXPECT_EQ(gauge(), 0u);
  EXPECT_TRUE(board.missed().empty());
}

}  // namespace
}  // namespace mote::observe
