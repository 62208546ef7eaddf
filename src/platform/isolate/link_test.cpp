// Events to a process that serves them, and to one that lies, is silent, or dies: each is told of once.
#include "platform/isolate/link.h"

#include "base/os/channel.h"
#include "base/os/clock.h"
#include "base/os/socket.h"
#include "platform/isolate/house.h"
#include "platform/isolate/limits.h"
#include "platform/serve/serve_testing.h"

#include <deque>
#include <thread>

namespace mote::isolate {
namespace {

using serve::must;
using serve::TestEvent;
using Kind = trigger::Outcome::Kind;

class LinkTest : public testing::Test {
 protected:
  void make(CellSettings settings = {}) {
    settings.name = "guest", settings.observed = must(registry.component("guest"));
    settings.arguments = {"guest"};
    cell = std::make_shared<const Cell>(std::move(settings));
    link.emplace(*loop, registry.shard(0), cell);
  }
  // The other end, that of the component's process.
  os::File connect() {
    auto ends = os::connected_pair(os::Pair::stream).value();
    must(link->connect(std::move(ends.first)));
    return std::move(ends.second);
  }
  TestEvent& send(const std::string& text) {
    TestEvent& event = events.emplace_back(text);
    event.id = events.size();
    link->dispatch(0, event);
    return event;
  }
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < end) {
      loop->poll();
      std::this_thread::yield();
    }
    EXPECT_TRUE(done());
  }
  static void say(const os::File& to, Bytes frame) {
    Frame all(sizeof(uint32_t));
    store_le(all.data(), static_cast<uint32_t>(frame.size()));
    all.insert(all.end(), frame.begin(), frame.end());
    ASSERT_TRUE(os::send_some(to.descriptor(), all));
  }
  static Frame outcome(uint64_t id) {
    Frame frame;
    encode(OutcomeFrame{.id = id}, frame);
    return frame;
  }
  int64_t active() const { return static_cast<int64_t>(registry.snapshot().find("guest")->value(observe::Metric::active)); }

  std::unique_ptr<io::Loop> loop = must(io::Loop::create());
  observe::Registry registry{1};
  std::shared_ptr<const Cell> cell;
  std::deque<TestEvent> events;  // outlive the link
  std::optional<Link> link;
};

TEST_F(LinkTest, AHouseServesItsEvents) {
  std::vector<std::string> log;
  make({.log = [&](uint64_t, std::string_view messages, std::string_view failure) {
    log.push_back(std::string(messages) + "|" + std::string(failure.substr(0, 4)));
  }});
  os::File other = connect();
  observe::Registry its_registry{1};
  std::thread house([&] {
    serve::ComponentSettings settings;
    settings.observed = must(its_registry.component("guest"));
    std::vector<os::File> channels;
    channels.push_back(std::move(other));
    must(keep_house({.deployment = {{serve::test_component(std::move(settings))}}, .registry = its_registry}, std::move(channels)));
  });
  TestEvent& good = send("event");
  TestEvent& large = send(std::string(50'000, 'e'));
  TestEvent& trap = send("t");
  TestEvent& exit = send("x");
  TestEvent& message = send("m");
  until([&] { return link->is_idle(); });
  EXPECT_EQ(good.kind, Kind::answered);
  EXPECT_EQ(good.answer, "event");
  EXPECT_EQ(large.answer.size(), 50'000u);
  EXPECT_EQ(trap.kind, Kind::trapped);
  EXPECT_NE(trap.text.find("unreachable"), std::string::npos);
  EXPECT_EQ(exit.kind, Kind::exited);
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_EQ(message.messages, "m");
  EXPECT_EQ(log.size(), 3u) << "two failures and a message";
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(registry.snapshot().find("guest")->sum(observe::Metric::events), 5u);
  send("s");  // what has begun is served when the server wants no more of it
  link.reset();
  house.join();
  EXPECT_EQ(events.back().kind, Kind::lost);
}

TEST_F(LinkTest, WithoutAProcessEventsAreRefused) {
  make();
  EXPECT_EQ(send("a").kind, Kind::unavailable);
  EXPECT_EQ(events.back().retry_after_s, 1u);
}

TEST_F(LinkTest, WhatIsUnderWayIsLostWithTheProcess) {
  make();
  os::File other = connect();
  TestEvent& one = send("a");
  TestEvent& two = send("b");
  EXPECT_EQ(active(), 2);
  other = {};
  until([&] { return link->is_idle(); });
  EXPECT_EQ(one.kind, Kind::lost);
  EXPECT_EQ(two.kind, Kind::lost);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(send("c").kind, Kind::unavailable);
  other = connect();
  TestEvent& again = send("d");
  say(other, outcome(again.id));
  until([&] { return link->is_idle(); });
  EXPECT_EQ(again.kind, Kind::answered) << "another process takes its place";
}

TEST_F(LinkTest, OneDeathIsOneFailure) {
  make({.crash = {.failures = 2, .back_off_ns = 60'000'000'000}});
  for (int death = 0; death < 2; ++death) {
    os::File other = connect();
    for (int i = 0; i < 5; ++i) send("a");
    other = {};
    until([&] { return link->is_idle(); });
    EXPECT_EQ(cell->health.refused_for_ns(os::now_ns(os::Clock::monotonic)) != 0, death == 1);
  }
  const os::File other = connect();
  EXPECT_EQ(send("b").kind, Kind::unavailable);
  EXPECT_GT(events.back().retry_after_s, 1u);
}

TEST_F(LinkTest, WhatIsNoOutcomeEndsIt) {
  make();
  const Frame nonsense[] = {{}, {9, 9, 9}, Frame(100, 2), [] {
                              Frame frame;
                              encode(EventFrame{.id = 1}, frame);
                              return frame;
                            }()};
  for (const Frame& frame : nonsense) {
    const os::File other = connect();
    TestEvent& event = send("a");
    say(other, frame);
    until([&] { return event.kind.has_value(); });
    EXPECT_EQ(event.kind, Kind::lost);
    EXPECT_EQ(send("b").kind, Kind::unavailable);
  }
  const os::File other = connect();
  TestEvent& event = send("a");
  const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0};
  ASSERT_TRUE(os::send_some(other.descriptor(), huge));
  until([&] { return event.kind.has_value(); });
  EXPECT_EQ(event.kind, Kind::lost) << "no room is made for what it only says is coming";
}

TEST_F(LinkTest, OutcomesOfOtherEventsAreNone) {
  make();
  const os::File other = connect();
  TestEvent& event = send("a");
  say(other, outcome(12345));
  say(other, outcome(event.id));
  say(other, outcome(event.id));
  until([&] { return link->is_idle(); });
  EXPECT_EQ(event.kind, Kind::answered);
  EXPECT_EQ(active(), 0);
}

TEST_F(LinkTest, SilenceEndsWithTheTime) {
  int stuck = 0;
  make({.deadline_ns = 1'000'000, .is_stuck = [&] { ++stuck; }});
  const os::File other = connect();
  TestEvent& event = send("a");
  until([&] { return event.kind.has_value(); });
  EXPECT_EQ(event.kind, Kind::lost);
  EXPECT_EQ(stuck, 1);
  EXPECT_EQ(send("b").kind, Kind::unavailable);
}

TEST_F(LinkTest, NoMoreThanMayBeAreUnderWay) {
  make({.most = 3});
  const os::File other = connect();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(send("a").kind);
  EXPECT_EQ(send("b").kind, Kind::busy);
}

TEST_F(LinkTest, WhatIsNotTakenIsBounded) {
  make({.most = 1'000'000});
  const os::File other = connect();
  const std::string large(16 << 20, 'a');
  size_t taken = 0;
  while (taken < 100 && !send(large).kind) ++taken;
  EXPECT_EQ(events.back().kind, Kind::busy);
  EXPECT_LE(taken * large.size(), limits::unsent.hard + 2 * large.size());
}

}  // namespace
}  // namespace mote::isolate
