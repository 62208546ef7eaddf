// Walks over the frames of guests: for the references in them, and for who catches an exception.
//
// Both begin where the guest left for the runtime (StoreContext::last_exit_fp, last_exit_pc) and follow the frame pointers;
// compiled code has standard frames at every call. Docs: docs/internals/gc.md, docs/internals/exceptions.md. Tested by tests/spec.
#pragma once

#include "engine/runtime/store.h"

namespace mote::runtime {

// The roots of all guests' frames of the store, whichever activation they belong to.
void visit_frames(const Store& store, code::RootVisitor& visitor);

// Looks for a handler in the frames of the innermost activation. True: StoreContext::landing_* say where to go on with the
// exception. False: the activation's caller gets it.
[[nodiscard]] bool find_handler(Store& store, uint32_t exception);

}  // namespace mote::runtime
