// Host functions written in C, as the front door takes them. Two ways: functions over numbers read the registers of the call and
// leave their results there; those with references pass through Val, where types are checked. Tested by capi_test.c.
#pragma once

#include "engine/capi/handles.h"

namespace mote::capi {

// For any type.
[[nodiscard]] HostFunc by_values(mote_host_func_t function, Owned data);

// Defines it in the way that its type allows.
[[nodiscard]] Result<void> define_host_func(Linker& linker, std::string_view module, std::string_view name,
                                            const FuncSignature& signature, mote_host_func_t function, Owned data);

}  // namespace mote::capi
