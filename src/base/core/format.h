// Text formatting: the one place that includes fmt. `format("{} of {:#x}", a, b)` as in C++20's std::format, which
// libstdc++ 12 lacks. No formatting failure is possible: format strings are checked at compile time.
#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>

namespace mote {

template <class... Args>
[[nodiscard]] std::string format(fmt::format_string<Args...> text, Args&&... args) {
  return fmt::vformat(text, fmt::make_format_args(args...));
}

}  // namespace mote
