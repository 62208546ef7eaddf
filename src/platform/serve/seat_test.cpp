// Events at one worker: each in a fresh sandbox; what traps, loops, sleeps or comes too much is one failed event and no more.
#include "platform/serve/seat.h"

#include "base/os/clock.h"
#include "platform/serve/serve_testing.h"
#include "platform/serve/worker.h"

#include <deque>
#include <thread>

namespace mote::serve {
namespace {

using Kind = trigger::Outcome::Kind;
constexpr uint64_t ms = 1'000'000;

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}

class SeatTest : public testing::Test {
 protected:
  SeatTest()
      : loop(must(io::Loop::create())),
        thread([this] { dog.run(); }),
        worker(std::in_place, *loop, dog, registry.shard(0), 100, 10) {}
  ~SeatTest() override {
    worker.reset();
    dog.end();
    thread.join();
  }
  std::shared_ptr<const Component> component(std::string_view name, ComponentSettings settings) {
    settings.observed = must(registry.component(name));
    return test_component(std::move(settings));
  }
  void install(ComponentSettings settings) { must(worker->install({{component("guest", std::move(settings))}})); }
  uint64_t counted(observe::Metric metric, unsigned value = 0, unsigned value2 = 0) const {
    return registry.snapshot().find("guest")->value(metric, value, value2);
  }
  TestEvent& send(const std::string& text, size_t component = 0) {
    TestEvent& event = events.emplace_back(text);
    worker->dispatch(component, event);
    return event;
  }
  void serve() {  // until all events have ended
    worker->end();
    worker->run();
  }

  observe::Registry registry{1};
  std::unique_ptr<io::Loop> loop;
  running::EventWatchdog dog;
  std::thread thread;
  std::optional<Worker> worker;
  std::deque<TestEvent> events;
};

TEST_F(SeatTest, EachEventHasASandboxOfItsOwn) {
  install({});
  for (int i = 0; i < 50; ++i) send("event " + std::to_string(i));
  serve();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(events[i].kind, Kind::answered) << events[i].text;
    EXPECT_EQ(events[i].answer, "event " + std::to_string(i));
    EXPECT_EQ(events[i].id, 100U + 10 * i);
  }
  EXPECT_EQ(counted(observe::Metric::events, static_cast<unsigned>(observe::TriggerLabel::command)), 50U);
  EXPECT_EQ(counted(observe::Metric::active), 0U);
  EXPECT_EQ(counted(observe::Metric::waiting), 0U);
}

TEST_F(SeatTest, AFailureIsOneEvents) {
  std::string log;
  install({.log = [&](uint64_t event, std::string_view messages, std::string_view failure) {
    log += trigger::id_text(event) + "|" + std::string(messages) + "|" + std::string(failure.substr(0, failure.find('\n'))) + "\n";
  }});
  const TestEvent &trap = send("t"), &exit = send("x"), &fine = send("hello"), &message = send("m!");
  serve();
  EXPECT_EQ(trap.kind, Kind::trapped);
  EXPECT_TRUE(trap.text.starts_with("unreachable")) << trap.text;
  EXPECT_EQ(exit.kind, Kind::exited);
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_EQ(fine.answer, "hello");
  EXPECT_EQ(message.answer, "m!");
  EXPECT_EQ(message.messages, "m!");
  EXPECT_EQ(log, "0000000000000064||unreachable\n000000000000006e||exit with status 3\n0000000000000082|m!|\n");
}

TEST_F(SeatTest, WhatComputesLeavesRoomForOthersAndEndsInTime) {
  install({.deadline_ns = 1000 * ms});
  const uint64_t begin = now();
  const TestEvent &loops = send("l"), &more = send("l");
  for (int i = 0; i < 20; ++i) send("brief");
  while (!events.back().kind) worker->run_ready();
  EXPECT_EQ(events.back().kind, Kind::answered);
  EXPECT_FALSE(loops.kind);
  serve();
  EXPECT_EQ(loops.kind, Kind::timed_out);
  EXPECT_EQ(more.kind, Kind::timed_out);
  EXPECT_GE(now() - begin, 1000 * ms);
  EXPECT_GT(counted(observe::Metric::preempted), 10U);
}

TEST_F(SeatTest, CpuTimeHasALimitOfItsOwn) {
  install({.cpu_ns = 20 * ms});
  const TestEvent& loops = send("l");
  serve();
  EXPECT_EQ(loops.kind, Kind::timed_out);
  EXPECT_NE(loops.text.find("CPU"), std::string::npos);
}

TEST_F(SeatTest, WhatWaitsLeavesTheThread) {
  install({});
  for (int i = 0; i < 40; ++i) send("s" + std::to_string(i));
  while (counted(observe::Metric::active) != 40) worker->run_ready();  // all sleep
  serve();
  for (const TestEvent& event : events) EXPECT_EQ(event.answer.size() > 1, true);
}

TEST_F(SeatTest, ASleepEndsWithTheEventsTime) {
  install({.deadline_ns = 5 * ms});
  const TestEvent& sleeps = send("s");
  const uint64_t begin = now();
  serve();
  EXPECT_EQ(sleeps.kind, Kind::timed_out);
  EXPECT_GE(now() - begin, 5 * ms);
}

TEST_F(SeatTest, WhatIsTooMuchIsRefused) {
  install({.most_running = 2, .most_waiting = 3});
  for (int i = 0; i < 10; ++i) send("s");
  size_t refused = 0;
  for (const TestEvent& event : events) {
    refused += event.kind == Kind::busy;
    if (event.kind == Kind::busy) EXPECT_EQ(event.retry_after_s, 1U);
  }
  EXPECT_EQ(refused, 7U);  // nothing has begun
  serve();
  for (const TestEvent& event : events) EXPECT_TRUE(event.kind == Kind::busy || event.kind == Kind::answered);
}

TEST_F(SeatTest, WhatWouldBeRefusedNeedNotBeMade) {
  install({.most_running = 2, .most_waiting = 3});
  const auto refused = [&] {
    return counted(observe::Metric::events, static_cast<unsigned>(observe::TriggerLabel::http),
                   static_cast<unsigned>(observe::Outcome::refused));
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(worker->turns_away(0, trigger::Kind::http));
    send("s");
  }
  EXPECT_EQ(refused(), 0U);
  EXPECT_TRUE(worker->turns_away(0, trigger::Kind::http));
  EXPECT_EQ(refused(), 1U);
  serve();
  EXPECT_FALSE(worker->turns_away(0, trigger::Kind::http));
}

// Nothing of it has happened: it may be sent again.
TEST_F(SeatTest, WhoseTimeIsOverBeforeItsTurnIsRefused) {
  install({.most_running = 1, .deadline_ns = 5 * ms});
  const TestEvent &sleeps = send("s"), &waits = send("late");
  serve();
  EXPECT_EQ(sleeps.kind, Kind::timed_out);
  EXPECT_EQ(waits.kind, Kind::busy);
  EXPECT_EQ(waits.retry_after_s, 1U);
}

TEST_F(SeatTest, ThoseThatAllRunOutOfTimeDoNotShutTheDoor) {
  install({.deadline_ns = 100 * ms});
  for (int i = 0; i < 5; ++i) {
    const TestEvent& loops = send("l");
    while (!loops.kind) worker->run_ready();
    EXPECT_EQ(loops.kind, Kind::timed_out);
  }
  const TestEvent& fine = send("hello");
  serve();
  EXPECT_EQ(fine.kind, Kind::answered);
}

TEST_F(SeatTest, WhatNoGuestAsksForIsNotPutTogether) {
  install({});
  const TestEvent& event = send("hello");
  serve();
  EXPECT_EQ(event.answer, "hello");
  EXPECT_EQ(event.described, 0);
}

TEST_F(SeatTest, WhatFailsTooOftenIsRefusedForAWhile) {
  install({.crash = {.failures = 3, .back_off_ns = 50 * ms, .longest_ns = 1000 * ms}});
  const auto fails = [&](Kind expected) {
    const TestEvent& event = send("t");
    while (!event.kind) worker->run_ready();
    EXPECT_EQ(event.kind, expected);
  };
  for (int i = 0; i < 3; ++i) fails(Kind::trapped);
  const uint64_t refused_at = now();
  fails(Kind::unavailable);
  while (now() - refused_at < 60 * ms) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  fails(Kind::trapped);  // tried again, and refused for twice as long
  fails(Kind::unavailable);
  while (now() - refused_at < 180 * ms) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const TestEvent& fine = send("fine");
  while (!fine.kind) worker->run_ready();
  EXPECT_EQ(fine.kind, Kind::answered);
  fails(Kind::trapped);
  fails(Kind::trapped);  // counted anew
  serve();
}

TEST_F(SeatTest, ANewDeploymentLetsTheOldEventsEnd) {
  install({});
  const TestEvent& old = send("old");
  const TestEvent& sleeper = send("s");
  worker->run_ready();
  install({});
  const TestEvent& fresh = send("new");
  serve();
  EXPECT_EQ(old.kind, Kind::answered);
  EXPECT_EQ(sleeper.kind, Kind::answered);
  EXPECT_EQ(fresh.kind, Kind::answered);
}

// Two components: one that only computes does not take the other's time.
TEST_F(SeatTest, ComponentsHaveEqualShares) {
  const auto greedy = component("guest", {.deadline_ns = 500 * ms}), modest = component("modest", {});
  must(worker->install({{greedy, modest}}));
  for (int i = 0; i < 30; ++i) send("l", 0);
  while (counted(observe::Metric::preempted) < 30) worker->run_ready();
  for (int i = 0; i < 10; ++i) {
    const uint64_t before = counted(observe::Metric::preempted);
    const TestEvent& event = send("brief", 1);
    while (!event.kind) worker->run_ready();
    EXPECT_LE(counted(observe::Metric::preempted) - before, 4U) << "of 30 that want a turn";
  }
  serve();
}

}  // namespace
}  // namespace mote::serve
