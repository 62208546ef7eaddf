// Clocks go forward, random bytes differ, the machine has a plausible size.
#include "base/os/machine.h"

#include "base/os/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mote::os {
namespace {

TEST(Clock, MonotonicTimeGoesForwardAndSleepingTakesTime) {
  const uint64_t start = now_ns(Clock::monotonic);
  sleep_until_ns(Clock::monotonic, start + 2'000'000);
  EXPECT_GE(now_ns(Clock::monotonic), start + 2'000'000);
  EXPECT_GT(now_ns(Clock::realtime), 1'600'000'000ull * 1'000'000'000);
  EXPECT_GT(now_ns(Clock::process_cpu), 0u);
  EXPECT_LE(now_ns(Clock::thread_cpu), now_ns(Clock::process_cpu) + 1'000'000);
  for (const Clock clock : {Clock::realtime, Clock::monotonic, Clock::process_cpu, Clock::thread_cpu}) {
    EXPECT_GE(resolution_ns(clock), 1u);
  }
}

TEST(Machine, HasASize) {
  EXPECT_GT(memory_size_bytes(), 1u << 20);
  EXPECT_GT(address_space_bytes(), memory_size_bytes() / 1024);
  EXPECT_GE(cpu_count(), 1u);
}

TEST(Machine, ReadsItsEnvironment) {
  setenv("MOTE_TEST_VARIABLE", "a=b", 1);
  EXPECT_EQ(environment_variable("MOTE_TEST_VARIABLE"), "a=b");
  EXPECT_EQ(environment_variable("MOTE_NO_SUCH_VARIABLE"), std::nullopt);
}

TEST(Machine, RandomBytesFillTheWholeBuffer) {
  std::vector<uint8_t> a(100'000), b(100'000);
  ASSERT_TRUE(fill_random(a) && fill_random(b));
  EXPECT_NE(a, b);
  EXPECT_NE(std::vector<uint8_t>(a.end() - 16, a.end()), std::vector<uint8_t>(16));
}

}  // namespace
}  // namespace mote::os
