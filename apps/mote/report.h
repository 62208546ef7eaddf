// What mote itself says: results on stdout, and on stderr one line "mote: WHERE: what is wrong (at offset …)" or a guest's trap.
#pragma once

#include <mote/error.h>
#include <mote/trap.h>

#include <string>
#include <string_view>

namespace mote::cli {

void print(std::string_view text);  // to stdout
void print_to_stderr(std::string_view text);

// Prints an error and returns the exit status for it. `where` is a file or a flag, or empty.
int report(std::string_view where, const Error& error);
// Likewise for what ended a guest: its own exit status, or a trap with its backtrace, or an error.
int report(std::string_view where, const Failure& failure, uint64_t backtrace_frames);

}  // namespace mote::cli
