// Preview 1's clock numbers, for clock.cpp and poll.cpp.
#pragma once

#include "host/wasi_p1/guest.h"

namespace mote::wasi_p1 {

[[nodiscard]] Answer<sandbox::ClockId> clock_id(uint32_t clock);

}  // namespace mote::wasi_p1
