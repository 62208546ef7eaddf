// `-W timeout`: ends a guest that runs too long.
//
// The guest traps wherever it is. One that waits in a host function (for input, say) cannot: then the process says so and ends.
// Tested by tests/cases/timeout.case.
#pragma once

#include "apps/mote/options.h"
#include "apps/mote/thread.h"

#include <mote/store.h>

#include <memory>
#include <string>

namespace mote::cli {

// Counts from here until its end. Null without -W timeout; an error where there is no thread to count on. `file` is for the
// message.
[[nodiscard]] Result<std::unique_ptr<Delayed>> watch_deadline(const Options& options, const Store& store, std::string file);

}  // namespace mote::cli
