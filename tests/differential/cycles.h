// Events of a pooled store, again and again: what each does must be what it did when the store was new.
//
// An event is one call of the plan. Most run straight; some as tasks that another thread preempts at random instructions, and some
// are killed at a random instruction. After each the store is reset; samples are compared with the template, byte for byte. So
// whatever an event leaves behind, killed in the middle or not, is a difference in a later one.
#pragma once

#include "engine/pool/reset_plan.h"
#include "tests/differential/journal.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>

namespace mote::differential {

struct CycleCounts {
  uint64_t events = 0, preempted = 0, killed = 0;  // the latter: those that an order found running
};

// Makes `events` events on the plan's store, which equals its template. `event` makes one call, by number below `calls`, and
// returns what it did. Fails at the first difference.
[[nodiscard]] Result<CycleCounts> run_cycles(pool::ResetPlan& plan, uint64_t events, size_t calls,
                                             const std::function<Result<Journal>(size_t call)>& event);

}  // namespace mote::differential
