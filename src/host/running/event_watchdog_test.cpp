// Events that take more time than they have are ended, those that do not are left alone: also by a stop that was meant for the
// event before, when the one ends and the other begins in the same instant.
#include "host/running/event_watchdog.h"

#include "base/os/clock.h"
#include "base/os/interruption.h"
#include "host/running/guest_testing.h"

#include <mote/task.h>

#include <chrono>
#include <deque>
#include <random>
#include <thread>

namespace mote::running {
namespace {

constexpr uint64_t ms = 1'000'000;

#if defined(__SANITIZE_THREAD__)
constexpr bool holds_signals_back = true;
#elif defined(__has_feature)
constexpr bool holds_signals_back = __has_feature(thread_sanitizer);
#else
constexpr bool holds_signals_back = false;
#endif

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}
uint64_t cpu() {
  return os::now_ns(os::Clock::thread_cpu);
}

class EventWatchdogTest : public testing::Test {
 protected:
  EventWatchdogTest()
      : thread([this] {
          number = os::this_thread();
          dog.run();
        }) {
    while (number == 0) std::this_thread::yield();
  }
  ~EventWatchdogTest() override {
    dog.end();
    thread.join();
  }
  // Whether the event was ended; within its time it is not.
  bool spins_until_ended(EventWatchdog::Line& line, EventBudget budget, std::string_view message) {
    TestGuest guest;
    const Stopper stopper = guest.store.stopper();
    line.begin(stopper, budget);
    const auto ended = guest.func<void()>("spin")();
    EXPECT_TRUE(line.end());
    EXPECT_FALSE(ended);
    return !ended && ended.error().trap.kind == TrapKind::interrupt && ended.error().trap.message == message;
  }
  EventWatchdog dog{ms, {.wall = "too long", .cpu = "too much"}};
  std::atomic<int> number = 0;
  std::thread thread;
};

TEST_F(EventWatchdogTest, EndsWhatRunsTooLong) {
  if (holds_signals_back) GTEST_SKIP() << "a guest that only computes is ended by a signal";
  const auto line = dog.line();
  for (const uint64_t wall : {uint64_t{0}, ms / 10, 5 * ms, 20 * ms}) {
    const uint64_t begin = now();
    EXPECT_TRUE(spins_until_ended(*line, {.wall_ns = wall}, "interrupted: too long"));
    EXPECT_GE(now() - begin, wall);
  }
}

TEST_F(EventWatchdogTest, EndsWhatComputesTooMuch) {
  if (holds_signals_back) GTEST_SKIP() << "a guest that only computes is ended by a signal";
  const auto line = dog.line();
  for (const uint64_t most : {5 * ms, 20 * ms}) {
    const uint64_t begin = cpu();
    EXPECT_TRUE(spins_until_ended(*line, {.wall_ns = 3'600'000 * ms, .cpu_ns = most}, "interrupted: too much"));
    EXPECT_GE(cpu() - begin, most);
  }
}

TEST_F(EventWatchdogTest, EndsTurnsOfTasksThatGoOn) {
  if (holds_signals_back) GTEST_SKIP() << "a guest that only computes is preempted by a signal";
  const auto line = dog.line();
  TestGuest guest;
  const Stopper stopper = guest.store.stopper();
  Task task(guest.store, [&] { (void)guest.func<void()>("spin")(); });
  for (int turn = 0; turn < 5; ++turn) {
    line->begin(stopper, {.wall_ns = 2 * ms, .preempts = true});
    const auto step = task.resume();
    EXPECT_TRUE(line->end());
    ASSERT_TRUE(step);
    EXPECT_EQ(*step, Task::Step::preempted);
  }
}

TEST_F(EventWatchdogTest, SleepIsNotComputing) {
  const auto line = dog.line();
  TestGuest guest([](Caller&, int32_t value) {
    std::this_thread::sleep_for(std::chrono::milliseconds(value));
    return value;
  });
  const Stopper stopper = guest.store.stopper();
  line->begin(stopper, {.cpu_ns = 60 * ms});
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("call")(120)), 120);
  EXPECT_FALSE(line->end());
}

TEST_F(EventWatchdogTest, AHostFunctionIsToldUntilItReturns) {
  const auto line = dog.line();
  TestGuest guest([](Caller&, int32_t value) {
    std::this_thread::sleep_for(std::chrono::milliseconds(value));
    return value;
  });
  const Stopper stopper = guest.store.stopper();
  line->begin(stopper, {.wall_ns = 2 * ms});
  const auto ended = guest.func<int32_t(int32_t)>("call")(150);
  EXPECT_TRUE(line->end());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().trap.message, "interrupted: too long");
}

TEST_F(EventWatchdogTest, EventsWithoutABudgetAndLinesWithoutAnEventAreLeftAlone) {
  std::vector<std::unique_ptr<EventWatchdog::Line>> lines;
  for (int i = 0; i < 50; ++i) lines.push_back(dog.line());
  TestGuest guest;
  const Stopper stopper = guest.store.stopper();
  lines[7]->begin(stopper, {});
  const uint64_t begin = now();
  while (now() - begin < 20 * ms) (void)must(guest.func<int32_t(int32_t)>("sum")(1'000));
  EXPECT_FALSE(lines[7]->end());
  lines[7]->begin(stopper, {.wall_ns = ms});
  EXPECT_LE(lines[7]->end(), true);  // either: it may have been late
}

TEST_F(EventWatchdogTest, SleepsWhileNothingBeginsAndWakes) {
  const auto line = dog.line();
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  const uint64_t before = *os::thread_cpu_ns(number);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(*os::thread_cpu_ns(number) - before, ms / 10);
  TestGuest guest([](Caller&, int32_t value) {
    std::this_thread::sleep_for(std::chrono::milliseconds(value));
    return value;
  });
  const Stopper stopper = guest.store.stopper();
  line->begin(stopper, {.wall_ns = 2 * ms});
  EXPECT_FALSE(guest.func<int32_t(int32_t)>("call")(150));
  EXPECT_TRUE(line->end());
}

// Events that end about when their time is up, several threads of them. What end() says is what happened to the event's store, then
// and ever after: those that were told are stopped, no other is.
TEST_F(EventWatchdogTest, NoEventIsEndedForAnother) {
  std::atomic<uint64_t> told_events = 0, spared = 0;
  const auto work = [&](uint32_t seed) {
    const auto line = dog.line();
    std::mt19937 numbers(seed);
    struct Over {
      std::unique_ptr<TestGuest> guest;
      bool was_told;
    };
    std::deque<Over> over;
    const auto check = [&](const Over& one) {
      EXPECT_EQ(one.guest->func<int32_t(int32_t)>("sum")(10).has_value(), !one.was_told);
      ++(one.was_told ? told_events : spared);
    };
    const uint64_t begin = now();
    while (now() - begin < 1'500 * ms) {
      auto guest = std::make_unique<TestGuest>();
      const Stopper stopper = guest->store.stopper();
      const auto sum = guest->func<int32_t(int32_t)>("sum");
      const uint64_t length = numbers() % (5 * ms / 2);
      const uint64_t started = now();
      line->begin(stopper, {.wall_ns = ms, .cpu_ns = numbers() % 2 == 0 ? ms / 2 : EventBudget::unlimited});
      while (now() - started < length && sum(100)) {
      }
      const bool was_told = line->end();
      over.push_back({std::move(guest), was_told});
      if (over.size() > 20) {
        check(over.front());
        over.pop_front();
      }
    }
    for (const Over& one : over) check(one);
  };
  std::vector<std::thread> workers;
  for (uint32_t i = 0; i < 3; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  EXPECT_GT(told_events, 10u);
  EXPECT_GT(spared, 10u);
}

// The same with nothing but begin and end, as fast as they can: one store that is never to be stopped, since no event lasts.
TEST_F(EventWatchdogTest, ShortEventsAreNeverToldTheirTimeIsUp) {
  const auto line = dog.line();
  TestGuest guest;
  const Stopper stopper = guest.store.stopper();
  uint64_t late = 0;
  for (const uint64_t begin = now(); now() - begin < 700 * ms;) {
    for (int i = 0; i < 1000; ++i) {
      line->begin(stopper, {.wall_ns = 300 * ms, .cpu_ns = 300 * ms});
      late += line->end() ? 1 : 0;
    }
  }
  EXPECT_EQ(late, 0u);
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("sum")(10)), 385);
}

}  // namespace
}  // namespace mote::running
