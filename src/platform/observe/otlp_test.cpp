// OTLP: bytes as the protocol's definition has them (read back here by field numbers), the standard variables, and what happens to
// what could not be sent.
#include "platform/observe/otlp.h"

#include "platform/observe/protobuf.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <map>

namespace mote::observe {
namespace {

// Any protocol buffer as a list of fields; nothing when it is none.
struct Field {
  uint32_t number;
  uint64_t value;  // varint, fixed64
  std::string bytes;
};
std::vector<Field> fields(std::string_view text) {
  std::vector<Field> all;
  const auto varint = [&] {
    uint64_t value = 0;
    for (unsigned shift = 0; !text.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(text[0]);
      text.remove_prefix(1);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (!text.empty()) {
    const uint64_t tag = varint();
    Field field{static_cast<uint32_t>(tag >> 3), 0, {}};
    const unsigned type = tag & 7;
    EXPECT_TRUE(type <= 2) << type;
    if (type == 0) field.value = varint();
    const size_t size = type == 1 ? 8 : type == 2 ? varint() : 0;
    EXPECT_LE(size, text.size());
    if (size > text.size() || type > 2) return all;
    field.bytes = text.substr(0, size);
    if (type == 1) std::memcpy(&field.value, field.bytes.data(), 8);
    text.remove_prefix(size);
    all.push_back(std::move(field));
  }
  return all;
}
// The nth field of a number, by a path of numbers.
std::vector<Field> at(std::string text, std::initializer_list<uint32_t> path) {
  std::vector<Field> found;
  std::vector<std::string> now = {std::move(text)};
  for (const uint32_t number : path) {
    found.clear();
    for (const std::string& one : now) {
      for (Field& field : fields(one)) {
        if (field.number == number) found.push_back(std::move(field));
      }
    }
    now.clear();
    for (const Field& field : found) now.push_back(field.bytes);
  }
  return found;
}

Result<OtlpSettings> settings(std::map<std::string, std::string, std::less<>> set) {
  return OtlpSettings::read(
      [&](std::string_view name) -> std::optional<std::string> {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
      },
      "shop");
}

TEST(OtlpSettings, AreOffUntilAnEndpointIsSet) {
  EXPECT_FALSE(settings({})->is_on());
  EXPECT_FALSE(settings({{"OTEL_SDK_DISABLED", "True"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}})->is_on());
  const auto all = settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318/"},
                             {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://logs/x"},
                             {"OTEL_METRICS_EXPORTER", "none"},
                             {"OTEL_EXPORTER_OTLP_HEADERS", "api-key = a%20b,x=1"},
                             {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,host.name=edge"},
                             {"OTEL_SERVICE_NAME", "mine"},
                             {"OTEL_EXPORTER_OTLP_TIMEOUT", "500"}});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->traces, "http://h:4318/v1/traces");
  EXPECT_EQ(all->logs, "https://logs/x");
  EXPECT_EQ(all->metrics, "");
  EXPECT_EQ(all->headers[0], (std::pair<std::string, std::string>("api-key", "a b")));
  EXPECT_EQ(all->resource[0].second, "mine");
  EXPECT_EQ(all->timeout_ms, 500u);
  EXPECT_EQ(settings({})->resource[0].second, "shop");
}

TEST(OtlpSettings, NameTheVariableThatIsWrong) {
  const auto error = [](std::string name, std::string value) {
    const auto read = settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}, {name, value}});
    EXPECT_FALSE(read) << name;
    EXPECT_NE(read ? std::string::npos : read.error().message.find(name), std::string::npos) << (read ? "" : read.error().message);
  };
  error("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
  error("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json");
  error("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "h:4318");
  error("OTEL_EXPORTER_OTLP_HEADERS", "nothing");
  error("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0ac");
  error("OTEL_EXPORTER_OTLP_TIMEOUT", "soon");
  error("OTEL_TRACES_SAMPLER", "sometimes");
  error("OTEL_LOGS_EXPORTER", "console");
}

TEST(Sampler, Decides) {
  const auto sampler = [](std::string kind, std::string ratio) {
    return settings({{"OTEL_TRACES_SAMPLER", kind}, {"OTEL_TRACES_SAMPLER_ARG", ratio}})->sampler;
  };
  TraceContext low, high;
  high.trace.fill(0xff);
  high.flags = 1;
  EXPECT_TRUE(settings({})->sampler.samples(low, false));
  EXPECT_FALSE(settings({})->sampler.samples(low, true));  // the parent said no
  EXPECT_TRUE(sampler("parentbased_always_off", "").samples(high, true));
  EXPECT_FALSE(sampler("always_off", "").samples(high, true));
  EXPECT_TRUE(sampler("traceidratio", "0.5").samples(low, false));
  EXPECT_FALSE(sampler("traceidratio", "0.5").samples(high, false));
  EXPECT_TRUE(sampler("traceidratio", "1").samples(high, false));
  EXPECT_FALSE(sampler("traceidratio", "0").samples(low, false));
}

TEST(Otlp, SpansAreAsTheProtocolHasThem) {
  const auto set = settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}}).value();
  Span span{.context = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1"),
            .name = "GET /a",
            .start_ns = 10,
            .end_ns = 20};
  span.parent.fill(7);
  span.attributes = {{"http.route", std::string("/a")}, {"http.response.status_code", int64_t{200}}, {"ok", true}, {"share", 0.5}};
  span.has_failed = true;
  span.failure = "trap";
  const std::string body = encode_spans(set, "1.0", std::span(&span, 1));
  EXPECT_EQ(at(body, {1, 1, 1, 1})[0].bytes, "service.name");
  EXPECT_EQ(at(body, {1, 1, 1, 2, 1})[0].bytes, "shop");
  EXPECT_EQ(at(body, {1, 2, 1, 1})[0].bytes, "mote");
  EXPECT_EQ(at(body, {1, 2, 1, 2})[0].bytes, "1.0");
  EXPECT_EQ(at(body, {1, 2, 2, 1})[0].bytes.size(), 16u);
  EXPECT_EQ(at(body, {1, 2, 2, 2})[0].bytes.size(), 8u);
  EXPECT_EQ(at(body, {1, 2, 2, 3})[0].bytes, "a=1");
  EXPECT_EQ(at(body, {1, 2, 2, 4})[0].bytes, std::string(8, '\7'));
  EXPECT_EQ(at(body, {1, 2, 2, 5})[0].bytes, "GET /a");
  EXPECT_EQ(at(body, {1, 2, 2, 6})[0].value, 2u);
  EXPECT_EQ(at(body, {1, 2, 2, 7})[0].value, 10u);
  EXPECT_EQ(at(body, {1, 2, 2, 8})[0].value, 20u);
  EXPECT_EQ(at(body, {1, 2, 2, 9}).size(), 4u);
  EXPECT_EQ(at(body, {1, 2, 2, 9, 2, 1})[0].bytes, "/a");
  EXPECT_EQ(at(body, {1, 2, 2, 9, 2, 3})[0].value, 200u);
  EXPECT_EQ(at(body, {1, 2, 2, 9, 2, 2})[0].value, 1u);
  EXPECT_EQ(at(body, {1, 2, 2, 9, 2, 4})[0].value, std::bit_cast<uint64_t>(0.5));
  EXPECT_EQ(at(body, {1, 2, 2, 15, 2})[0].bytes, "trap");
  EXPECT_EQ(at(body, {1, 2, 2, 15, 3})[0].value, 2u);
}

TEST(Otlp, MetricsAreAsTheProtocolHasThem) {
  Registry registry(1);
  const uint32_t hello = registry.component("hello").value();
  registry.shard(0).event(hello, TriggerLabel::timer, Outcome::answered);
  registry.shard(0).record(hello, Metric::event_duration, 20'000);
  registry.shard(0).add(server_scope, Metric::connections, 3);
  const std::string body = encode_metrics({}, "1", registry.snapshot(), 5, 6);
  size_t sums = 0, gauges = 0, histograms = 0;
  for (const Field& metric : at(body, {1, 2, 2})) {
    const std::string name = at(metric.bytes, {1})[0].bytes;
    EXPECT_FALSE(at(metric.bytes, {3})[0].bytes.empty()) << name;
    sums += at(metric.bytes, {7}).size(), gauges += at(metric.bytes, {5}).size(), histograms += at(metric.bytes, {9}).size();
    if (name == "mote.events") {
      ASSERT_EQ(at(metric.bytes, {7, 1}).size(), 1u);  // of pairs only what there was
      EXPECT_EQ(at(metric.bytes, {7, 1, 6})[0].value, 1u);
      EXPECT_EQ(at(metric.bytes, {7, 1, 7, 2, 1})[1].bytes, "timer");
      EXPECT_EQ(at(metric.bytes, {7, 2})[0].value, 2u);
      EXPECT_EQ(at(metric.bytes, {7, 3})[0].value, 1u);
    }
    if (name == "mote.event.duration") {
      EXPECT_EQ(at(metric.bytes, {9, 1, 4})[0].value, 1u);
      const std::string counts = at(metric.bytes, {9, 1, 6})[0].bytes, bounds = at(metric.bytes, {9, 1, 7})[0].bytes;
      EXPECT_EQ(counts.size(), bounds.size() + 8);  // one more: what is above all bounds
      EXPECT_EQ(counts[8], 1);                      // 20 us: above 16.384 us
      EXPECT_EQ(at(metric.bytes, {9, 1, 2})[0].value, 5u);
    }
    EXPECT_TRUE(name != "mote.connections" || at(metric.bytes, {5, 1, 6})[0].value == 3u);
  }
  EXPECT_EQ(sums + gauges + histograms, metric_count);
}

TEST(Otlp, LogsAreAsTheProtocolHasThem) {
  const LogLine line{.time_ns = 7,
                     .component = "hello",
                     .event = "e1",
                     .stream = LogStream::guest_stderr,
                     .level = LogLevel::warning,
                     .text = "hi",
                     .trace = "4bf92f3577b34da6a3ce929d0e0e4736"};
  const std::string body = encode_logs({}, "1", std::span(&line, 1));
  EXPECT_EQ(at(body, {1, 2, 2, 1})[0].value, 7u);
  EXPECT_EQ(at(body, {1, 2, 2, 2})[0].value, 13u);
  EXPECT_EQ(at(body, {1, 2, 2, 3})[0].bytes, "warning");
  EXPECT_EQ(at(body, {1, 2, 2, 5, 1})[0].bytes, "hi");
  EXPECT_EQ(at(body, {1, 2, 2, 6, 1})[1].bytes, "event");
  EXPECT_EQ(at(body, {1, 2, 2, 9})[0].bytes.size(), 16u);
}

TEST(OtlpExporter, TriesAgainWithinLimits) {
  const auto set = settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}}).value();
  bool is_down = true;
  size_t requests = 0, spans = 0;
  OtlpExporter exporter(set, "1", [&](const OtlpRequest& request) -> Result<void> {
    ++requests;
    if (is_down) return fail(ErrorKind::unavailable, "down");
    if (request.url.ends_with("/v1/traces")) spans += at(request.body, {1, 2, 2}).size();
    return {};
  });
  Span span{.context = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), .name = "x"};
  for (int i = 0; i < 1300; ++i) exporter.add(span);
  span.context.flags = 0;
  exporter.add(span);  // not sampled
  exporter.add(LogLine{.text = "x"});
  const auto failed = exporter.flush();
  EXPECT_EQ(failed.traces->message, "down");
  EXPECT_TRUE(failed.logs);
  EXPECT_EQ(requests, 2u);
  is_down = false;
  EXPECT_FALSE(exporter.flush().traces);
  EXPECT_EQ(spans, 1300u);
  EXPECT_EQ(requests, 2u + 3u + 1u);
  EXPECT_EQ(exporter.dropped(), 0u);
  span.context.flags = 1;
  for (uint64_t i = 0; i < limits::spans.standard + 5; ++i) exporter.add(span);
  EXPECT_EQ(exporter.dropped(), 5u);
  EXPECT_FALSE(exporter.send_metrics(Registry(1).snapshot(), 1, 2).metrics);
}

}  // namespace
}  // namespace mote::observe
