// The assembly of x64/trampolines.S as C++ sees it.
#pragma once

#include "engine/code/abi.h"

// Not callable from C++: compiled code calls it, with a HostBinding in r12.
extern "C" void mote_host_call();

namespace mote::runtime {

// VMContext::builtins: what compiled code calls, by code::Builtin.
extern const void* const builtin_table[];

}  // namespace mote::runtime
