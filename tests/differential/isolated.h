// Runs a function in a child process and gives back the text it returned, or how the child died: a crash of the engine or the
// compiler is a finding like any other.
#pragma once

#include <functional>
#include <string>

namespace mote::differential {

struct ChildResult {
  bool crashed = false;  // a signal, an assertion, no time left
  std::string text;      // what the function returned, or how the child ended
};
[[nodiscard]] ChildResult isolated(unsigned timeout_seconds, const std::function<std::string()>& function);

}  // namespace mote::differential
