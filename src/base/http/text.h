// Text of headers: bytes seen as text, and names compared whatever their case. Private to the room. Tested by answer_head_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
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

// Which bytes are allowed somewhere.
using ByteSet = std::array<bool, 256>;
[[nodiscard]] inline bool is_all_of(const ByteSet& allowed, std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return allowed[static_cast<uint8_t>(c)]; });
}

// RFC 9110, 5.6.2: what names of headers and methods are made of.
inline constexpr ByteSet token_chars = [] {
  ByteSet allowed = {};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) allowed[static_cast<uint8_t>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) allowed[static_cast<uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) allowed[static_cast<uint8_t>(c)] = allowed[static_cast<uint8_t>(c - 'a' + 'A')] = true;
  return allowed;
}();
[[nodiscard]] inline bool is_token(std::string_view text) {
  return !text.empty() && is_all_of(token_chars, text);
}
// RFC 9110, 5.5: without the ends of lines, NUL, and the other controls.
inline constexpr ByteSet header_value_chars = [] {
  ByteSet allowed = {};
  for (size_t byte = 0x20; byte < allowed.size(); ++byte) allowed[byte] = byte != 0x7f;
  allowed['\t'] = true;
  return allowed;
}();
[[nodiscard]] inline bool is_header_value(std::string_view text) {
  return is_all_of(header_value_chars, text);
}
// "example.com:8080", "[::1]": what a Host header may hold without meaning something else to somebody behind us.
inline constexpr ByteSet authority_chars = [] {
  ByteSet allowed = {};
  for (size_t byte = 0x21; byte < allowed.size(); ++byte) allowed[byte] = byte != 0x7f;
  for (const char c : std::string_view("/?#@\\\"<>^`{|},")) allowed[static_cast<uint8_t>(c)] = false;
  return allowed;
}();
[[nodiscard]] inline bool is_authority(std::string_view text) {
  return is_all_of(authority_chars, text);
}

// Whether this, where a chunk begins, may be the last chunk with its end still to come. Beast asserts that it has five bytes when
// it is offered a second time; the shortest there is has them.
[[nodiscard]] inline bool may_be_cut_last_chunk(std::string_view text) {
  return text.starts_with('0') && text.size() < 5;
}

}  // namespace mote::http
