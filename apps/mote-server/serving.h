// A server from a manifest, from its start to its end: what `mote up` and `mote serve` share.
//
// Order of a start: the manifest is read and deployed, listeners are opened, the kernel wall is closed, workers begin; then the
// supervisor is told. SIGTERM and SIGINT end it when the requests that there are have been answered, SIGHUP has it read the
// manifest again. Tested by tests/up.
#pragma once

#include "apps/mote-server/surroundings.h"
#include "apps/mote/options.h"

namespace mote::cli {

// `read`: the manifest, now and for each reload; what the command line says wins.
[[nodiscard]] int serve(const Options& options, const ReadManifest& read);

}  // namespace mote::cli
