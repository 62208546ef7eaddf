// Admin: what an operator's programs ask a running server, over HTTP at an address of its own that no guest can reach.
//
//   GET /                            the dashboard, a page for people (dashboard/dashboard.h)
//   GET /healthz, /livez, /readyz    200, or 503 with the reasons
//   GET /metrics                     Prometheus text
//   GET /api/status                  JSON: versions, workers, components with their figures, routes
//   GET /api/ps, /api/stats          what runs, and its figures, as tables for people
//   GET /api/logs?component=C&lines=N&after=K   the last lines, JSON: {"next": …, "lines": […]}; &format=text: "next K", then lines
//   POST /api/reload                 the manifest again; 200, or 422 with what is wrong
//   POST /api/trigger/NAME           an event of a command trigger: its body is stdin; answers with stdout
//   POST /api/stop                   ends the server as SIGTERM does
//
// What changes something is refused to web pages: a request with an Origin, or one that names another host (DNS rebinding). One
// thread, that of its loop. Tested by tests/up.
#pragma once

#include "base/http/exchange.h"
#include "base/io/loop.h"
#include "platform/observe/log.h"
#include "platform/observe/metrics.h"
#include "platform/observe/prometheus.h"
#include "platform/wiring/node.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::wiring {

class Admin final : public http::Handler {
 public:
  // All outlive it.
  struct Server {
    io::Loop& loop;
    Node& node;
    observe::Registry& registry;
    observe::Log& log;
    std::string program_version;  // "0.7.0"
    std::string address;          // where requests are served, for people
    int64_t started_ns = 0;       // since 1970
    std::function<observe::ProcessFacts()> process;
    std::function<Result<void>()> reload;
    std::function<void()> stop;
    std::function<std::vector<std::string>()> not_ready;  // the reasons
  };
  explicit Admin(Server server) : server_(std::move(server)) {}
  void on_request(http::Exchange& exchange) override;

 private:
  void get(http::Exchange& exchange, std::string_view path);
  void post(http::Exchange& exchange, std::string_view path);
  void answer_ready(http::Exchange& exchange);
  void answer_logs(http::Exchange& exchange);
  void reload(http::Exchange& exchange);
  void trigger(http::Exchange& exchange, std::string_view name);
  [[nodiscard]] std::string status_json() const;
  [[nodiscard]] std::string ps_text() const;
  [[nodiscard]] std::string stats_text() const;

  Server server_;
};

}  // namespace mote::wiring
