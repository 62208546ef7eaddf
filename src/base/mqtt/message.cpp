// Messages and topics (message.h); section 4.7 of the specifications.
#include "base/mqtt/message.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/mqtt/limits.h"

namespace mote::mqtt {

namespace {

constexpr uint64_t most_text = 65'535;

// How many bytes the character at the front takes; 0: it is none.
size_t character_size(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return first != 0 ? 1 : 0;
  const size_t size = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  // Nothing overlong, no surrogates, nothing above U+10FFFF: the second byte tells.
  if ((first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f)) return 0;
  if ((first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f)) return 0;
  return size;
}

Result<void> check_text(const char* what, std::string_view text) {
  if (text.size() > most_text)
    return fail(ErrorKind::limit, format("{} has {} bytes; MQTT allows {}", what, text.size(), most_text));
  if (!is_text(text)) return fail(ErrorKind::bad_input, format("{} is not UTF-8 without NUL", what));
  return {};
}

struct Levels {
  std::string_view rest;
  bool has_ended = false;

  std::string_view next() {
    const size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    has_ended = slash == std::string_view::npos;
    rest = has_ended ? std::string_view() : rest.substr(slash + 1);
    return level;
  }
};

constexpr std::string_view share_prefix = "$share/";

std::string_view without_group(std::string_view filter) {
  if (!is_shared(filter)) return filter;
  const size_t slash = filter.find('/', share_prefix.size());
  return slash == std::string_view::npos ? std::string_view() : filter.substr(slash + 1);
}

}  // namespace

bool is_text(std::string_view text) {
  if (text.size() > most_text) return false;
  while (!text.empty()) {
    const size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

Result<void> check_topic(std::string_view name) {
  if (name.empty()) return fail(ErrorKind::bad_input, "the topic is empty");
  TRY(check_text("the topic", name));
  if (name.find_first_of("+#") != std::string_view::npos)
    return fail(ErrorKind::bad_input,
                format("topic {}: '+' and '#' are for filters, not for what is published", json_string(name)));
  return {};
}

bool is_shared(std::string_view filter) {
  return filter.starts_with(share_prefix);
}

Result<void> check_filter(std::string_view filter) {
  TRY(check_text("the topic filter", filter));
  if (is_shared(filter)) {
    const std::string_view group = filter.substr(share_prefix.size(), filter.find('/', share_prefix.size()) - share_prefix.size());
    if (group.empty() || group.find_first_of("+#") != std::string_view::npos)
      return fail(ErrorKind::bad_input,
                  format("topic filter {}: write $share/GROUP/FILTER, the group without '+' and '#'", json_string(filter)));
  }
  Levels levels{without_group(filter)};
  if (levels.rest.empty()) return fail(ErrorKind::bad_input, format("topic filter {} is empty", json_string(filter)));
  while (!levels.has_ended) {
    const std::string_view level = levels.next();
    const bool has_wildcard = level.find_first_of("+#") != std::string_view::npos;
    if (has_wildcard && level.size() != 1)
      return fail(ErrorKind::bad_input, format("topic filter {}: '+' and '#' stand alone between slashes", json_string(filter)));
    if (level == "#" && !levels.has_ended)
      return fail(ErrorKind::bad_input, format("topic filter {}: nothing follows '#'", json_string(filter)));
  }
  return {};
}

bool matches(std::string_view filter, std::string_view topic) {
  Levels wanted{without_group(filter)}, given{topic};
  if (topic.starts_with('$') && (wanted.rest.starts_with('+') || wanted.rest.starts_with('#'))) return false;
  while (!wanted.has_ended && !given.has_ended) {
    const std::string_view level = wanted.next();
    if (level == "#") return true;
    if (const std::string_view other = given.next(); level != "+" && level != other) return false;
  }
  if (!wanted.has_ended) return wanted.next() == "#" && wanted.has_ended;  // "a/#" chooses "a" too
  return given.has_ended;
}

Result<void> check(const Message& message) {
  TRY(check_topic(message.topic));
  if (message.qos > 2) return fail(ErrorKind::bad_input, format("a quality of service of {}; there are 0, 1 and 2", message.qos));
  TRY(check_text("the content type", message.content_type));
  if (!message.response_topic.empty()) TRY(check_topic(message.response_topic));
  if (message.correlation_data.size() > most_text)
    return fail(ErrorKind::limit,
                format("correlation data of {} bytes; MQTT allows {}", message.correlation_data.size(), most_text));
  if (message.user_properties.size() > limits::mqtt_properties.standard / 2) {
    return fail(ErrorKind::limit, format("{} user properties of one message; {} are allowed", message.user_properties.size(),
                                         limits::mqtt_properties.standard / 2));
  }
  for (const auto& [name, value] : message.user_properties) {
    TRY(check_text("the name of a user property", name));
    TRY(check_text("a user property", value));
  }
  constexpr uint64_t packet_overhead = 4096;
  if (size_of(message) > limits::mqtt_packet_size.hard - packet_overhead)
    return fail(ErrorKind::limit, format("a message of {} bytes; MQTT allows 256 MiB for a packet", size_of(message)));
  return {};
}

uint64_t size_of(const Message& message) {
  uint64_t size = sizeof message + message.topic.size() + message.payload.size() + message.content_type.size() +
                  message.response_topic.size() + message.correlation_data.size();
  for (const auto& [name, value] : message.user_properties) size += 2 * sizeof(std::string) + name.size() + value.size();
  return size;
}

}  // namespace mote::mqtt
