// Uplink: the way of answers to the broker: at once when it is there, else by way of the outbox, whose messages go first when it is
// there again. Private to the room. Tested by mqtt_trigger_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/mqtt/client.h"
#include "platform/outbox/appender.h"
#include "platform/outbox/outbox.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::trigger_mqtt {

class Uplink {
 public:
  using Complain = std::function<void(const std::string&)>;
  // Without an outbox messages wait in memory.
  Uplink(io::Loop& loop, outbox::Outbox* outbox, Complain complain);
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  void set_client(mqtt::Client& client) { client_ = &client; }
  // Calls `done` when the message is safe: the broker has it (quality of service 0: it was sent), or the outbox.
  void publish(mqtt::Message message, uint8_t priority, mqtt::Done done);
  void connected() { turn_->ask(); }

 private:
  void spool(mqtt::Message message, uint8_t priority, mqtt::Done done);
  void drain();
  void sent(int64_t id, const Result<void>& result);

  io::Loop& loop_;
  outbox::Outbox* const outbox_;
  const Complain complain_;
  mqtt::Client* client_ = nullptr;
  std::unique_ptr<outbox::Appender> appender_;  // with an outbox
  std::unique_ptr<io::Loop::Turn> turn_;
  std::unique_ptr<io::Loop::Wait> pause_;
  std::vector<int64_t> removable_, returned_;
  uint64_t appending_ = 0, draining_ = 0;
  bool pauses_ = false;
};

}  // namespace mote::trigger_mqtt
