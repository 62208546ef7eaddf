// Counting from several threads without a lock: what readers see adds up, components stay, nothing is allocated on the hot path.
#include "platform/observe/metrics.h"

#include "base/core/allocations_testing.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace mote::observe {
namespace {

TEST(Metrics, AddUpOverWorkers) {
  Registry registry(3);
  const uint32_t hello = registry.component("hello").value();
  EXPECT_EQ(registry.component("hello").value(), hello);
  std::vector<std::thread> workers;
  constexpr int events = 20'000;
  for (size_t i = 0; i < 3; ++i) {
    workers.emplace_back([&, i] {
      Shard& shard = registry.shard(i);
      for (int j = 0; j < events; ++j) {
        shard.event(hello, TriggerLabel::http, j % 10 == 0 ? Outcome::trapped : Outcome::answered);
        shard.record(hello, Metric::event_duration, 1000);
        shard.add(hello, Metric::active, 1);
        shard.add(hello, Metric::active, -1);
      }
      shard.set(hello, Metric::memory, 100);
      shard.add(server_scope, Metric::http_requests, 5, 1);
    });
  }
  for (int i = 0; i < 20; ++i) {  // while they count, a look never goes back
    static uint64_t last = 0;
    const uint64_t now = registry.snapshot().find("hello")->sum(Metric::events);
    EXPECT_GE(now, last);
    last = now;
  }
  for (std::thread& worker : workers) worker.join();
  const Snapshot all = registry.snapshot();
  const Snapshot::Of& of = *all.find("hello");
  EXPECT_EQ(of.value(Metric::events, 0, static_cast<unsigned>(Outcome::answered)), 3u * events / 10 * 9);
  EXPECT_EQ(of.value(Metric::events, 0, static_cast<unsigned>(Outcome::trapped)), 3u * events / 10);
  EXPECT_EQ(of.value(Metric::events, 1, 0), 0u);
  EXPECT_EQ(of.sum(Metric::events), 3u * events);
  EXPECT_EQ(of.value(Metric::active), 0u);
  EXPECT_EQ(of.value(Metric::memory), 300u);
  EXPECT_EQ(of.histogram(Metric::event_duration).total, 3u * events);
  EXPECT_EQ(all.all[0].value(Metric::http_requests, 1), 15u);
  EXPECT_EQ(all.find("nosuch"), nullptr);
}

TEST(Metrics, ComponentsMayComeWhileOthersCount) {
  Registry registry(1);
  const uint32_t first = registry.component("c0").value();
  std::thread worker([&] {
    for (int i = 0; i < 50'000; ++i) registry.shard(0).record(first, Metric::event_duration, static_cast<uint64_t>(i));
  });
  for (int i = 1; i < 300; ++i) {
    const uint32_t index = registry.component("c" + std::to_string(i)).value();
    EXPECT_EQ(index, first + static_cast<uint32_t>(i));
  }
  worker.join();
  EXPECT_EQ(registry.snapshot().all.size(), 301u);
  EXPECT_EQ(registry.snapshot().find("c0")->histogram(Metric::event_duration).total, 50'000u);
}

TEST(Metrics, AreLimited) {
  Registry registry(0);
  for (uint64_t i = 0; i < limits::components.hard; ++i) ASSERT_TRUE(registry.component(std::to_string(i)));
  const auto one_more = registry.component("x");
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().kind, ErrorKind::limit);
  EXPECT_TRUE(registry.component("0"));
}

TEST(Metrics, AllocateNothingWhileCounting) {
  Registry registry(1);
  const uint32_t hello = registry.component("hello").value();
  Shard& shard = registry.shard(0);
  shard.record(hello, Metric::event_duration, 1);  // the first makes the histogram
  const uint64_t before = allocations;
  for (uint64_t i = 0; i < 1000; ++i) {
    shard.event(hello, TriggerLabel::mqtt, Outcome::answered);
    shard.record(hello, Metric::event_duration, i);
  }
  EXPECT_EQ(allocations, before);
}

TEST(Metrics, NamesAreThereOnce) {
  std::set<std::string_view> dotted, text;
  for (const MetricInfo& one : metrics()) {
    EXPECT_TRUE(dotted.insert(one.dotted).second) << one.dotted;
    EXPECT_TRUE(text.insert(one.text).second) << one.text;
    EXPECT_EQ(one.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << one.text;
    EXPECT_TRUE(one.unit != "s" || one.text.ends_with("_seconds")) << one.text;
  }
  EXPECT_EQ(info(Metric::events).values_count, 4u);
  EXPECT_EQ(info(Metric::events).values2_count, static_cast<uint32_t>(Outcome::unready) + 1);
}

}  // namespace
}  // namespace mote::observe
