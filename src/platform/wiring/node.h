// Node: a running server: workers on threads of their own, each with its loop, its HTTP server and its seats; one watchdog for all.
//
// The caller's thread deploys, replaces and ends; it waits for the workers, they never for it. Tested by tests/up.
#pragma once

#include "base/http/server.h"
#include "base/io/thread.h"
#include "base/os/file.h"
#include "host/running/event_watchdog.h"
#include "platform/observe/otlp.h"
#include "platform/wiring/deploy.h"
#include "platform/wiring/timers.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::tls {
class Context;
}

namespace mote::wiring {

class Node {
 public:
  struct Settings {
    std::vector<os::File> listeners;  // one for each worker
    http::ServerLimits http;
    tls::Context* tls = nullptr;            // outlives the node
    observe::Registry* registry = nullptr;  // outlives it; has a shard for each worker
    bool pins = false;                      // each worker to a core of its own
    GuestLog log;                           // and what the node itself has to say of a component
    Timers::Done on_timer = {};             // of timers without a topic for their answers
    // An answer to a message that goes to no topic; and what is to be said of the broker and of the outbox. By a worker's thread.
    std::function<void(std::string_view component, uint64_t event, std::string_view answer)> on_message = {};
    std::function<void(bool is_wrong, const std::string& text)> say = {};
    // Who takes the spans of events that the sampler chooses, from any worker's thread; empty: nothing is traced.
    std::function<void(observe::Span)> spans = {};
    observe::Sampler sampler = {};
  };
  // Serves when it returns. Errors: what a worker's start failed with.
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(std::shared_ptr<const Version> version, Settings settings);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();  // after drain(), which returned true

  // All workers have the new version when it returns; or, when one failed, the one before.
  [[nodiscard]] Result<void> replace(std::shared_ptr<const Version> version);
  [[nodiscard]] std::shared_ptr<const Version> version() const;
  [[nodiscard]] size_t workers() const { return lanes_.size(); }
  // Accepts no more, lets the requests that there are end, and the workers. False: they did not in that time, and go on.
  [[nodiscard]] bool drain(uint64_t within_ns);

  // Another process of an isolated component, with a channel for each worker.
  void connect(const std::shared_ptr<const isolate::Cell>& cell, std::vector<os::File> channels);

  // An event of a component, by its place in the deployment, with this input. `done` is called by a worker's thread.
  struct Reply {
    uint64_t event = 0;
    trigger::Outcome outcome;  // without bytes:
    std::string answer, messages, text;
  };
  void send(size_t place, std::string input, std::vector<std::pair<std::string, std::string>> variables,
            std::vector<std::string> arguments, std::function<void(const Reply&)> done);

  // Why the manifest's broker is not there; empty: it is, or there is none.
  [[nodiscard]] std::string broker_away() const;
  // Of all workers together.
  [[nodiscard]] http::ServerCounts http_counts() const;

 private:
  class Lane;
  class Sent;
  explicit Node(Settings settings);
  void set_broker_away(const std::string& why);

  Settings settings_;
  running::EventWatchdog watchdog_;
  std::optional<io::Thread> watchdog_thread_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  mutable std::mutex mutex_;  // guards the following
  std::shared_ptr<const Version> version_;
  std::string broker_away_;
};

}  // namespace mote::wiring
