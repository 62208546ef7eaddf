// Preview 1's clock numbers, for clock.cpp and poll.cpp.
#pragma once

#include "host/wasi_p1/guest.h"

namespace mote::wasi_p1 {

[[nodiscard]] Answer<sandbox::ClockId> clock_id(uint32_t clock);
// Whether the guest was granted clocks; a refusal is noted. To wait for some time is everybody's right, to find out the time is
// not.
[[nodiscard]] bool may_read_clock(Guest& guest);

}  // namespace mote::wasi_p1
