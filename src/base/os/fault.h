// Faults of the CPU (SIGSEGV, SIGBUS, SIGILL, SIGFPE): one handler of ours, in front of those that were there before.
//
// The handler runs on the thread's signal stack and must be async-signal-safe. It may change where execution goes on, and so turn
// a fault of guest code into a return. What it does not take is passed to the earlier handler, or ends the process as if we had
// none. Tested by fault_test.cpp.
#pragma once

#include <mote/result.h>

#include <cstdint>

namespace mote::os {

// Where interrupted code was; what a handler leaves here is where it goes on.
struct Registers {
  uint64_t pc, sp, fp;
};

struct Fault : Registers {
  enum class Kind : uint8_t { segmentation, bus, illegal_instruction, arithmetic } kind;
  const void* address;    // what was accessed (segmentation, bus)
  bool is_address_known;  // false: the kernel could not say (then `address` is null)
};
using FaultHandler = bool (*)(Fault& fault);  // true: go on with the changed registers

// Once per process; later calls with the same handler do nothing.
void install_fault_handler(FaultHandler handler);
// Gives this thread a signal stack, unless it has one that is large enough; freed when the thread ends. Cheap after the first call.
[[nodiscard]] Result<void> provide_signal_stack();

}  // namespace mote::os
