// See deadline.h.
#include "apps/mote/deadline.h"

#include <utility>

namespace mote::cli {

Result<std::unique_ptr<Deadline>> Deadline::start(const Options& options, const Store& store) {
  if (!options.timeout && !options.cpu_time) return nullptr;
  running::Allowance allowance;
  if (options.timeout) {
    allowance.wall_ns = options.timeout->ns;
    allowance.wall_reason = "timeout: the guest ran longer than " + options.timeout->text;
  }
  if (options.cpu_time) {
    allowance.cpu_ns = options.cpu_time->ns;
    allowance.cpu_reason = "cpu time: the guest computed longer than " + options.cpu_time->text;
  }
  auto watchdog = std::make_unique<running::Watchdog>();
  auto thread = TRY(io::Thread::start([one = watchdog.get()] { one->run(); }));
  std::unique_ptr<Deadline> deadline(new Deadline(std::move(thread)));
  deadline->watch_ = watchdog->watch(store, std::move(allowance));
  deadline->watchdog_ = std::move(watchdog);
  return deadline;
}

// The thread is joined next, and ends because of this.
Deadline::~Deadline() {
  watch_.reset();
  watchdog_->end();
}

}  // namespace mote::cli
