// The thread that exports: batches and metrics when their time comes, a last time at the end, and who is told of failures.
#include "platform/otlp/exporting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

namespace mote::otlp {
namespace {

struct Other {  // side: what it got, and whether it is there
  std::mutex mutex;
  std::map<std::string, int> got;
  bool is_down = false;
  Result<void> take(const observe::OtlpRequest& request) {
    const std::lock_guard lock(mutex);
    if (is_down) return fail(ErrorKind::unavailable, "down");
    ++got[request.url.substr(request.url.rfind('/') + 1)];
    return {};
  }
  int count(const std::string& signal) {
    const std::lock_guard lock(mutex);
    return got[signal];
  }
  bool until(const std::string& signal, int least) {
    for (int i = 0; i < 5000 && count(signal) < least; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return count(signal) >= least;
  }
};

observe::OtlpSettings settings(uint64_t batch_ms, uint64_t metrics_ms) {
  observe::OtlpSettings made{.traces = "http://h/v1/traces", .metrics = "http://h/v1/metrics", .logs = "http://h/v1/logs"};
  made.batch_delay_ms = batch_ms;
  made.metrics_interval_ms = metrics_ms;
  return made;
}

TEST(Exporting, SendsWhenItsTimeComes) {
  Other other;
  const observe::Registry registry(1);
  const auto exporting = Exporting::start({.otlp = settings(5, 20),
                                           .version = "1",
                                           .registry = &registry,
                                           .send = [&](const auto& request) { return other.take(request); }})
                             .value();
  exporting->exporter().add(observe::LogLine{.text = "x"});
  EXPECT_TRUE(other.until("logs", 1));
  EXPECT_TRUE(other.until("metrics", 3));
  EXPECT_EQ(other.count("traces"), 0);
}

TEST(Exporting, TriesOnceMoreAtItsEnd) {
  Other other;
  const observe::Registry registry(1);
  {
    const auto exporting = Exporting::start({.otlp = settings(3'600'000, 3'600'000),
                                             .registry = &registry,
                                             .send = [&](const auto& request) { return other.take(request); }})
                               .value();
    exporting->exporter().add(observe::LogLine{.text = "x"});
  }
  EXPECT_EQ(other.count("logs"), 1);
  EXPECT_EQ(other.count("metrics"), 1);
}

TEST(Exporting, TellsWhenItBeginsToFailAndWhenItIsWellAgain) {
  Other other;
  other.is_down = true;
  const observe::Registry registry(1);
  std::vector<std::string> told;
  {
    const auto exporting = Exporting::start({.otlp = settings(3'600'000, 2),
                                             .registry = &registry,
                                             .send = [&](const auto& request) { return other.take(request); },
                                             .told =
                                                 [&](std::string_view signal, std::string_view reason) {
                                                   told.push_back(std::string(signal) + " " + std::string(reason));
                                                 }})
                               .value();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    {
      const std::lock_guard lock(other.mutex);
      other.is_down = false;
    }
    EXPECT_TRUE(other.until("metrics", 2));
  }
  EXPECT_EQ(told, (std::vector<std::string>{"metrics down", "metrics "}));
}

TEST(Exporting, CountsWhatFailsAndWhatItDrops) {
  Other other;
  other.is_down = true;
  observe::Registry registry(1);
  {
    const auto exporting = Exporting::start({.otlp = settings(3'600'000, 3'600'000),
                                             .registry = &registry,
                                             .shard = &registry.shard(0),
                                             .send = [&](const auto& request) { return other.take(request); }})
                               .value();
    for (uint64_t i = 0; i < observe::limits::log_records.standard + 3; ++i)
      exporting->exporter().add(observe::LogLine{.text = "x"});
  }
  const observe::Snapshot seen = registry.snapshot();
  EXPECT_EQ(seen.find("")->value(observe::Metric::export_dropped), 3u);
  EXPECT_EQ(seen.find("")->value(observe::Metric::export_failures, 2), 1u);  // logs, by names.def
  EXPECT_EQ(seen.find("")->value(observe::Metric::export_failures, 0), 0u);  // there were no spans
}

// Tried 5, 15, 35, 75 ms after the start, …, not each 5 ms.
TEST(Exporting, WaitsLongerWhileNobodyTakesIt) {
  observe::Registry registry(1);
  std::atomic<int> tries = 0;
  const auto exporting = Exporting::start({.otlp = settings(5, 3'600'000),
                                           .registry = &registry,
                                           .send = [&](const observe::OtlpRequest&) -> Result<void> {
                                             ++tries;
                                             return fail(ErrorKind::unavailable, "down");
                                           }})
                             .value();
  exporting->exporter().add(observe::LogLine{.text = "x"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_GE(tries, 1);
  EXPECT_LE(tries, 7);
}

TEST(Exporting, NeedsItsCertificate) {
  observe::OtlpSettings made{.traces = "https://h/v1/traces"};
  made.certificate = "/nosuch.pem";
  const auto exporting = Exporting::start({.otlp = made});
  ASSERT_FALSE(exporting);
  EXPECT_NE(exporting.error().message.find("/nosuch.pem"), std::string::npos) << exporting.error().message;
}

}  // namespace
}  // namespace mote::otlp
