// `-W timeout` and `-W cpu-time`: end a guest that runs, or computes, too long, wherever it is; one that waits, at once.
//
// Tested by tests/cases/timeout.case, cpu-time.case.
#pragma once

#include "apps/mote/options.h"
#include "base/io/thread.h"
#include "host/running/watchdog.h"

#include <mote/store.h>

#include <memory>

namespace mote::cli {

// A watchdog on a thread of its own, for one guest.
class Deadline {
 public:
  // Counts from here until its end. Null without either flag; an error where there is no thread to count on.
  [[nodiscard]] static Result<std::unique_ptr<Deadline>> start(const Options& options, const Store& store);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

 private:
  explicit Deadline(io::Thread thread) : thread_(std::move(thread)) {}
  std::unique_ptr<running::Watchdog> watchdog_;
  io::Thread thread_;
  std::unique_ptr<running::Watchdog::Watch> watch_;
};

}  // namespace mote::cli
