// Writing JSON: what programs print with --json, and records of calls and refusals.
#pragma once

#include <string>
#include <string_view>

namespace mote {

// A string in quotes, escaped; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

// JSON on one line, as lines with two blanks for each level: for people and for diffs.
[[nodiscard]] std::string indented_json(std::string_view json);

// Objects and arrays, member by member: adds the commas.
class JsonWriter {
 public:
  void begin(char bracket);           // '{' or '['
  void end(char bracket);             // '}' or ']'
  void name(std::string_view name);   // a member's name; its value follows
  void value(std::string_view json);  // text that is JSON already
  void member(std::string_view name, std::string_view json);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void separate();
  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace mote
