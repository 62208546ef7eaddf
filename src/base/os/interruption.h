// Interruptions: one thread makes another look up from whatever it runs. By SIGURG, which nothing else means anything by: the
// default action is to ignore it, and handlers that were there before are still called.
//
// The handler runs on the interrupted thread's signal stack (provide_signal_stack, which also lets the signal through) and must be
// async-signal-safe; like a fault's it may change where execution goes on. System calls are restarted. Tested by
// interruption_test.cpp.
#pragma once

#include "base/os/fault.h"

#include <signal.h>

namespace mote::os {

inline constexpr int interruption_signal = SIGURG;

struct Interruption : Registers {
  void* machine;  // all that the kernel saved: a ucontext_t
};
using InterruptionHandler = bool (*)(Interruption& interruption);  // true: go on with the changed registers

// Once per process; later calls with the same handler do nothing.
void install_interruption_handler(InterruptionHandler handler);

using ThreadId = int;  // the kernel's; never 0
[[nodiscard]] ThreadId this_thread();
// A thread of this process. One that has ended is passed over; if its number is another's by now, that one is interrupted for
// nothing.
void interrupt(ThreadId thread);
// Has every running thread of this process pass a memory barrier: what they stored before is seen here, what was stored here before
// is seen by them. False where the kernel cannot. For the rare side of a flag whose other side must cost nothing.
[[nodiscard]] bool bring_threads_into_line();

}  // namespace mote::os
