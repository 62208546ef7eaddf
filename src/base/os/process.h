// Running another program: to its end, or in the background.
//
// run_program: the child gets no input and our environment; what it prints (both streams) arrives line by line. It is killed when
// it runs too long and when we die. start_detached and continue_in_background are the two halves of a program that outlives us.
// Tested by process_test.cpp.
#pragma once

#include "base/os/file.h"

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

// Starts a program in a session of its own: no terminal, no signal and no closing pipe of ours reaches it. Its streams are
// /dev/null, its input `input` when that is a descriptor. Waits until it ends: it is meant to call continue_in_background at once.
// Our memory is not copied, however much a guest has. Errors: as run_program.
[[nodiscard]] Result<void> start_detached(const std::vector<std::string>& arguments, int input = -1);
// The calling process, which has one thread, ends with status 0; what follows happens in a child that nobody waits for, and that
// runs when nothing else wants to: lowest priority for CPU and disk.
[[nodiscard]] Result<void> continue_in_background();

// Does something after a delay, in a copy of this process without its input and output (errors it still tells); this one must have
// one thread. For who gives up the right to do it meanwhile. The copy ends without having done it when this process ends before, or
// closes what is returned here.
[[nodiscard]] Result<File> run_apart(uint64_t delay_ms, const std::function<void()>& action);

// This process becomes another program: the path first. Our descriptors that are not closed by it, our environment and our process
// id stay. Returns only when it cannot.
[[nodiscard]] Result<void> replace_program(const std::vector<std::string>& arguments);

// The path of a program: itself when the name has a '/', else the first executable of that name in PATH.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

void take_lowest_priority();                        // for the CPU and the disk; it cannot be taken back
[[nodiscard]] uint64_t most_descriptors();          // that may be open, by the hard limit
[[nodiscard]] uint64_t process_id();                // of this one
[[nodiscard]] const char* signal_name(int signal);  // "SEGV"

}  // namespace mote::os
