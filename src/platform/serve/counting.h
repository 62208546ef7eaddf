// What is counted of an event that is over, wherever its guest ran. Tested by seat_test.cpp.
#pragma once

#include "platform/observe/metrics.h"
#include "platform/trigger/event.h"

#include <cstdint>

namespace mote::serve {

void count(observe::Shard& shard, uint32_t component, const trigger::Event& event, const trigger::Outcome& outcome,
           uint64_t took_ns);
// Of one that was not even made, since it would have been refused (trigger::Dispatcher::turns_away).
void count_refused(observe::Shard& shard, uint32_t component, trigger::Kind kind);

}  // namespace mote::serve
