// Running another program to its end.
//
// The child gets no input and our environment; what it prints (both streams) arrives line by line. It is killed when it runs too
// long and when we die. Tested by process_test.cpp.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::os {

struct ProgramRun {
  std::vector<std::string> arguments;                       // the program's path first
  std::function<void(std::string_view line)> on_line = {};  // without its line break; very long lines come in pieces
  uint64_t timeout_ms = 0;                                  // 0: none
};
struct ProgramEnd {
  enum Kind : uint8_t { exited, killed, timed_out } kind = exited;
  int code = 0;  // exit status, or the signal that killed it
};
// Errors: not_found, denied, unavailable (it could not be started).
[[nodiscard]] Result<ProgramEnd> run_program(const ProgramRun& run);

// The path of a program: itself when the name has a '/', else the first executable of that name in PATH.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

[[nodiscard]] const char* signal_name(int signal);  // "SEGV"

}  // namespace mote::os
