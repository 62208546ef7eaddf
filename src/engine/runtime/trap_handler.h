// Turns a fault of compiled code into a trap: records code and frames, and lets the thread go on where the guest was entered.
//
// A fault counts as the guest's only when the pc lies in compiled code (or a trampoline's stack test) *and* the address in a guard
// region or memory of the running store. Everything else is a bug of ours or the embedder's and goes to the earlier handlers.
// An interruption (Stopper) ends a guest whose store is to stop, and leaves a task that is to be preempted, at whatever instruction
// of compiled code it stands. Tested by call_test.cpp, engine/api/stop_test.cpp.
#pragma once

namespace mote::os {
struct Registers;
}

namespace mote::runtime {

class Store;
struct TrapRecord;

void install_trap_handler();

// The store whose guest runs on this thread: set while call() is in the guest; null outside.
[[nodiscard]] Store* running_store();
void set_running_store(Store* store);

// A task was left where an interruption found its guest: has it leave compiled code, as for a stop, when it is taken up again.
void end_interrupted(Store& store, os::Registers& at);

// Appends return addresses of the guest frames from `fp` on, up to the entry of each activation. Async-signal-safe.
void walk_frames(const Store& store, const void* fp, TrapRecord& record);

}  // namespace mote::runtime
