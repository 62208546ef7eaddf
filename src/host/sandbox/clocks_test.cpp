// Tests of clocks.h over fake clocks.
#include "host/sandbox/clocks.h"

#include "host/sandbox/fake.h"

#include <gtest/gtest.h>

namespace mote::sandbox {
namespace {

TEST(CoarseClocks, ShowsAndWaitsInSteps) {
  FakeClocks real;
  CoarseClocks coarse(real, 10'000'000);
  real.monotonic = 123'456'789;
  EXPECT_EQ(coarse.now_ns(ClockId::monotonic), 120'000'000u);
  EXPECT_EQ(coarse.resolution_ns(ClockId::realtime), 10'000'000u);
  EXPECT_TRUE(coarse.sleep_until(ClockId::monotonic, 125'000'000));
  EXPECT_EQ(coarse.now_ns(ClockId::monotonic), 130'000'000u);
  EXPECT_TRUE(coarse.wait_for({}, 1));
  EXPECT_EQ(coarse.now_ns(ClockId::monotonic), 140'000'000u);
}

TEST(VirtualClocks, PassOnlyForTheGuest) {
  FakeClocks real;
  VirtualClocks clocks(real, 1'000'000'000);
  EXPECT_EQ(clocks.now_ns(ClockId::realtime), 1'000'001'000u);
  real.advance(1'000'000);
  EXPECT_EQ(clocks.now_ns(ClockId::monotonic), 2'000u);
  EXPECT_TRUE(clocks.sleep_until(ClockId::monotonic, 5'000'000));
  EXPECT_EQ(clocks.now_ns(ClockId::realtime), 1'005'001'000u);
  EXPECT_TRUE(clocks.sleep_until(ClockId::monotonic, 10));  // in the past
  EXPECT_TRUE(clocks.wait_for({}, 1'000));
  EXPECT_EQ(clocks.now_ns(ClockId::monotonic), 5'003'000u);
  EXPECT_EQ(real.sleeps, 0);
  EXPECT_EQ(real.waits, 0);
  std::string content;
  FakeStream stream(content);
  const Wanted wanted{&stream, false};
  EXPECT_TRUE(clocks.wait_for({&wanted, 1}, 1'000'000));  // ready at once: no time passes
  EXPECT_EQ(clocks.now_ns(ClockId::monotonic), 5'004'000u);
}

TEST(SeededRandom, FollowsFromTheSeed) {
  std::vector<uint8_t> a(19), b(19), c(19);
  EXPECT_TRUE(SeededRandom(7).fill(a));
  EXPECT_TRUE(SeededRandom(7).fill(b));
  EXPECT_TRUE(SeededRandom(8).fill(c));
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

}  // namespace
}  // namespace mote::sandbox
