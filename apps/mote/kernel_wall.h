// `mote run --kernel-wall`: the kernel as a second wall around a guest (base/os/confinement.h), from what the guest was granted.
//
// Closed when everything is open that the guest was given, before any of its code runs and before any thread is started; what is to
// run outside (the compiler for the next run) was started before. Tested by kernel_wall_test.cpp and tests/cases/kernel-wall.case.
#pragma once

#include "apps/mote/grants.h"
#include "apps/mote/options.h"
#include "base/os/confinement.h"

#include <mote/engine.h>

#include <string>
#include <vector>

namespace mote::cli {

// What is left open: the folders that were granted, with their rights; sockets, when some are handed in; the TCP ports of a policy.
// A guest of WASI preview 1 makes no sockets: its ports matter only should something else make one.
[[nodiscard]] os::Confinement wall_of(const Grants& grants, const Options& options);

// Whether one is wanted: a policy asks for it when the command line says nothing.
[[nodiscard]] bool wants_wall(const Options& options, const Grants& grants);

// Closes it if it is wanted; --verbose says what was closed and what this kernel lacks. Fails where it is required, by the command
// line or the policy, and this kernel cannot.
[[nodiscard]] Result<void> close_wall(const Options& options, const Grants& grants);

// For `mote settings`.
[[nodiscard]] std::vector<Engine::Setting> wall_settings();

// "" when these layers are all that `what` needs, else what is missing and why.
[[nodiscard]] std::string missing_layers(const os::Layers& layers, const os::Confinement& what);

}  // namespace mote::cli
