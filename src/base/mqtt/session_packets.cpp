// The session (session.h): what each packet of the broker does.
#include "base/core/json.h"
#include "base/mqtt/session.h"

#include <algorithm>
#include <utility>

namespace mote::mqtt {

namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;

}  // namespace

Result<uint64_t> Session::receive(Bytes input, uint64_t now_ns) {
  now_ns_ = last_received_ns_ = now_ns;
  pinged_ns_ = 0;
  uint64_t used = 0;
  constexpr uint8_t greeting = 0x20;
  if (!is_open_ && !input.empty() && input[0] != greeting)
    return fail(ErrorKind::bad_input, format("what answers there is no broker of MQTT: it begins with {:#x}", input[0]));
  while (!has_ended_) {
    auto next = next_frame(input.subspan(used), settings_.packet_size);
    if (!next) {
      const uint8_t reason = next.error().kind == ErrorKind::limit ? reason_too_large : reason_malformed;
      return std::unexpected(end_with(reason, std::move(next.error())).error());
    }
    const std::optional<Frame> frame = *next;
    if (!frame) break;
    used += frame->size;
    auto packet = decode(*frame, settings_.version);
    if (!packet) return std::unexpected(end_with(reason_malformed, std::move(packet.error())).error());
    if (is_open_ && std::holds_alternative<Connack>(*packet))
      return std::unexpected(end_with(reason_protocol_error, Error{ErrorKind::bad_input, "the broker sent CONNACK twice"}).error());
    TRY(take(*std::move(packet)));
  }
  if (is_open_) pump();
  return used;
}

Result<void> Session::take(Packet packet) {
  return std::visit([this](auto& one) { return on(one); }, packet);
}

// Tells the broker what it did wrong, where the protocol has a way to.
Result<void> Session::end_with(uint8_t reason, Error error) {
  if (is_open_ && !std::exchange(has_ended_, true) && settings_.version == Version::v5)
    encode_disconnect(output_, reason, Version::v5);
  return std::unexpected(std::move(error));
}

Result<void> Session::on(Connack& connack) {
  if (connack.reason != 0) {
    std::string said;
    if (const Property* reason = find(connack.properties, PropertyId::reason_string)) said = reason->text;
    const ErrorKind kind = connack.reason >= 0x84 && connack.reason <= 0x87 ? ErrorKind::denied : ErrorKind::unavailable;
    return fail(kind, format("the broker refuses the connection: {}", reason_text(connack.reason, said)));
  }
  if (connack.has_session && settings_.session_expiry_ms == 0)
    return fail(ErrorKind::bad_input, "the broker has a session, though none was wanted");
  is_open_ = true;
  take_limits(connack.properties);
  resume(connack.has_session);
  receiver_.opened();
  return {};
}

void Session::take_limits(const Properties& properties) {
  const auto number = [&](PropertyId id, uint64_t otherwise) {
    const Property* const found = find(properties, id);
    return found != nullptr ? found->number : otherwise;
  };
  const bool is_told = settings_.version == Version::v5;
  most_in_flight_ = std::min(settings_.in_flight,
                             is_told ? number(PropertyId::receive_maximum, UINT16_MAX) : limits::mqtt_in_flight_3_1_1.standard);
  most_packet_size_ = number(PropertyId::maximum_packet_size, limits::mqtt_packet_size.hard);
  most_qos_ = static_cast<uint8_t>(number(PropertyId::maximum_qos, 2));
  may_retain_ = number(PropertyId::retain_available, 1) != 0;
  if (const Property* const found = find(properties, PropertyId::server_keep_alive)) keep_alive_ns_ = found->number * ns_per_s;
}

// A broker that lost the session knows nothing of what was in flight: what it did not acknowledge is published anew, so that
// nothing is lost; of quality of service 2, what it said it has is done.
void Session::resume(bool has_session) {
  if (!has_session) {
    owned_.clear();
    std::vector<uint64_t> done;
    for (auto& [order, one] : in_flight_) {
      one.is_published = false;
      if (one.is_released) done.push_back(order);
    }
    for (const uint64_t order : done) finish(order, {});
  }
  again_.clear();
  for (const auto& [order, one] : in_flight_) again_.push_back(order);
  // What was subscribed is part of the session, unless that is of another time, when we wanted something else.
  if (!has_session || !has_subscribed_) subscribe();
}

Result<void> Session::on(Publish& publish) {
  Message& message = publish.message;
  if (message.qos == 0) {
    receiver_.came(std::move(message), publish.is_duplicate, 0);
    return {};
  }
  auto& queue = open(message.qos);
  for (const auto& other : incoming_) {
    if (std::ranges::find(other, publish.id, &Incoming::id) == other.end()) continue;
    if (publish.is_duplicate) return {};  // still worked on; brokers of old send again after a while
    return end_with(reason_protocol_error,
                    Error{ErrorKind::bad_input, format("PUBLISH: the packet identifier {} is in use", publish.id)});
  }
  // Not by their number, though a broker of MQTT 5 was told it: mosquitto 2.0.11 sends more, and would again on each new
  // connection.
  const uint64_t size = size_of(message);
  if (deliveries_size_ + size > settings_.deliveries_size) {
    return end_with(reason_too_many,
                    Error{ErrorKind::limit, format("messages that are not acknowledged take more than {} bytes ({})",
                                                   settings_.deliveries_size, limits::mqtt_deliveries_size.name)});
  }
  const uint64_t key = next_key_++;
  const bool is_ours = message.qos == 2 && owned_.contains(publish.id);
  queue.push_back({.key = key, .size = size, .id = publish.id, .qos = message.qos, .is_done = is_ours});
  ++deliveries_;
  deliveries_size_ += size;
  if (is_ours) {
    flush_acknowledgements();
  } else {
    receiver_.came(std::move(message), publish.is_duplicate, key);
  }
  return {};
}

Result<void> Session::on(const Acknowledgement& acknowledgement) {
  if (acknowledgement.type != Type::pubrel) return on_answer(acknowledgement);
  const uint8_t reason = owned_.erase(acknowledgement.id) != 0 ? reason_normal : reason_unknown_id;
  encode(output_, Acknowledgement{.type = Type::pubcomp, .id = acknowledgement.id, .reason = reason}, settings_.version);
  return {};
}

// To what we published.
Result<void> Session::on_answer(const Acknowledgement& acknowledgement) {
  const auto found = order_of_id_.find(acknowledgement.id);
  if (found == order_of_id_.end()) {
    // Left over from a session that went on without us, or of no sense at all: it ends here either way.
    if (acknowledgement.type == Type::pubrec) {
      encode(output_, Acknowledgement{.type = Type::pubrel, .id = acknowledgement.id, .reason = reason_unknown_id},
             settings_.version);
    }
    return {};
  }
  const uint64_t order = found->second;
  Outgoing& one = in_flight_.find(order)->second;
  const Type expected = one.message.qos == 1 ? Type::puback : one.is_released ? Type::pubcomp : Type::pubrec;
  const bool repeats = acknowledgement.type == Type::pubrec && expected == Type::pubcomp;
  if (acknowledgement.type != expected && !repeats) {
    return end_with(reason_protocol_error, Error{ErrorKind::bad_input, format("{} for a message that awaits {}",
                                                                              name(acknowledgement.type), name(expected))});
  }
  if (acknowledgement.reason >= 0x80 && expected != Type::pubcomp) {
    finish(order, fail(acknowledgement.reason == 0x87 ? ErrorKind::denied : ErrorKind::unavailable,
                       format("the broker refuses a message to {}: {}", json_string(one.message.topic),
                              reason_text(acknowledgement.reason, acknowledgement.reason_text))));
  } else if (acknowledgement.type == Type::pubrec) {
    one.is_released = true;
    one.message.payload = {};
    encode(output_, Acknowledgement{.type = Type::pubrel, .id = one.id}, settings_.version);
  } else {
    finish(order, {});
  }
  return {};
}

Result<void> Session::on(const Suback& suback) {
  const auto& wanted = settings_.subscriptions;
  if (suback.id != subscribe_id_ || suback.reasons.size() != wanted.size())
    return end_with(reason_protocol_error, Error{ErrorKind::bad_input, "SUBACK for something that was not subscribed"});
  subscribe_id_ = 0;
  has_subscribed_ = true;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (suback.reasons[i] < 0x80) continue;
    receiver_.refused({suback.reasons[i] == 0x87 ? ErrorKind::denied : ErrorKind::unsupported,
                       format("the broker refuses the subscription to {}: {}", json_string(wanted[i].filter),
                              reason_text(suback.reasons[i], suback.reason_text))});
  }
  return {};
}

Result<void> Session::on(Pingresp&) {
  return {};
}

Result<void> Session::on(const Disconnect& disconnect) {
  has_ended_ = true;
  std::string message =
      format("the broker ended the connection: {}",
             disconnect.reason == 0 ? "it gave no reason" : reason_text(disconnect.reason, disconnect.reason_text));
  if (!disconnect.server_reference.empty()) message += format(" (it names {})", json_string(disconnect.server_reference));
  return fail(ErrorKind::unavailable, std::move(message));
}

}  // namespace mote::mqtt
