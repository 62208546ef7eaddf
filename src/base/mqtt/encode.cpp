// Writing packets (packet.h).
#include "base/mqtt/packet.h"

#include <utility>

namespace mote::mqtt {

namespace {

void put_header(Output& out, Type type, uint8_t flags, uint64_t size) {
  out.push_back(static_cast<uint8_t>(std::to_underlying(type) << 4 | flags));
  put_variable(out, static_cast<uint32_t>(size));
}

void put_packet(Output& out, Type type, uint8_t flags, const Output& body) {
  put_header(out, type, flags, body.size());
  out.insert(out.end(), body.begin(), body.end());
}

Properties properties_of(const Message& message) {
  Properties made;
  if (message.is_text) made.push_back({PropertyId::payload_format_indicator, 1});
  if (message.expiry_s) made.push_back({PropertyId::message_expiry_interval, *message.expiry_s});
  if (!message.content_type.empty()) made.push_back({PropertyId::content_type, 0, message.content_type});
  if (!message.response_topic.empty()) made.push_back({PropertyId::response_topic, 0, message.response_topic});
  if (!message.correlation_data.empty()) {
    made.push_back({PropertyId::correlation_data, 0, {message.correlation_data.begin(), message.correlation_data.end()}});
  }
  for (const auto& [name, value] : message.user_properties) made.push_back({PropertyId::user_property, 0, name, value});
  return made;
}

uint64_t variable_size(uint64_t value) {
  return value < 1u << 7 ? 1 : value < 1u << 14 ? 2 : value < 1u << 21 ? 3 : 4;
}

// What is between the header and the payload.
Output publish_head(const Message& message, uint16_t id, Version version) {
  Output head;
  put_text(head, message.topic);
  if (message.qos != 0) put_two(head, id);
  if (version == Version::v5) write_properties(head, properties_of(message));
  return head;
}

void put_will(Output& body, const Connect& connect) {
  if (connect.version == Version::v5) {
    Properties properties = properties_of(*connect.will);
    if (connect.will_delay_s != 0) properties.push_back({PropertyId::will_delay_interval, connect.will_delay_s});
    write_properties(body, properties);
  }
  put_text(body, connect.will->topic);
  put_text(body, {reinterpret_cast<const char*>(connect.will->payload.data()), connect.will->payload.size()});
}

}  // namespace

void encode(Output& out, const Connect& connect) {
  Output body;
  put_text(body, "MQTT");
  body.push_back(std::to_underlying(connect.version));
  uint8_t flags = 0;
  if (connect.is_clean) flags |= 0x02;
  if (connect.will != nullptr) flags |= 0x04 | connect.will->qos << 3 | (connect.will->is_retained ? 0x20 : 0);
  if (connect.password) flags |= 0x40;
  if (connect.user_name) flags |= 0x80;
  body.push_back(flags);
  put_two(body, connect.keep_alive_s);
  if (connect.version == Version::v5) write_properties(body, connect.properties);
  put_text(body, connect.client_id);
  if (connect.will != nullptr) put_will(body, connect);
  if (connect.user_name) put_text(body, *connect.user_name);
  if (connect.password) put_text(body, *connect.password);
  put_packet(out, Type::connect, 0, body);
}

void encode_publish(Output& out, const Message& message, uint16_t id, bool is_duplicate, Version version) {
  const Output head = publish_head(message, id, version);
  const auto flags = static_cast<uint8_t>((is_duplicate ? 8 : 0) | message.qos << 1 | (message.is_retained ? 1 : 0));
  put_header(out, Type::publish, flags, head.size() + message.payload.size());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), message.payload.begin(), message.payload.end());
}

uint64_t size_of_publish(const Message& message, Version version) {
  const uint64_t size = publish_head(message, 1, version).size() + message.payload.size();
  return 1 + variable_size(size) + size;
}

void encode(Output& out, const Acknowledgement& acknowledgement, Version version) {
  Output body;
  put_two(body, acknowledgement.id);
  if (version == Version::v5 && acknowledgement.reason != 0) body.push_back(acknowledgement.reason);
  put_packet(out, acknowledgement.type, acknowledgement.type == Type::pubrel ? 2 : 0, body);
}

// MQTT 5: what was retained comes with a subscription that is new, and not each time that we connect.
void encode_subscribe(Output& out, uint16_t id, std::span<const Subscription> subscriptions, Version version) {
  constexpr uint8_t retained_when_new = 1 << 4;
  Output body;
  put_two(body, id);
  if (version == Version::v5) write_properties(body, {});
  for (const Subscription& one : subscriptions) {
    put_text(body, one.filter);
    body.push_back(version == Version::v5 ? one.qos | retained_when_new : one.qos);
  }
  put_packet(out, Type::subscribe, 2, body);
}

void encode_ping(Output& out) {
  put_header(out, Type::pingreq, 0, 0);
}

void encode_disconnect(Output& out, uint8_t reason, Version version) {
  if (version == Version::v5 && reason != reason_normal) {
    put_packet(out, Type::disconnect, 0, {reason});
  } else {
    put_header(out, Type::disconnect, 0, 0);
  }
}

}  // namespace mote::mqtt
