// Traces, metrics and logs by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/), as binary protocol buffers, set up by the
// standard environment variables; nothing is sent unless one of them names an endpoint. The sender is handed in: this room opens no
// socket. Tested by otlp_test.cpp.
#pragma once

#include "platform/observe/log.h"
#include "platform/observe/metrics.h"
#include "platform/observe/trace.h"

#include <mote/result.h>

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::observe {

struct Sampler {
  enum class Kind : uint8_t { always, never, ratio } kind = Kind::always;
  double ratio = 1;
  bool follows_parent = true;
  // For a trace that begins here, or (with a parent) goes on here.
  [[nodiscard]] bool samples(const TraceContext& context, bool has_parent) const;
};

struct OtlpSettings {
  std::string traces, metrics, logs;  // addresses; empty: this signal is not sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> resource;  // attributes, service.name among them
  std::string certificate;                                    // a file: whom to believe; empty: whom this machine believes
  uint64_t timeout_ms = 10'000, metrics_interval_ms = 60'000, batch_delay_ms = 5000;
  Sampler sampler;
  [[nodiscard]] bool is_on() const { return !traces.empty() || !metrics.empty() || !logs.empty(); }

  // OTEL_…: EXPORTER_OTLP_ENDPOINT and that of each signal, _HEADERS, _TIMEOUT, _CERTIFICATE, _PROTOCOL (http/protobuf alone),
  // SERVICE_NAME, RESOURCE_ATTRIBUTES, SDK_DISABLED, TRACES_SAMPLER(_ARG), METRIC_EXPORT_INTERVAL, BSP_SCHEDULE_DELAY,
  // TRACES_/METRICS_/LOGS_EXPORTER. Errors name the variable.
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
  [[nodiscard]] static Result<OtlpSettings> read(const Lookup& environment, std::string_view service_name);
};

// The bodies of requests. `service_version` is this build's.
[[nodiscard]] std::string encode_spans(const OtlpSettings& settings, std::string_view service_version, std::span<const Span> spans);
[[nodiscard]] std::string encode_metrics(const OtlpSettings& settings, std::string_view service_version, const Snapshot& snapshot,
                                         uint64_t start_ns, uint64_t now_ns);
[[nodiscard]] std::string encode_logs(const OtlpSettings& settings, std::string_view service_version,
                                      std::span<const LogLine> lines);

struct OtlpRequest {
  std::string url;
  std::string body;  // content-type: application/x-protobuf
  std::vector<std::pair<std::string, std::string>> headers;
  uint64_t timeout_ms = 0;
};
inline constexpr std::string_view otlp_content_type = "application/x-protobuf";
// Succeeds when the other side took it (2xx).
using OtlpSender = std::function<Result<void>(const OtlpRequest& request)>;

// Holds what is to be sent, within limits, and sends it when told to: from a thread that may wait. add() is for any thread.
class OtlpExporter {
 public:
  OtlpExporter(OtlpSettings settings, std::string version, OtlpSender send)
      : settings_(std::move(settings)), version_(std::move(version)), send_(std::move(send)) {}

  void add(Span span);
  void add(const LogLine& line);
  // What did not arrive is tried again with the next flush, as far as there is room. Returns the first failure of each signal.
  struct Failures {
    std::optional<Error> traces, logs, metrics;
  };
  Failures flush();
  Failures send_metrics(const Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns);
  [[nodiscard]] uint64_t dropped() const;  // spans and lines for which there was no room
  [[nodiscard]] const OtlpSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] Result<void> send(const std::string& url, std::string body) const;

  OtlpSettings settings_;
  std::string version_;
  OtlpSender send_;
  mutable std::mutex mutex_;
  std::deque<Span> spans_;
  std::deque<LogLine> lines_;
  uint64_t dropped_ = 0;
};

}  // namespace mote::observe
