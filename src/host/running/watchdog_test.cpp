// Guests that take more time than they have are ended, those that do not are left alone, whatever they do with their time.
#include "host/running/watchdog.h"

#include "base/os/clock.h"
#include "host/running/guest_testing.h"
#include "host/running/task_loop.h"

#include <chrono>
#include <thread>

namespace mote::running {
namespace {

constexpr uint64_t ms = 1'000'000;

class WatchdogTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it, which a guest never does";
#endif
#endif
    thread = std::thread([this] { dog.run(); });
  }
  void TearDown() override {
    if (!thread.joinable()) return;
    dog.end();
    thread.join();
  }
  Watchdog dog;
  std::thread thread;
};

template <class T>
void expect_ended(const GuestResult<T>& result, std::string_view message) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.kind, TrapKind::interrupt);
  EXPECT_EQ(result.error().trap.message, message);
}

uint64_t cpu() {
  return os::now_ns(os::Clock::thread_cpu);
}

TEST_F(WatchdogTest, EndsAGuestThatRunsTooLong) {
  TestGuest guest;
  const uint64_t begin = os::now_ns(os::Clock::monotonic);
  const auto watch = dog.watch(guest.store, {.wall_ns = 20 * ms, .wall_reason = "too long"});
  expect_ended(guest.func<void()>("spin")(), "interrupted: too long");
  EXPECT_GE(os::now_ns(os::Clock::monotonic) - begin, 20 * ms);
}

TEST_F(WatchdogTest, EndsAGuestThatComputesTooMuch) {
  TestGuest guest;
  const auto watch = dog.watch(guest.store, {.cpu_ns = 20 * ms, .cpu_reason = "too much"});
  const uint64_t begin = cpu();
  expect_ended(guest.func<void()>("spin")(), "interrupted: too much");
  EXPECT_GE(cpu() - begin, 20 * ms);
}

TEST_F(WatchdogTest, SleepIsNotComputing) {
  TestGuest guest([](Caller&, int32_t value) {
    std::this_thread::sleep_for(std::chrono::milliseconds(value));
    return value;
  });
  const auto watch = dog.watch(guest.store, {.cpu_ns = 50 * ms});
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("call")(100)), 100);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));  // while it does not run, it is not looked at
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("call")(1)), 1);
}

TEST_F(WatchdogTest, AllCallsCountTogether) {
  TestGuest guest;
  const auto sum = guest.func<int32_t(int32_t)>("sum");
  const auto watch = dog.watch(guest.store, {.cpu_ns = 20 * ms, .cpu_reason = "too much"});
  const uint64_t begin = cpu();
  GuestResult<int32_t> result = 0;
  while (result) result = sum(100'000);
  expect_ended(result, "interrupted: too much");
  EXPECT_GE(cpu() - begin, 20 * ms);
}

TEST_F(WatchdogTest, AGuestOfManyThreadsCountsThemAll) {
  TestGuest guest;
  const auto watch = dog.watch(guest.store, {.cpu_ns = 30 * ms, .cpu_reason = "too much"});
  GuestResult<int32_t> result = 0;
  while (result) std::thread([&] { result = guest.func<int32_t(int32_t)>("sum")(3'000'000); }).join();
  expect_ended(result, "interrupted: too much");
  EXPECT_GE(guest.store.stopper().cpu_time_ns(), 30 * ms);
}

TEST_F(WatchdogTest, OthersAreLeftAlone) {
  std::vector<std::unique_ptr<TestGuest>> guests;
  std::vector<std::unique_ptr<Watchdog::Watch>> watches;
  for (int i = 0; i < 200; ++i) {
    guests.push_back(std::make_unique<TestGuest>());
    watches.push_back(dog.watch(guests.back()->store, {.wall_ns = 3'600'000 * ms, .cpu_ns = (1000 + i % 7) * ms}));
  }
  TestGuest offender;
  const auto watch = dog.watch(offender.store, {.wall_ns = 10 * ms});
  expect_ended(offender.func<void()>("spin")(), "interrupted: timeout");
  for (const auto& guest : guests) EXPECT_EQ(must(guest->func<int32_t(int32_t)>("sum")(10)), 385);
}

TEST_F(WatchdogTest, AWatchThatEndedEndsNobody) {
  TestGuest guest;
  dog.watch(guest.store, {.wall_ns = 5 * ms, .cpu_ns = ms}).reset();
  const uint64_t begin = cpu();
  while (cpu() - begin < 20 * ms) (void)must(guest.func<int32_t(int32_t)>("sum")(10'000));
}

TEST_F(WatchdogTest, EndsAWait) {
  TaskLoop loop;
  TestGuest guest([&](Caller&, int32_t value) {
    EXPECT_FALSE(loop.wait({}, std::nullopt));
    return value;
  });
  const auto watch = dog.watch(guest.store, {.wall_ns = 10 * ms});
  GuestResult<int32_t> result = 0;
  loop.add(guest.store, [&] { result = guest.func<int32_t(int32_t)>("call")(1); });
  must(loop.run());
  expect_ended(result, "interrupted: timeout");
}

TEST_F(WatchdogTest, TheTimeMayBeUpBeforeTheGuestBegins) {
  TestGuest guest;
  const auto watch = dog.watch(guest.store, {.wall_ns = 0});
  GuestResult<int32_t> result = 0;
  while (result) result = guest.func<int32_t(int32_t)>("sum")(10);
  expect_ended(result, "interrupted: timeout");
}

}  // namespace
}  // namespace mote::running
