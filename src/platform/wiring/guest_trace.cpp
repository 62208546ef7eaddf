// See guest_trace.h.
#include "platform/wiring/guest_trace.h"

#include "base/os/clock.h"

#include <utility>

namespace mote::wiring {

GuestTrace::GuestTrace(const Tracing& tracing, bool denial_ends_guest, const std::string& component, TraceLog log,
                       sandbox::Process& process)
    : component_(component), log_(std::move(log)) {
  const auto write = [this](std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (log_) log_(component_, event_, line);
  };
  if (tracing.audits) {
    const auto now = [] { return os::now_ns(os::Clock::realtime); };
    process.denials.add(audit_.emplace(write, component, now));
  }
  if (!tracing.calls && !denial_ends_guest) return;  // calls stay direct
  const auto now = [] { return os::now_ns(os::Clock::monotonic); };
  calls::Watch& watch = watch_.emplace(now, process.denials);
  if (tracing.calls) {
    strace_.emplace(write, *tracing.calls, tracing.is_json ? calls::Strace::Format::jsonl : calls::Strace::Format::text);
    watch.add(*strace_);
  }
  watch.set_denial_ends_guest(denial_ends_guest);
  process.watch = &watch;
}

void GuestTrace::end(std::string_view how) {
  if (strace_) strace_->finish(how);
  event_ = 0;
}

}  // namespace mote::wiring
