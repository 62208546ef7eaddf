// MqttTrigger: messages of a broker become events of components; what the guests answer is published. The worker's that it is on.
//
// A message of quality of service 1 or 2 is acknowledged when all its events are over: the answer is safe (the broker or the outbox
// has it), there is none, or the event was given up. What happens otherwise:
//
// | outcome | then |
// |---|---|
// | the component is busy, or taken out | the event waits and is dispatched again; or, where a component is to fail open, the
// message is its own answer | | exited with another status, trapped, overran its time, wrote too much | again after a while; after
// `attempts` times it is given up, told, and acknowledged: one bad message must not hold up all others | | the answer cannot be
// kept: outbox full, disk full | publishing is tried again; nothing is acknowledged meanwhile |
//
// A message of quality of service 0 gets one attempt. The broker stops sending when so many wait (limit mqtt-deliveries).
// One thread. docs/internals/mqtt.md. Tested by mqtt_trigger_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/mqtt/client.h"
#include "platform/manifest/manifest.h"
#include "platform/outbox/outbox.h"
#include "platform/trigger/event.h"
#include "platform/trigger_mqtt/uplink.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mote::trigger_mqtt {

// Where messages lead: to each of these whose filter chooses the topic.
struct Target {
  std::string id, filter;
  size_t component = 0;  // in the deployment
  std::string component_name = {};
  manifest::Executor executor = {};
  manifest::Template reply = {};
  manifest::Publishing publishing = {};
  uint8_t qos = 0;          // of the answer
  uint64_t event_most = 0;  // bytes of a message
  uint32_t attempts = 5;    // of an event that fails
  bool fails_open = false;
};
struct Routes {
  std::vector<Target> targets;
  manifest::Lookup values;  // of variables in `reply`
};

class Observer {
 public:
  virtual ~Observer() = default;
  // `target` null: of no trigger. `event` 0: of none.
  virtual void complain(const Target* target, uint64_t event, std::string_view text) = 0;
  virtual void answered(const Target& target, uint64_t event, Bytes answer) = 0;  // without a topic for it: for the log
  virtual void changed(mqtt::State state, const Error* reason) = 0;               // of the connection
};

class MqttTrigger final : private mqtt::Listener {
 public:
  // All outlive it. The outbox may be null.
  [[nodiscard]] static Result<std::unique_ptr<MqttTrigger>> create(io::Loop& loop, trigger::Dispatcher& dispatcher,
                                                                   Observer& observer, mqtt::Settings settings,
                                                                   outbox::Outbox* outbox);
  MqttTrigger(const MqttTrigger&) = delete;
  MqttTrigger& operator=(const MqttTrigger&) = delete;
  ~MqttTrigger();  // when stop() has told

  // For the messages that come from now on; the filters are those of the settings.
  void install(std::shared_ptr<const Routes> routes) { routes_ = std::move(routes); }
  void start() { client_->start(); }
  // Begins no more events, nor tries any again; when those that run have ended, and their answers have got through where the broker
  // is there, it says goodbye to the broker, and calls `done`. What is not acknowledged then comes again another time.
  void stop(std::function<void()> done);

  // The answers of other triggers. `done` as of Uplink: the message is safe, or not.
  void publish(mqtt::Message message, uint8_t priority, mqtt::Done done) {
    uplink_.publish(std::move(message), priority, std::move(done));
  }

  [[nodiscard]] mqtt::State state() const { return client_->state(); }
  [[nodiscard]] mqtt::Counts counts() const { return client_->counts(); }
  [[nodiscard]] uint64_t events() const { return calls_.size(); }  // that are not over

 private:
  class Call;
  friend class Call;
  MqttTrigger(io::Loop& loop, trigger::Dispatcher& dispatcher, Observer& observer, outbox::Outbox* outbox);
  void on_message(mqtt::Delivery delivery) override;
  void on_state(mqtt::State state, const Error* reason) override;
  void on_refused(const Error& error) override;
  void over(const Call& call);
  void stop_if_idle();

  io::Loop& loop_;
  trigger::Dispatcher& dispatcher_;
  Observer& observer_;
  Uplink uplink_;
  std::unique_ptr<mqtt::Client> client_;
  std::shared_ptr<const Routes> routes_ = std::make_shared<Routes>();
  std::unordered_map<const Call*, std::unique_ptr<Call>> calls_;
  std::vector<mqtt::Delivery> held_;  // came while we stop: the broker sends them again another time
  uint64_t running_ = 0;              // of calls_: those that a guest has
  std::function<void()> stopped_;
  bool is_stopping_ = false;
};

}  // namespace mote::trigger_mqtt
