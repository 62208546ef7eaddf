// Reading packets (packet.h). Sections are those of MQTT 5; 3.1.1 has the same without properties and reasons.
#include "base/core/json.h"
#include "base/mqtt/limits.h"
#include "base/mqtt/packet.h"

#include <array>
#include <utility>

namespace mote::mqtt {

namespace {

constexpr uint8_t any_flags = 0xff;

// By number.
struct TypeRow {
  const char* name;
  uint8_t flags;       // that its first byte has (section 2.1.3)
  uint16_t packet;     // as properties have it
  bool from_a_broker;  // to this client: it does not unsubscribe, nor offers to authenticate by steps
};
constexpr std::array<TypeRow, 16> types = {{
    {"nothing", 0, 0, false},
    {"CONNECT", 0, packets::connect, false},
    {"CONNACK", 0, packets::connack, true},
    {"PUBLISH", any_flags, packets::publish, true},
    {"PUBACK", 0, packets::puback, true},
    {"PUBREC", 0, packets::pubrec, true},
    {"PUBREL", 2, packets::pubrel, true},
    {"PUBCOMP", 0, packets::pubcomp, true},
    {"SUBSCRIBE", 2, packets::subscribe, false},
    {"SUBACK", 0, packets::suback, true},
    {"UNSUBSCRIBE", 2, packets::unsubscribe, false},
    {"UNSUBACK", 0, packets::unsuback, false},
    {"PINGREQ", 0, 0, false},
    {"PINGRESP", 0, 0, true},
    {"DISCONNECT", 0, packets::disconnect, true},
    {"AUTH", 0, packets::auth, false},
}};

const TypeRow& row(Type type) {
  return types[std::to_underlying(type)];
}

std::string text_of(Properties& properties, PropertyId id) {
  for (Property& one : properties)
    if (one.id == id) return std::move(one.text);
  return {};
}

Result<void> check_end(const Reader& reader) {
  if (!reader.at_end()) return reader.failure(format("{} bytes too many", reader.left()));
  return {};
}

Result<Packet> decode_connack(Reader reader, Version version) {
  Connack read;
  const uint8_t flags = TRY(reader.byte());
  if (flags > 1) return reader.failure("flags that are not known");
  read.has_session = flags == 1;
  read.reason = TRY(reader.byte());
  // A broker that does not speak MQTT 5 says so as one of 3.1.1 does.
  if (version == Version::v5 && !reader.at_end()) {
    read.properties = TRY(read_properties(reader, packets::connack));
  } else {
    read.reason = reason_of_return_code(read.reason);
  }
  if (read.has_session && read.reason != 0) return reader.failure("a refusal with a session");
  TRY(check_end(reader));
  return read;
}

void take_properties(Properties& properties, Message& into) {
  for (Property& one : properties) {
    switch (one.id) {
      case PropertyId::payload_format_indicator:
        into.is_text = one.number == 1;
        break;
      case PropertyId::message_expiry_interval:
        into.expiry_s = one.number;
        break;
      case PropertyId::content_type:
        into.content_type = std::move(one.text);
        break;
      case PropertyId::response_topic:
        into.response_topic = std::move(one.text);
        break;
      case PropertyId::correlation_data:
        into.correlation_data.assign(one.text.begin(), one.text.end());
        break;
      case PropertyId::user_property:
        into.user_properties.emplace_back(std::move(one.text), std::move(one.second));
        break;
      default:
        break;  // of no use to us: subscription identifiers
    }
  }
}

Result<Packet> decode_publish(Reader reader, uint8_t flags, Version version) {
  Publish read;
  read.is_duplicate = (flags & 8) != 0;
  read.message.qos = flags >> 1 & 3;
  read.message.is_retained = (flags & 1) != 0;
  if (read.message.qos == 3) return reader.failure("a quality of service of 3");
  if (read.message.qos == 0 && read.is_duplicate) return reader.failure("a duplicate with a quality of service of 0");
  read.message.topic = TRY(reader.text());
  if (read.message.qos != 0) {
    read.id = TRY(reader.two());
    if (read.id == 0) return reader.failure("a packet identifier of 0");
  }
  if (version == Version::v5) {
    Properties properties = TRY(read_properties(reader, packets::publish));
    if (find(properties, PropertyId::topic_alias) != nullptr) return reader.failure("a topic alias, though none were offered");
    take_properties(properties, read.message);
    if (!read.message.response_topic.empty()) TRY(check_topic(read.message.response_topic));
  }
  TRY(check_topic(read.message.topic));
  const Bytes payload = TRY(reader.take(reader.left(), "the payload"));
  read.message.payload.assign(payload.begin(), payload.end());
  return read;
}

Result<Packet> decode_acknowledgement(Reader reader, Type type, Version version) {
  Acknowledgement read{.type = type};
  read.id = TRY(reader.two());
  if (read.id == 0) return reader.failure("a packet identifier of 0");
  if (version == Version::v5 && !reader.at_end()) {
    read.reason = TRY(reader.byte());
    if (!reader.at_end()) {
      Properties properties = TRY(read_properties(reader, row(type).packet));
      read.reason_text = text_of(properties, PropertyId::reason_string);
    }
  }
  TRY(check_end(reader));
  return read;
}

Result<Packet> decode_suback(Reader reader, Version version) {
  Suback read;
  read.id = TRY(reader.two());
  if (version == Version::v5) {
    Properties properties = TRY(read_properties(reader, packets::suback));
    read.reason_text = text_of(properties, PropertyId::reason_string);
  }
  while (!reader.at_end()) {
    read.reasons.push_back(TRY(reader.byte()));
    if (const uint8_t reason = read.reasons.back(); reason > 2 && reason < 0x80)
      return reader.failure("a reason that is not known");
  }
  return read;
}

Result<Packet> decode_disconnect(Reader reader, Version version) {
  Disconnect read;
  if (version != Version::v5) return reader.failure("only clients of MQTT 3.1.1 send it");
  if (!reader.at_end()) read.reason = TRY(reader.byte());
  if (!reader.at_end()) {
    Properties properties = TRY(read_properties(reader, packets::disconnect));
    read.reason_text = text_of(properties, PropertyId::reason_string);
    read.server_reference = text_of(properties, PropertyId::server_reference);
  }
  TRY(check_end(reader));
  return read;
}

Result<Packet> decode_body(const Frame& frame, Version version) {
  const Reader reader(frame.body);
  switch (frame.type) {
    case Type::connack:
      return decode_connack(reader, version);
    case Type::publish:
      return decode_publish(reader, frame.flags, version);
    case Type::puback:
    case Type::pubrec:
    case Type::pubrel:
    case Type::pubcomp:
      return decode_acknowledgement(reader, frame.type, version);
    case Type::suback:
      return decode_suback(reader, version);
    case Type::pingresp:
      TRY(check_end(reader));
      return Pingresp{};
    case Type::disconnect:
      return decode_disconnect(reader, version);
    case Type::connect:
    case Type::subscribe:
    case Type::unsubscribe:
    case Type::unsuback:
    case Type::pingreq:
    case Type::auth:
      break;
  }
  return reader.failure("nothing that this client asks for");
}

struct ReasonRow {
  uint8_t code;
  const char* words;
};
constexpr ReasonRow reasons[] = {
#define MOTE_MQTT_REASON(code, words) {code, words},
#include "base/mqtt/reasons.def"
#undef MOTE_MQTT_REASON
};

}  // namespace

const char* name(Type type) {
  return row(type).name;
}

Result<std::optional<Frame>> next_frame(Bytes input, uint64_t most_size) {
  if (input.empty()) return std::nullopt;
  const auto type = static_cast<Type>(input[0] >> 4);
  const uint8_t flags = input[0] & 0xf;
  if (input[0] >> 4 == 0) return fail(ErrorKind::bad_input, "a packet of type 0; is this a broker of MQTT?");
  if (!row(type).from_a_broker)
    return fail(ErrorKind::bad_input, format("{}: nothing that a broker sends to this client", name(type)));
  if (row(type).flags != any_flags && row(type).flags != flags)
    return fail(ErrorKind::bad_input, format("{}: flags {:#x} instead of {:#x}", name(type), flags, row(type).flags));
  uint64_t size = 0, length_size = 0;
  for (;;) {
    if (length_size == 4) return fail(ErrorKind::bad_input, format("{}: a length of more than four bytes", name(type)));
    if (length_size + 1 >= input.size()) return std::nullopt;
    const uint8_t part = input[++length_size];
    size |= static_cast<uint64_t>(part & 0x7f) << 7 * (length_size - 1);
    if ((part & 0x80) == 0) break;
  }
  const uint64_t whole = 1 + length_size + size;
  if (whole > most_size)
    return fail(ErrorKind::limit, format("{}: a packet of {} bytes; {} are allowed ({})", name(type), whole, most_size,
                                         limits::mqtt_packet_size.name));
  if (input.size() < whole) return std::nullopt;
  return Frame{type, flags, input.subspan(1 + length_size, size), whole};
}

Result<Packet> decode(const Frame& frame, Version version) {
  auto read = decode_body(frame, version);
  if (!read) read.error().message = format("{}: {}", name(frame.type), read.error().message);
  return read;
}

std::string reason_text(uint8_t code, std::string_view said) {
  const char* words = "a reason that is not known";
  for (const ReasonRow& one : reasons)
    if (one.code == code) words = one.words;
  constexpr size_t most_said = 200;
  if (said.empty()) return format("{} ({:#x})", words, code);
  return format("{} ({:#x}): {}", words, code, json_string(said.substr(0, most_said)));
}

uint8_t reason_of_return_code(uint8_t code) {
  constexpr std::array<uint8_t, 6> codes = {0, 0x84, 0x85, 0x88, 0x86, 0x87};
  return code < codes.size() ? codes[code] : reason_unspecified;
}

}  // namespace mote::mqtt
