// Messages: a node's end of the broker, on one worker: the connection, the outbox, the events of [[trigger.mqtt]], and the answers
// of other triggers that go to a topic.
//
// One thread, the worker's. Tested by tests/up/run (mqtt).
#pragma once

#include "base/io/loop.h"
#include "platform/observe/metrics.h"
#include "platform/outbox/outbox.h"
#include "platform/trigger/event.h"
#include "platform/trigger_mqtt/mqtt_trigger.h"
#include "platform/wiring/deploy.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mote::wiring {

class Messages final : private trigger_mqtt::Observer {
 public:
  struct Told {
    GuestLog log;  // what is wrong with an event's message
    std::function<void(std::string_view component, uint64_t event, std::string_view answer)> answer;  // that goes to no topic
    std::function<void(bool is_wrong, const std::string& text)> say;  // of the broker, of the outbox
    std::function<void(const std::string& why)> away;                 // why the broker is not there; empty: it is
  };
  // Loop, dispatcher and shard outlive it.
  Messages(io::Loop& loop, trigger::Dispatcher& dispatcher, observe::Shard& shard, Told told);
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;
  ~Messages() override;  // when stop() has told

  // This version's instead of the one before. A connection stays when it is to the same broker with the same subscriptions. Fails
  // with all as it was.
  [[nodiscard]] Result<void> install(const std::shared_ptr<const Version>& version);
  // An answer of a trigger that is none of the broker's.
  void publish(const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event, Bytes answer);
  void stop(std::function<void()> done);

 private:
  void complain(const trigger_mqtt::Target* target, uint64_t event, std::string_view text) override;
  void answered(const trigger_mqtt::Target& target, uint64_t event, Bytes answer) override;
  void changed(mqtt::State state, const Error* reason) override;
  [[nodiscard]] Result<void> open_outbox(const manifest::Manifest& manifest);
  void exchange(std::unique_ptr<trigger_mqtt::MqttTrigger> next);
  void start_next();
  void measure();
  void measure_again();

  io::Loop& loop_;
  trigger::Dispatcher& dispatcher_;
  observe::Shard& shard_;
  const Told told_;
  std::shared_ptr<const Version> version_;
  std::unique_ptr<outbox::Outbox> outbox_;
  std::string outbox_path_, last_said_;
  mqtt::Settings settings_;
  // What is leaving stops first: two connections of one name would throw each other out.
  std::unique_ptr<trigger_mqtt::MqttTrigger> trigger_, leaving_;
  std::unique_ptr<io::Loop::Turn> left_;
  std::function<void()> stopped_;
  std::unique_ptr<io::Loop::Wait> measuring_;
  mqtt::Counts counted_;  // of trigger_, as far as it was told
  uint64_t expired_ = 0;  // likewise, of the outbox
  bool is_stopping_ = false, has_left_ = false;
};

}  // namespace mote::wiring
