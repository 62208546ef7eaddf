// See exporting.h.
#include "platform/otlp/exporting.h"

#include "base/os/clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mote::otlp {
namespace {

enum Signal : uint8_t { traces, metrics, logs };
constexpr std::string_view names[] = {"traces", "metrics", "logs"};
constexpr uint64_t ns_per_ms = 1'000'000, longest_pause_ms = 60'000;

bool is_https(std::string_view url) {
  return url.starts_with("https://");
}

}  // namespace

Result<std::unique_ptr<Exporting>> Exporting::start(Settings settings) {
  const observe::OtlpSettings& otlp = settings.otlp;
  std::unique_ptr<tls::Context> tls;
  if (is_https(otlp.traces) || is_https(otlp.metrics) || is_https(otlp.logs)) {
    tls = TRY(tls::Context::client(otlp.certificate.empty() ? std::nullopt : std::optional(otlp.certificate)));
  }
  if (!settings.send) settings.send = network_sender(tls.get());
  std::unique_ptr<Exporting> made(new Exporting(std::move(settings), std::move(tls), os::now_ns(os::Clock::realtime)));
  made->thread_.emplace(TRY(io::Thread::start([self = made.get()] { self->run(); })));
  return made;
}

Exporting::Exporting(Settings settings, std::unique_ptr<tls::Context> tls, uint64_t start_ns)
    : settings_(std::move(settings)),
      tls_(std::move(tls)),
      start_ns_(start_ns),
      exporter_(settings_.otlp, settings_.version, settings_.send) {}

Exporting::~Exporting() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
}

void Exporting::run() {
  const auto now_ms = [] { return os::now_ns(os::Clock::monotonic) / ns_per_ms; };
  uint64_t pause = settings_.otlp.batch_delay_ms;
  uint64_t batches_at = now_ms() + settings_.otlp.batch_delay_ms, metrics_at = now_ms() + settings_.otlp.metrics_interval_ms;
  for (bool is_over = false; !is_over;) {
    const uint64_t next = std::min(batches_at, metrics_at), now = now_ms();
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(next - std::min(now, next)), [&] { return is_over_; });
      is_over = is_over_;
    }
    if (is_over || now_ms() >= batches_at) {
      const uint64_t usual = settings_.otlp.batch_delay_ms;
      pause = send_batches() ? usual : std::max(usual, std::min(2 * pause, longest_pause_ms));
      batches_at = now_ms() + pause;
    }
    if (is_over || now_ms() >= metrics_at) {
      send_metrics();
      metrics_at = now_ms() + settings_.otlp.metrics_interval_ms;
    }
  }
}

bool Exporting::send_batches() {
  const auto failures = exporter_.flush();
  note(traces, failures.traces);
  note(logs, failures.logs);
  const uint64_t dropped = exporter_.dropped();
  if (settings_.shard != nullptr && dropped != dropped_)
    settings_.shard->add(observe::server_scope, observe::Metric::export_dropped, static_cast<int64_t>(dropped - dropped_));
  dropped_ = dropped;
  return !failures.traces && !failures.logs;
}

void Exporting::send_metrics() {
  if (settings_.registry == nullptr || settings_.otlp.metrics.empty()) return;
  note(metrics, exporter_.send_metrics(settings_.registry->snapshot(), start_ns_, os::now_ns(os::Clock::realtime)).metrics);
}

void Exporting::note(size_t signal, const std::optional<Error>& failure) {
  if (failure && settings_.shard != nullptr)
    settings_.shard->add(observe::server_scope, observe::Metric::export_failures, 1, static_cast<unsigned>(signal));
  if (std::exchange(fails_[signal], failure.has_value()) == failure.has_value() || !settings_.told) return;
  settings_.told(names[signal], failure ? std::string_view(failure->message) : std::string_view());
}

}  // namespace mote::otlp
