// A text with variables in it, "https://{{ host }}/": checked when it is read, put together when the values are known.
// Tested by template_test.cpp.
#pragma once

#include <mote/result.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::manifest {

// The value of a variable; nothing when there is none.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

class Template {
 public:
  Template() = default;
  // Fails with what is wrong: braces without their end, what is no name between them.
  [[nodiscard]] static Result<Template> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }  // as the file says it
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::vector<std::string_view> names() const;  // of its variables
  [[nodiscard]] Result<std::string> render(const Lookup& lookup) const;

 private:
  struct Piece {
    std::string text;
    bool is_variable = false;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

// "lower_snake_case", as variables are called.
[[nodiscard]] bool is_variable_name(std::string_view text);

}  // namespace mote::manifest
