// The Prometheus text: every line by the grammar of the format, histograms that add up, names escaped.
#include "platform/observe/prometheus.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace mote::observe {
namespace {

TEST(Prometheus, IsWellFormed) {
  Registry registry(2);
  const uint32_t hello = registry.component("hello").value();
  registry.shard(0).event(hello, TriggerLabel::http, Outcome::answered);
  registry.shard(1).event(hello, TriggerLabel::http, Outcome::answered);
  registry.shard(0).record(hello, Metric::event_duration, 100'000);
  registry.shard(0).record(hello, Metric::event_duration, 90'000'000'000);
  registry.shard(0).add(hello, Metric::cpu, 1'500'000'000);
  registry.shard(0).add(server_scope, Metric::connections, -2);
  const std::string text = prometheus_text(registry.snapshot(), {.cpu_seconds = 1.5, .resident_bytes = 4096}, "1.0");
  const std::regex help("# HELP [a-z_]+ .+"), type("# TYPE [a-z_]+ (counter|gauge|histogram)"),
      sample(R"re([a-z_]+(\{[a-z0-9_]+="([^"\\]|\\.)*"(,[a-z0-9_]+="([^"\\]|\\.)*")*\})? (-?[0-9.]+|\+Inf))re");
  std::istringstream lines(text);
  std::map<std::string, int> seen;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::regex_match(line, help) || std::regex_match(line, type) || std::regex_match(line, sample)) << line;
    EXPECT_EQ(++seen[line.substr(0, line.rfind(' '))], 1) << line;
  }
  for (const std::string_view line : {
           "mote_build_info{version=\"1.0\"} 1\n",
           "# TYPE mote_events_total counter\nmote_events_total{component=\"hello\",trigger=\"http\",outcome=\"answered\"} 2\n",
           "mote_event_duration_seconds_bucket{component=\"hello\",le=\"0.000065536\"} 0\n",
           "mote_event_duration_seconds_bucket{component=\"hello\",le=\"0.000131072\"} 1\n",
           "mote_event_duration_seconds_bucket{component=\"hello\",le=\"+Inf\"} 2\n",
           "mote_event_duration_seconds_count{component=\"hello\"} 2\n",
           "mote_event_duration_seconds_sum{component=\"hello\"} 90.000100000\n",
           "mote_event_duration_seconds_quantile{component=\"hello\",quantile=\"0.5\"} 0.000099",
           "faas_cpu_usage_seconds_total{component=\"hello\"} 1.500000000\n",
           "mote_connections -2\n",
           "process_resident_memory_bytes 4096\n",
       })
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  EXPECT_EQ(text.find("trigger=\"mqtt\""), std::string::npos);  // of pairs only what there was
}

TEST(Prometheus, EscapesNames) {
  Registry registry(1);
  (void)registry.component("a\"b\\c\nd");
  EXPECT_NE(prometheus_text(registry.snapshot(), {}, "1").find("component=\"a\\\"b\\\\c\\nd\""), std::string::npos);
}

TEST(Prometheus, ThePageHasEveryMetric) {
  const std::string page = metrics_page();
  // tests/house compares it with docs/reference/metrics.md.
  if (const char* path = std::getenv("MOTE_METRICS_PAGE")) std::ofstream(path) << page;
  for (const MetricInfo& one : metrics())
    EXPECT_NE(page.find("`" + std::string(one.dotted) + "`"), std::string::npos) << one.dotted;
}

}  // namespace
}  // namespace mote::observe
