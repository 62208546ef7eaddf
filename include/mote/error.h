// The error value that every fallible function of Mote returns.
//
// A failure says what is wrong, where (byte offset, path or field) and what to do about it. Bad input, refusals and
// limits are errors; a guest that traps or exits is not (see trap.h), and a bug of ours ends the process (base/core/assert.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mote {

// How a caller reacts to a failure. One table per border turns kinds into errno, exit status or HTTP status.
enum class ErrorKind : uint8_t {
  bad_input,    // the bytes or arguments handed in are wrong: malformed or invalid module, wrong type, bad flag
  unsupported,  // valid, but this build cannot do it
  denied,       // policy or permissions refuse it
  not_found,    // a file, export or import that is not there
  limit,        // a named limit would be exceeded (see limits.h)
  unavailable,  // the machine refuses: out of memory, address space, no compiler
  internal,     // we failed; please report
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;                  // one line for a human, no trailing newline
  std::optional<uint64_t> offset = {};  // byte offset in the input, where that makes sense

  // "message (at offset 0x1f3)": what a command line prints.
  [[nodiscard]] std::string text() const;
};

// "bad input", "unsupported", …: the word for logs and JSON.
[[nodiscard]] const char* name(ErrorKind kind);

}  // namespace mote
