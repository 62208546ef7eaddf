// What a client of a broker is to be (client.h).
#pragma once

#include "base/mqtt/limits.h"
#include "base/mqtt/message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::tls {
class Context;
}

namespace mote::mqtt {

// How publishing a message ended: the broker has it (quality of service 1, 2), or it was sent (0).
using Done = std::function<void(Result<void>)>;

struct Subscription {
  std::string filter;
  uint8_t qos = 0;
};

struct Settings {
  std::string host;  // a name or an address
  uint16_t port = 1883;
  std::shared_ptr<const tls::Context> tls = {};  // a client's; none: as plain text

  Version version = Version::v5;
  std::string client_id;
  std::optional<std::string> user_name = {}, password = {};
  std::vector<Subscription> subscriptions = {};
  // How long the broker keeps the session when we are away; 0: not at all, so that nothing is sent again. A broker of MQTT 3.1.1
  // decides itself how long.
  uint64_t session_expiry_ms = 3'600'000;
  std::optional<Message> will = {};  // that the broker publishes when we are gone without a word
  uint64_t will_delay_ms = 0;

  uint64_t keep_alive_ms = limits::mqtt_keep_alive.standard;  // 0: none
  uint64_t connect_time_ms = limits::mqtt_connect_time.standard, answer_time_ms = limits::mqtt_answer_time.standard;
  uint64_t back_off_ms = limits::mqtt_back_off.standard, most_back_off_ms = limits::mqtt_most_back_off.standard;
  uint64_t packet_size = limits::mqtt_packet_size.standard;
  uint64_t deliveries = limits::mqtt_deliveries.standard, deliveries_size = limits::mqtt_deliveries_size.standard;
  uint64_t in_flight = limits::mqtt_in_flight.standard;
  uint64_t waiting = limits::mqtt_waiting.standard, waiting_size = limits::mqtt_waiting_size.standard;
};

// Errors: bad_input, limit.
[[nodiscard]] Result<void> check(const Settings& settings);

}  // namespace mote::mqtt
