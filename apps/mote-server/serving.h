// A server from a manifest, from its start to its end: what `mote up` and `mote serve` share.
//
// Order of a start: the manifest is read and deployed, listeners are opened, the kernel wall is closed, workers begin; then the
// supervisor is told. SIGTERM and SIGINT end it when the requests that there are have been answered, SIGHUP has it read the
// manifest again. Tested by tests/up.
#pragma once

#include "apps/mote/options.h"
#include "platform/manifest/manifest.h"

#include <functional>

namespace mote::cli {

// Reads the manifest, now and for each reload, with what the command line says instead of it.
using ReadManifest = std::function<Result<manifest::Manifest>()>;
[[nodiscard]] int serve(const Options& options, const ReadManifest& read);

}  // namespace mote::cli
