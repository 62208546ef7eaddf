// See json.h. Tested by json_test.cpp.
#include "base/core/json.h"

#include "base/core/format.h"

#include <cstdint>

namespace mote {
namespace {

// Length of the UTF-8 sequence at the start of `text`; 0 when there is none.
size_t sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool is_bad = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
  return is_bad ? 0 : size;
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const size_t size = sequence(text);
    if (size == 0) {
      json += "\xef\xbf\xbd";
    } else if (text[0] == '"' || text[0] == '\\') {
      json += {'\\', text[0]};
    } else if (static_cast<uint8_t>(text[0]) < 0x20) {
      json += format("\\u{:04x}", static_cast<int>(text[0]));
    } else {
      json += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return json + "\"";
}

std::string indented_json(std::string_view json) {
  std::string out;
  size_t depth = 0;
  bool is_in_text = false;
  const auto new_line = [&] { out += "\n" + std::string(2 * depth, ' '); };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_in_text) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      is_in_text = c != '"';
      continue;
    }
    is_in_text = c == '"';
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    const bool is_empty = opens && i + 1 < json.size() && json[i + 1] == c + 2;  // "{}" and "[]" stay together
    if (closes) --depth;
    if (closes && json[i - 1] != c - 2) new_line();
    out += c;
    if (opens) ++depth;
    if ((opens && !is_empty) || c == ',') new_line();
    if (c == ':') out += ' ';
  }
  return out + "\n";
}

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}
void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
}
void JsonWriter::end(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
}
void JsonWriter::name(std::string_view name) {
  separate();
  text_ += json_string(name) + ":";
  needs_comma_ = false;
}
void JsonWriter::value(std::string_view json) {
  separate();
  text_ += json;
}
void JsonWriter::member(std::string_view name, std::string_view json) {
  this->name(name);
  value(json);
}

}  // namespace mote
