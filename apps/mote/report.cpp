// Messages and exit statuses: see report.h.
#include "apps/mote/report.h"

#include "apps/mote/commands.h"
#include "base/core/format.h"
#include "base/os/file.h"

namespace mote::cli {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

// A reader that went away, or a full disk: nothing can be said about it on the same stream, and the exit status is the guest's.
void print(std::string_view text) {
  (void)os::write_all(1, bytes(text));
}
void print_to_stderr(std::string_view text) {
  (void)os::write_all(2, bytes(text));
}

int report(std::string_view where, const Error& error) {
  const std::string text = error.text();
  if (where.empty() || text.starts_with(where)) {
    print_to_stderr(format("mote: {}\n", text));
  } else {
    print_to_stderr(format("mote: {}: {}\n", where, text));
  }
  return status_misuse;
}

int report(std::string_view where, const Failure& failure, uint64_t backtrace_frames) {
  switch (failure.kind) {
    case Failure::Kind::error:
      return report(where, failure.error);
    case Failure::Kind::exit:
      return failure.exit_code;
    case Failure::Kind::trap:
      break;
  }
  Trap trap = failure.trap;
  const size_t all = trap.backtrace.size();
  if (all > backtrace_frames) trap.backtrace.resize(backtrace_frames);
  std::string text = trap.text();
  if (all > backtrace_frames) text += format("\n  … (-D max-backtrace={}; there are {} frames)", backtrace_frames, all);
  // The first line begins with the specification's words for the trap, which is what programs look for.
  print_to_stderr(text + "\n");
  return status_trap;
}

}  // namespace mote::cli
