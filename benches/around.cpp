// Times what a server does around an event besides running its guest: the program behind `./bench around`.
//
//   around [ROUNDS]
//
// Prints one JSON object a line: {"what", "ns"}, the median of the rounds. Exit status 2: misuse.
#include "base/os/clock.h"
#include "platform/manifest/route.h"
#include "platform/observe/log.h"
#include "platform/observe/prometheus.h"
#include "platform/observe/trace.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mote;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Runs `work` so often that a round takes about a millisecond, and prints the median of one run.
template <class Work>
void time(const char* what, uint64_t times, uint64_t rounds, Work work) {
  std::vector<double> figures;
  for (uint64_t round = 0; round < rounds; ++round) {
    const uint64_t begin = os::now_ns(os::Clock::monotonic);
    for (uint64_t i = 0; i < times; ++i) work(i);
    figures.push_back(static_cast<double>(os::now_ns(os::Clock::monotonic) - begin) / static_cast<double>(times));
  }
  std::ranges::nth_element(figures, figures.begin() + static_cast<ptrdiff_t>(figures.size() / 2));
  std::printf("{\"what\": \"%s\", \"ns\": %.1f}\n", what, figures[figures.size() / 2]);
}

void time_routes(uint64_t rounds) {
  for (const size_t count : {size_t{1}, size_t{10}, size_t{1000}}) {
    std::vector<manifest::Route> routes;
    for (size_t i = 0; i < count; ++i)
      routes.push_back(manifest::Route::parse("/v1/device" + std::to_string(i) + "/:id/readings/...").value());
    std::vector<const manifest::Route*> pointers;
    pointers.reserve(routes.size());
    for (const manifest::Route& route : routes) pointers.push_back(&route);
    const manifest::Router router("/", pointers);
    const std::string path = "/v1/device" + std::to_string(count / 2) + "/4711/readings/today";
    const std::string what = "match a path with a parameter, of " + std::to_string(count) + (count == 1 ? " route" : " routes");
    time(what.c_str(), 10'000, rounds, [&](uint64_t) { keep(router.match(path)); });
  }
}

void time_metrics(uint64_t rounds) {
  observe::Registry registry(2);
  std::vector<uint32_t> components;
  for (int i = 0; i < 10; ++i) components.push_back(registry.component("component-" + std::to_string(i)).value());
  observe::Shard& shard = registry.shard(0);
  time("count an event and its duration", 10'000, rounds, [&](uint64_t i) {
    shard.event(components[i % 10], observe::TriggerLabel::http, observe::Outcome::answered);
    shard.record(components[i % 10], observe::Metric::event_duration, 20'000 + i % 1000 * 100);
  });
  time("the text of /metrics, 10 components", 1, rounds,
       [&](uint64_t) { keep(observe::prometheus_text(registry.snapshot(), {}, "1")); });
}

void time_traces(uint64_t rounds) {
  const std::string_view parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  time("read traceparent", 10'000, rounds, [&](uint64_t) { keep(observe::TraceContext::parse(parent)); });
}

void time_lines(uint64_t rounds) {
  const observe::LogLine line{.time_ns = 1'795'698'300'123'000'000,
                              .component = "telemetry",
                              .event = "4711",
                              .stream = observe::LogStream::guest_stderr,
                              .text = "temperature of sensor 17 is above 80 degrees"};
  time("a line of the log as JSON", 1000, rounds, [&](uint64_t) { keep(observe::log_text(line, observe::LogFormat::json)); });
}

}  // namespace

int main(int count, char** words) {
  const uint64_t rounds = count == 2 ? std::strtoull(words[1], nullptr, 10) : 101;
  if (count > 2 || rounds == 0) {
    std::fprintf(stderr, "usage: around [ROUNDS]\n");
    return 2;
  }
  time_routes(rounds);
  time_metrics(rounds);
  time_traces(rounds);
  time_lines(rounds);
}
