// See answer.h.
#include "platform/trigger_mqtt/answer.h"

#include "base/core/format.h"

#include <algorithm>
#include <string_view>

namespace mote::trigger_mqtt {

namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}
bool is_named(std::string_view header, std::string_view name) {
  return std::ranges::equal(header, name, {}, lower, lower);
}

}  // namespace

Result<void> take_wagi(Bytes output, mqtt::Message& answer) {
  std::string_view text(reinterpret_cast<const char*>(output.data()), output.size());
  for (;;) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos)
      return fail(ErrorKind::bad_input, "the guest's answer has no empty line between its headers and its body");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return fail(ErrorKind::bad_input, "the guest's answer has a line among its headers that is none");
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (is_named(name, "topic")) {
      answer.topic = value;
    } else if (is_named(name, "content-type")) {
      answer.content_type = value;
    } else {
      answer.user_properties.emplace_back(name, value);
    }
  }
  answer.payload.assign(text.begin(), text.end());
  if (answer.topic.empty()) return {};
  return check(answer);
}

}  // namespace mote::trigger_mqtt
