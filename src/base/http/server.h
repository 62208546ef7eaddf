// An HTTP server on one loop: HTTP/1.1, and with TLS HTTP/2 for clients that speak it. It starts no thread and shares nothing:
// whoever wants several threads makes a loop and a server for each, with listeners that share a port (os::Port::shared) or
// duplicates of one listener.
//
// How it works, its limits, and what it refuses: docs/internals/http.md. Tested by server_test.cpp, malformed_test.cpp,
// tls_server_test.cpp, http2_test.cpp, fuzz/http_server.cpp; timed by `./bench http`.
#pragma once

#include "base/http/exchange.h"
#include "base/http/limits.h"
#include "base/io/loop.h"
#include "base/os/file.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace mote::tls {
class Context;
}

namespace mote::http {

// Above the hard maximum of one (limits.h) create() refuses.
struct ServerLimits {
  uint64_t connections = limits::http_connections.standard;
  uint64_t head_size = limits::http_head_size.standard;
  uint64_t headers = limits::http_headers.standard;
  uint64_t target_size = limits::http_target_size.standard;
  uint64_t requests = limits::http_requests.standard;
  uint64_t streams = limits::http_streams.standard;
  uint64_t unread_size = limits::http_unread_size.standard;
  uint64_t output_size = limits::http_output_size.standard;
  uint64_t head_time_ms = limits::http_head_time.standard;
  uint64_t body_time_ms = limits::http_body_time.standard;
  uint64_t write_time_ms = limits::http_write_time.standard;
  uint64_t least_rate = limits::http_least_rate.standard;
  uint64_t idle_time_ms = limits::http_idle_time.standard;
  uint64_t linger_time_ms = limits::http_linger_time.standard;
  uint64_t nuisances = limits::http_nuisances.standard;
  uint64_t nuisance_rate = limits::http_nuisance_rate.standard;
};

struct ServerCounts {
  uint64_t connections = 0;  // open now
  uint64_t exchanges = 0;    // requests that are not answered yet
  uint64_t accepted = 0;     // connections, ever
  uint64_t refused = 0;      // connections above the limit, or that there were no descriptors for
  uint64_t requests = 0;     // handed to the handler, ever
  uint64_t malformed = 0;    // requests that the server answered itself: 4xx and 5xx for their form
  uint64_t timed_out = 0;    // connections that were closed because their client was too slow
  uint64_t gone = 0;         // requests whose client went away before they were answered
};

class Server {
 public:
  // The listener is the server's from now on. Loop, handler and context outlive the server; with a context, connections speak TLS.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(io::Loop& loop, os::File listener, const ServerLimits& limits,
                                                              Handler& handler, tls::Context* tls = nullptr);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // closes all connections; exchanges that are not over end with it, and nobody is told

  void stop_accepting();  // and closes the listener
  // Stops accepting, lets requests that have begun to be answered, and closes connections as soon as nothing goes on there. Calls
  // `done` when the last is closed (at once when there is none).
  void drain(std::function<void()> done);
  [[nodiscard]] ServerCounts counts() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::http
