// Randomness, yielding, signals.
#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {

// A guest has no signal handlers; libraries turn abort() into unreachable instead.
Errno proc_raise(Guest&, uint32_t) {
  return Errno::notsup;
}

Errno random_get(Guest& guest, uint32_t buf, uint32_t buf_len) {
  const MutableBytes into = NEED(guest.out(buf, buf_len));
  if (auto filled = guest.process.fill_random(into); !filled) return to_errno(filled.error());
  return Errno::success;
}

// One guest runs on its caller's thread: there is nobody to yield to.
Errno sched_yield(Guest&) {
  return Errno::success;
}

}  // namespace mote::wasi_p1
