// See broker.h.
#include "platform/trigger_mqtt/broker.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/tls/context.h"

#include <charconv>
#include <utility>

namespace mote::trigger_mqtt {

namespace {

constexpr uint16_t plain_port = 1883, tls_port = 8883;

// Values of variables are often secrets: a message has the text of the file, never what came of it.
Result<std::string> rendered(const std::string& place, const char* word, const manifest::Template& text,
                             const manifest::Lookup& values) {
  auto made = text.render(values);
  if (!made) made.error().message = format("{}: application.trigger.mqtt: {}: {}", place, word, made.error().message);
  return made;
}

}  // namespace

Result<Address> parse_broker_address(std::string_view text) {
  const auto wrong = [] {
    return fail(ErrorKind::bad_input,
                "the broker's address is \"mqtt://HOST:PORT\" or \"mqtts://HOST:PORT\", an IPv6 address in brackets");
  };
  constexpr std::string_view plain = "mqtt://", secured = "mqtts://";
  Address read;
  read.is_tls = text.starts_with(secured);
  if (!read.is_tls && !text.starts_with(plain)) return wrong();
  text.remove_prefix(read.is_tls ? secured.size() : plain.size());
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong();
    read.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    read.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (read.host.empty() || read.host.find_first_of("/@?# \t") != std::string::npos) return wrong();
  read.port = read.is_tls ? tls_port : plain_port;
  if (port.empty()) return read;
  const char* const end = port.data() + port.size();
  const auto [stopped, error] = std::from_chars(port.data() + 1, end, read.port);
  if (port[0] != ':' || error != std::errc() || stopped != end || read.port == 0) return wrong();
  return read;
}

Result<mqtt::Settings> client_settings(const manifest::Manifest& manifest, const manifest::Lookup& values) {
  if (!manifest.broker) return fail(ErrorKind::not_found, format("{}: there is no [application.trigger.mqtt]", manifest.file));
  const manifest::Broker& broker = *manifest.broker;
  const std::string place = manifest.place(broker.at);
  auto address = parse_broker_address(TRY(rendered(place, "address", broker.address, values)));
  if (!address) {
    address.error().message = format("{}: {}", place, address.error().message);
    return std::unexpected(std::move(address.error()));
  }
  mqtt::Settings made{.host = address->host, .port = address->port};
  made.version = broker.version == 4 ? mqtt::Version::v3_1_1 : mqtt::Version::v5;
  made.client_id = broker.client_id.empty() ? "mote-" + manifest.application.name : broker.client_id;
  if (!broker.username.empty()) made.user_name = TRY(rendered(place, "username", broker.username, values));
  if (!broker.password.empty()) made.password = TRY(rendered(place, "password", broker.password, values));
  made.keep_alive_ms = broker.keep_alive_ms;
  made.session_expiry_ms = broker.session_expiry_ms;
  for (const manifest::MqttTrigger& one : manifest.mqtt) made.subscriptions.push_back({one.topic, one.qos});
  if (address->is_tls) {
    std::optional<std::string> authorities;
    if (!broker.ca.empty()) authorities = manifest.path(broker.ca);
    made.tls = TRY(tls::Context::client(std::move(authorities)));
  }
  if (auto checked = check(made); !checked) {
    checked.error().message = format("{}: application.trigger.mqtt: {}", place, checked.error().message);
    return std::unexpected(std::move(checked.error()));
  }
  return made;
}

}  // namespace mote::trigger_mqtt
