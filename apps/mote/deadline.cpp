// See deadline.h.
#include "apps/mote/deadline.h"

#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "base/core/format.h"

#include <unistd.h>

namespace mote::cli {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint64_t patience_ns = 100 * ns_per_ms;  // for a host function that only computes

}  // namespace

Result<std::unique_ptr<Delayed>> watch_deadline(const Options& options, const Store& store, std::string file) {
  if (options.timeout_text.empty()) return nullptr;
  const std::string reason = "timeout: the guest ran longer than " + options.timeout_text;
  const uint64_t delay_ms = (options.timeout_ns + ns_per_ms - 1) / ns_per_ms;
  return Delayed::start(delay_ms, [stopper = store.stopper(), reason, file = std::move(file)] {
    if (stopper.stop(reason, patience_ns)) return;
    print_to_stderr(format("interrupted: {}, and waits in a host function\n  ({})\n", reason, file));
    _exit(status_trap);
  });
}

}  // namespace mote::cli
