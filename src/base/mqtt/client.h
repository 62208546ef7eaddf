// Client: a client of an MQTT broker (3.1.1 and 5) on one loop: it connects, and again whenever the connection breaks; subscribes;
// hands over what comes, to be acknowledged when that has been dealt with; publishes. docs/internals/mqtt.md tells how.
//
// The loop's thread alone uses it, and everything that it calls is called from there. It may be used from within these calls, but
// not ended. Tested by client_test.cpp (a broker of the test's own), tests/mqtt (mosquitto).
#pragma once

#include "base/io/loop.h"
#include "base/mqtt/settings.h"

#include <mote/result.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

namespace mote::mqtt {

// A message that came. Whoever has dealt with it acknowledges it: the broker forgets it then. One that ends without that is left:
// the client connects anew after a while, and the broker sends it again, as it does after a connection that broke; acknowledging it
// later than that does nothing. Messages of quality of service 0 are gone either way.
class Delivery {
 public:
  Delivery(Delivery&&) noexcept = default;
  Delivery& operator=(Delivery&&) = delete;
  ~Delivery();
  void acknowledge();

  Message message;
  bool is_duplicate = false;  // the broker sent it before

 private:
  friend class Client;
  struct Link;
  Delivery(Message message_, bool is_duplicate_, std::shared_ptr<Link> link, uint64_t key);
  std::shared_ptr<Link> link_;
  uint64_t key_ = 0;
};

enum class State : uint8_t { away, connecting, connected };

class Listener {
 public:
  virtual void on_message(Delivery delivery) = 0;
  // `reason` tells of what went wrong; nothing did when it is null.
  virtual void on_state(State state, const Error* reason) = 0;
  virtual void on_refused(const Error& error) = 0;  // a subscription; the others hold

 protected:
  ~Listener() = default;
};

struct Counts {
  uint64_t connections = 0, failures = 0;  // that were made, that failed
  uint64_t received = 0, duplicates = 0, acknowledged = 0, left = 0;
  std::array<uint64_t, 3> received_by_qos = {}, published_by_qos = {};
  uint64_t published = 0;                // that were taken
  uint64_t waiting = 0, deliveries = 0;  // now: to be published; not acknowledged
};

class Client {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Client>> create(io::Loop& loop, Settings settings, Listener& listener);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();  // at once; what waits is not told

  void start();
  // Says goodbye to the broker, which keeps the session. Publications that the broker has not acknowledged fail, `done` is called,
  // and nothing after that.
  void stop(std::function<void()> done);

  // Calls `done` when the broker has the message (quality of service 1 and 2) or it was sent (0), however many connections that
  // takes; or when it never will. Errors, with no call: bad_input; limit, when too much waits already.
  [[nodiscard]] Result<void> publish(Message message, Done done);

  [[nodiscard]] State state() const;
  [[nodiscard]] Counts counts() const;

 private:
  friend class Delivery;
  struct Inner;
  explicit Client(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace mote::mqtt
