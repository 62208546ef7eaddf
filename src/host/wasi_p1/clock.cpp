// Clocks. The CPU clocks would show the host's own work: they answer notsup, and libraries fall back to the monotonic one.
#include "host/wasi_p1/clock.h"

#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {

Answer<sandbox::ClockId> clock_id(uint32_t clock) {
  switch (clock) {
    case 0:
      return sandbox::ClockId::realtime;
    case 1:
      return sandbox::ClockId::monotonic;
    case 2:  // CPU time of the process
    case 3:  // CPU time of the thread
      return std::unexpected(Errno::notsup);
    default:
      return std::unexpected(Errno::inval);
  }
}

bool may_read_clock(Guest& guest) {
  return guest.process.permits(guest.process.clock, "clock", "read the clock");
}

Errno clock_res_get(Guest& guest, uint32_t clock, uint32_t out) {
  const sandbox::ClockId id = NEED(clock_id(clock));
  if (!may_read_clock(guest)) return Errno::notcapable;
  const MutableBytes place = NEED(guest.out(out, 8));
  store_le(place.data(), guest.process.resolution_ns(id));
  return Errno::success;
}

Errno clock_time_get(Guest& guest, uint32_t clock, uint64_t, uint32_t out) {
  const sandbox::ClockId id = NEED(clock_id(clock));
  if (!may_read_clock(guest)) return Errno::notcapable;
  const MutableBytes place = NEED(guest.out(out, 8));
  store_le(place.data(), guest.process.now_ns(id));
  return Errno::success;
}

}  // namespace mote::wasi_p1
