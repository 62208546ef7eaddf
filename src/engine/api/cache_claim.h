// The right to compile a module into the cache, for one process at a time, with the memory of what went wrong before.
//
// A claim is a file beside the entry it is for, "<entry>.compile", held by a lock that goes when its holder dies. Before the
// compiler starts, the file says so; a failure replaces that. Whoever claims later reads it:
//   the compiler refused the module   never again, as long as module, options and compiler stay what they are (all are in the name)
//   started, and nothing after that   killed, or the machine went down: tried again after `pause_s`
//   crash, timeout, no memory, disk   likewise
// Success removes the file. A folder that cannot be written gives no claims, so that nobody works for nothing.
// Tested by cache_claim_test.cpp.
#pragma once

#include "base/os/file.h"

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mote::api {

class CacheClaim {
 public:
  static constexpr uint64_t pause_s = 3600;
  static constexpr std::string_view suffix = ".compile";

  enum class Verdict : uint8_t { granted, busy, gave_up };
  // `now_s`: seconds since 1970. Errors: the file cannot be made or written.
  [[nodiscard]] static Result<std::pair<Verdict, CacheClaim>> take(const std::string& entry_path, uint64_t now_s);

  CacheClaim() = default;
  // What the compiler said. Of the kinds of errors, bad_input, unsupported and limit are the module's fault.
  void failed(const Error& error, uint64_t now_s);
  void succeeded();

 private:
  enum class State : uint8_t { started = 1, refused = 2, broke = 3 };
  struct Record;
  Result<void> write(State state, uint64_t now_s) const;

  std::string path_;
  os::File file_;
};

}  // namespace mote::api
