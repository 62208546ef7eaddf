// Exporting: a thread that sends what was observed when its time comes, as the OTEL_… variables say (observe/otlp.h), and a last
// time at its end.
//
// Spans and lines are handed to exporter() by any thread; metrics are read from the registry. While they do not arrive, spans and
// lines wait, within their limits, and are tried again after pauses that double, up to a minute. Tested by exporting_test.cpp.
#pragma once

#include "base/io/thread.h"
#include "platform/observe/otlp.h"
#include "platform/otlp/sender.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace mote::otlp {

class Exporting {
 public:
  struct Settings {
    observe::OtlpSettings otlp;
    std::string version;                          // this build's
    const observe::Registry* registry = nullptr;  // outlives it
    observe::Shard* shard = nullptr;              // its thread's own: what failed and what was dropped is counted there
    observe::OtlpSender send = {};                // empty: over the network
    // Told by its thread when a signal ("traces", "metrics", "logs") begins to fail, with the reason, and when it arrives again,
    // without.
    std::function<void(std::string_view signal, std::string_view reason)> told = {};
  };
  // Errors: the certificate's file.
  [[nodiscard]] static Result<std::unique_ptr<Exporting>> start(Settings settings);
  Exporting(const Exporting&) = delete;
  Exporting& operator=(const Exporting&) = delete;
  ~Exporting();  // after one more try

  [[nodiscard]] observe::OtlpExporter& exporter() { return exporter_; }

 private:
  Exporting(Settings settings, std::unique_ptr<tls::Context> tls, uint64_t start_ns);
  void run();
  [[nodiscard]] bool send_batches();
  void send_metrics();
  void note(size_t signal, const std::optional<Error>& failure);

  Settings settings_;
  std::unique_ptr<tls::Context> tls_;
  uint64_t start_ns_;  // since 1970: from when on counters count
  observe::OtlpExporter exporter_;
  bool fails_[3] = {};
  uint64_t dropped_ = 0;  // of what the exporter dropped, what is counted
  std::mutex mutex_;      // of is_over_
  std::condition_variable changed_;
  bool is_over_ = false;
  std::optional<io::Thread> thread_;
};

}  // namespace mote::otlp
