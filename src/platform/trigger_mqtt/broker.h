// From a manifest's broker and its MQTT triggers to the settings of a client. Tested by mqtt_trigger_test.cpp.
#pragma once

#include "base/mqtt/settings.h"
#include "platform/manifest/manifest.h"

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace mote::trigger_mqtt {

struct Address {
  std::string host;
  uint16_t port = 0;
  bool is_tls = false;
};
// "mqtt://HOST[:PORT]" (1883), "mqtts://HOST[:PORT]" (8883); an IPv6 address in brackets.
[[nodiscard]] Result<Address> parse_broker_address(std::string_view text);

// Errors name the place in the manifest; not_found when it has no broker. Reads the file of `ca`.
[[nodiscard]] Result<mqtt::Settings> client_settings(const manifest::Manifest& manifest, const manifest::Lookup& values);

}  // namespace mote::trigger_mqtt
