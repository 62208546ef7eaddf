// Text of headers: bytes seen as text, and names compared whatever their case. Private to the room. Tested by answer_head_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace mote::http {

[[nodiscard]] inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
// `lower_case` is.
[[nodiscard]] inline bool is_named(std::string_view name, std::string_view lower_case) {
  return name.size() == lower_case.size() &&
         std::equal(name.begin(), name.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

// RFC 9110, 5.6.2: what names of headers and methods are made of.
[[nodiscard]] constexpr bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
[[nodiscard]] inline bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}
// RFC 9110, 5.5: without the ends of lines, NUL, and the other controls.
[[nodiscard]] inline bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}
// "example.com:8080", "[::1]": what a Host header may hold without meaning something else to somebody behind us.
[[nodiscard]] inline bool is_authority(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<uint8_t>(c) > 0x20 && c != 0x7f && std::string_view("/?#@\\\"<>^`{|},").find(c) == std::string_view::npos;
  });
}

}  // namespace mote::http
