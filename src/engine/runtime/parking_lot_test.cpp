// Threads that wait and wake each other: nobody is lost, nobody is woken twice, nobody waits for what concerns others. Run it under
// TSan too (./test unit --on tsan).
#include "engine/runtime/parking_lot.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace mote::runtime {
namespace {

using Outcome = ParkingLot::Outcome;
constexpr int64_t for_ever = -1;

class ParkingLotTest : public ::testing::Test {
 protected:
  // Notifies until somebody was woken: the waiter may not sleep yet.
  void wake_one(const void* location) {
    while (lot.notify(location, 1) == 0) std::this_thread::yield();
  }

  ParkingLot lot{4};
  alignas(8) uint32_t words[4] = {};
  uint64_t long_word = 1ull << 32;
};

TEST_F(ParkingLotTest, AWaitEndsAtOnceWhenTheValueDiffers) {
  Waiter waiter;
  EXPECT_EQ(lot.wait(waiter, &words[0], 1, for_ever), Outcome::not_equal);
  EXPECT_EQ(lot.wait(waiter, &long_word, 0, for_ever), Outcome::not_equal);  // all 64 bits count
}

TEST_F(ParkingLotTest, ATimeoutIsNotShorterThanAsked) {
  Waiter waiter;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(lot.wait(waiter, &words[0], 0, 2'000'000), Outcome::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2));
  EXPECT_EQ(lot.wait(waiter, &words[0], 0, 0), Outcome::timed_out);
  EXPECT_EQ(lot.notify(&words[0], 1), 0u);  // and the waiter is gone
}

TEST_F(ParkingLotTest, TheLongestTimeoutIsForEver) {
  Waiter waiter;
  std::jthread thread([&] { EXPECT_EQ(lot.wait(waiter, &words[0], 0, INT64_MAX), Outcome::woken); });
  wake_one(&words[0]);
}

TEST_F(ParkingLotTest, ANotifyWakesOnlyItsLocationAndAtMostItsCount) {
  Waiter waiters[4];
  std::atomic<int> ended_at_0 = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_EQ(lot.wait(waiters[i], &words[0], 0, for_ever), Outcome::woken);
      ++ended_at_0;
    });
  }
  threads.emplace_back([&] { EXPECT_EQ(lot.wait(waiters[3], &words[1], 0, for_ever), Outcome::woken); });
  wake_one(&words[1]);
  threads.pop_back();
  EXPECT_EQ(ended_at_0, 0);
  EXPECT_EQ(lot.notify(&words[2], 9), 0u);
  uint32_t woken = 0;
  while (woken < 2) {
    const uint32_t count = lot.notify(&words[0], 2 - woken);
    EXPECT_LE(count, 2 - woken);
    woken += count;
  }
  while (ended_at_0 < 2) std::this_thread::yield();
  while (woken < 3) woken += lot.notify(&words[0], UINT32_MAX);
}

TEST_F(ParkingLotTest, WaitersAreWokenInTheOrderTheyCame) {
  Waiter waiters[3];
  std::atomic<int> last = -1;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_EQ(lot.wait(waiters[i], &words[0], 0, for_ever), Outcome::woken);
      last = i;
    });
    while (lot.waiter_count() <= static_cast<uint64_t>(i)) std::this_thread::yield();
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lot.notify(&words[0], 1), 1u);
    while (last < i) std::this_thread::yield();
    EXPECT_EQ(last, i);
  }
}

TEST_F(ParkingLotTest, OneMoreThanTheLimitIsTurnedAway) {
  Waiter waiters[5];
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { EXPECT_EQ(lot.wait(waiters[i], &words[i], 0, for_ever), Outcome::woken); });
  }
  while (lot.waiter_count() < 4) std::this_thread::yield();
  EXPECT_EQ(lot.wait(waiters[4], &long_word, 1ull << 32, 0), Outcome::full);
  for (const uint32_t& word : words) wake_one(&word);
}

TEST_F(ParkingLotTest, ACancellationEndsThePresentWaitAndAllLaterOnes) {
  Waiter cancelled, other;
  std::jthread first([&] { EXPECT_EQ(lot.wait(cancelled, &words[0], 0, for_ever), Outcome::cancelled); });
  std::jthread second([&] { EXPECT_EQ(lot.wait(other, &words[0], 0, for_ever), Outcome::woken); });
  cancelled.cancel();
  first.join();
  EXPECT_EQ(lot.wait(cancelled, &words[0], 0, for_ever), Outcome::cancelled);
  wake_one(&words[0]);
  second.join();
  EXPECT_EQ(lot.notify(&words[0], 1), 0u);
}

// A lock of one word, as guests make them: a lost wake-up would hang it, two holders would lose an increment.
TEST_F(ParkingLotTest, ALockBuiltOnItExcludes) {
  constexpr int rounds = 2000;
  uint64_t counter = 0;
  std::atomic_ref lock(words[0]);  // 0 free, 1 held, 2 held and waited for
  const auto work = [&] {
    Waiter waiter;
    for (int i = 0; i < rounds; ++i) {
      uint32_t seen = 0;
      if (!lock.compare_exchange_strong(seen, 1)) {
        while (lock.exchange(2) != 0) (void)lot.wait(waiter, &words[0], 2, for_ever);
      }
      counter = counter + 1;
      if (lock.exchange(0) == 2) lot.notify(&words[0], 1);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
  }
  EXPECT_EQ(counter, 3 * rounds);
}

// Every wait ends once: notified waits and those that gave up add up.
TEST_F(ParkingLotTest, TimeoutsThatRaceWithNotifiesCountOnce) {
  constexpr int rounds = 500;
  std::atomic<uint32_t> woken = 0;
  uint32_t notified = 0;
  std::atomic<int> running = 2;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      Waiter waiter;
      for (int j = 0; j < rounds; ++j) woken += lot.wait(waiter, &words[0], 0, 1000) == Outcome::woken ? 1 : 0;
      --running;
    });
  }
  while (running > 0) notified += lot.notify(&words[0], 1);
  threads.clear();
  EXPECT_EQ(woken, notified);
}

}  // namespace
}  // namespace mote::runtime
