// Who looks at the guests of a component in a server: calls and refusals as lines of the log, each under its event. As --strace and
// --audit of `mote run`. Of one context, one event after another. Tested by tests/up.
#pragma once

#include "host/calls/audit.h"
#include "host/calls/strace.h"
#include "host/calls/watch.h"
#include "host/sandbox/process.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::wiring {

struct Tracing {
  std::optional<calls::Filter> calls = {};  // none: not shown
  bool is_json = false;
  bool audits = false;
  [[nodiscard]] bool is_on() const { return calls.has_value() || audits; }
};
// Any worker's thread.
using TraceLog = std::function<void(std::string_view component, uint64_t event, std::string_view line)>;

class GuestTrace {
 public:
  // For a process that is not armed yet, and ends before this.
  GuestTrace(const Tracing& tracing, bool denial_ends_guest, const std::string& component, TraceLog log, sandbox::Process& process);
  GuestTrace(const GuestTrace&) = delete;
  GuestTrace& operator=(const GuestTrace&) = delete;

  void begin(uint64_t event) { event_ = event; }
  void end(std::string_view how);  // of the event

 private:
  std::string component_;
  TraceLog log_;
  uint64_t event_ = 0;
  std::optional<calls::Strace> strace_;
  std::optional<calls::Audit> audit_;
  std::optional<calls::Watch> watch_;
};

}  // namespace mote::wiring
