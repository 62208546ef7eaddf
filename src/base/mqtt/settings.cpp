// Settings of a client, checked before anything is sent (settings.h).
#include "base/mqtt/settings.h"

#include "base/core/format.h"
#include "base/core/json.h"

namespace mote::mqtt {

namespace {

Result<void> check_limit(const limits::Limit& limit, uint64_t value, uint64_t least = 1) {
  if (value >= least && value <= limit.hard) return {};
  return fail(ErrorKind::limit, format("{} is {}; it can be {} to {} {}", limit.name, value, least, limit.hard, limit.unit));
}

Result<void> check_credentials(const Settings& settings) {
  constexpr uint64_t most = 65'535;
  if (settings.user_name && !is_text(*settings.user_name))
    return fail(ErrorKind::bad_input, "the user name for the broker is not UTF-8 without NUL");
  if (settings.password && settings.password->size() > most)
    return fail(ErrorKind::bad_input, format("the password for the broker has more than {} bytes", most));
  if (settings.password && !settings.user_name && settings.version == Version::v3_1_1)
    return fail(ErrorKind::bad_input, "a password for the broker without a user name, which MQTT 3.1.1 does not have");
  return {};
}

Result<void> check_subscriptions(const Settings& settings) {
  if (settings.subscriptions.size() > limits::mqtt_subscriptions.standard) {
    return fail(ErrorKind::limit, format("{} topic filters; {} are allowed ({})", settings.subscriptions.size(),
                                         limits::mqtt_subscriptions.standard, limits::mqtt_subscriptions.name));
  }
  for (const Subscription& one : settings.subscriptions) {
    TRY(check_filter(one.filter));
    if (one.qos > 2)
      return fail(ErrorKind::bad_input, format("topic filter {}: a quality of service of {}", json_string(one.filter), one.qos));
  }
  return {};
}

}  // namespace

Result<void> check(const Settings& settings) {
  if (settings.host.empty() || settings.port == 0) return fail(ErrorKind::bad_input, "the broker has no host, or no port");
  if (settings.client_id.empty() || !is_text(settings.client_id))
    return fail(ErrorKind::bad_input, "the client identifier for the broker is empty, or not UTF-8 without NUL");
  TRY(check_credentials(settings));
  TRY(check_subscriptions(settings));
  if (settings.will) {
    TRY(check(*settings.will));
    if (settings.will->payload.size() > limits::mqtt_topic_size.hard)
      return fail(ErrorKind::limit,
                  format("a will of {} bytes; MQTT allows {}", settings.will->payload.size(), limits::mqtt_topic_size.hard));
  }
  TRY(check_limit(limits::mqtt_keep_alive, settings.keep_alive_ms, 0));
  TRY(check_limit(limits::mqtt_connect_time, settings.connect_time_ms));
  TRY(check_limit(limits::mqtt_answer_time, settings.answer_time_ms));
  TRY(check_limit(limits::mqtt_back_off, settings.back_off_ms));
  TRY(check_limit(limits::mqtt_most_back_off, settings.most_back_off_ms, settings.back_off_ms));
  TRY(check_limit(limits::mqtt_packet_size, settings.packet_size));
  TRY(check_limit(limits::mqtt_deliveries, settings.deliveries));
  TRY(check_limit(limits::mqtt_deliveries_size, settings.deliveries_size));
  TRY(check_limit(limits::mqtt_in_flight, settings.in_flight));
  TRY(check_limit(limits::mqtt_waiting, settings.waiting));
  return check_limit(limits::mqtt_waiting_size, settings.waiting_size);
}

}  // namespace mote::mqtt
