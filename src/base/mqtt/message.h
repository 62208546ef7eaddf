// Message: what is published and what comes, with the properties that MQTT 5 gives it (3.1.1 has none: they are not sent). And
// topics: names of messages, and filters that choose among them.
//
// Tested by packet_test.cpp, topic_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::mqtt {

enum class Version : uint8_t { v3_1_1 = 4, v5 = 5 };

struct Message {
  std::string topic;
  std::vector<uint8_t> payload = {};
  uint8_t qos = 0;
  bool is_retained = false;

  std::optional<uint32_t> expiry_s = {};  // what is left of it
  bool is_text = false;                   // the payload is UTF-8
  std::string content_type = {}, response_topic = {};
  std::vector<uint8_t> correlation_data = {};
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

// Whether a message can be sent at all; errors: bad_input, limit.
[[nodiscard]] Result<void> check(const Message& message);
// What it takes of memory, roughly.
[[nodiscard]] uint64_t size_of(const Message& message);

// UTF-8 as the protocol has it: well-formed, without NUL, at most 65,535 bytes.
[[nodiscard]] bool is_text(std::string_view text);
[[nodiscard]] Result<void> check_topic(std::string_view name);
// "plant/+/temperature", "plant/#", "$share/GROUP/plant/#".
[[nodiscard]] Result<void> check_filter(std::string_view filter);
[[nodiscard]] bool is_shared(std::string_view filter);
// Whether a filter (of a shared one what follows the group) chooses a topic; names that begin with '$' are for filters that say so.
[[nodiscard]] bool matches(std::string_view filter, std::string_view topic);

}  // namespace mote::mqtt
