// Packets of MQTT 3.1.1 and 5 as data: those that a broker sends are read, those that a client sends are written. Private to the
// room.
//
// What is read was checked: every length, every text, every flag, every property against the packet that has it; the rest is
// bad_input with words for a log. Tested by packet_test.cpp, fuzz/mqtt.cpp.
#pragma once

#include "base/mqtt/message.h"
#include "base/mqtt/properties.h"
#include "base/mqtt/settings.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mote::mqtt {

enum class Type : uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};
[[nodiscard]] const char* name(Type type);  // "PUBLISH"

// One packet at the front of what came, as bytes; nothing: it has not come whole.
struct Frame {
  Type type = {};
  uint8_t flags = 0;
  Bytes body;
  uint64_t size = 0;  // of all of it
};
[[nodiscard]] Result<std::optional<Frame>> next_frame(Bytes input, uint64_t most_size);

struct Connack {
  bool has_session = false;
  uint8_t reason = 0;
  Properties properties = {};
};
struct Publish {
  Message message;
  uint16_t id = 0;  // 0 for a quality of service of 0
  bool is_duplicate = false;
};
struct Acknowledgement {
  Type type = Type::puback;  // or pubrec, pubrel, pubcomp
  uint16_t id = 0;
  uint8_t reason = 0;
  std::string reason_text = {};
};
struct Suback {
  uint16_t id = 0;
  std::vector<uint8_t> reasons = {};
  std::string reason_text = {};
};
struct Pingresp {};
struct Disconnect {
  uint8_t reason = 0;
  std::string reason_text = {}, server_reference = {};
};
using Packet = std::variant<Connack, Publish, Acknowledgement, Suback, Pingresp, Disconnect>;

// A packet of a broker.
[[nodiscard]] Result<Packet> decode(const Frame& frame, Version version);

struct Connect {
  Version version = Version::v5;
  bool is_clean = false;
  uint16_t keep_alive_s = 0;
  std::string client_id;
  std::optional<std::string> user_name = {}, password = {};
  const Message* will = nullptr;
  uint32_t will_delay_s = 0;
  Properties properties = {};  // MQTT 5
};
using Output = std::vector<uint8_t>;
void encode(Output& out, const Connect& connect);
void encode_publish(Output& out, const Message& message, uint16_t id, bool is_duplicate, Version version);
[[nodiscard]] uint64_t size_of_publish(const Message& message, Version version);  // what encode_publish() adds
void encode(Output& out, const Acknowledgement& acknowledgement, Version version);
void encode_subscribe(Output& out, uint16_t id, std::span<const Subscription> subscriptions, Version version);
void encode_ping(Output& out);
void encode_disconnect(Output& out, uint8_t reason, Version version);

// "not authorized (0x87)"; with what the broker said besides.
[[nodiscard]] std::string reason_text(uint8_t code, std::string_view said = {});
// Return codes of 3.1.1 as reason codes.
[[nodiscard]] uint8_t reason_of_return_code(uint8_t code);

inline constexpr uint8_t reason_normal = 0, reason_unspecified = 0x80, reason_malformed = 0x81, reason_protocol_error = 0x82,
                         reason_unknown_id = 0x92, reason_too_many = 0x93, reason_too_large = 0x95;

}  // namespace mote::mqtt
