// Modules that a manifest names by an address and a digest: fetched once, over HTTP or HTTPS, and kept in the cache folder. Only
// bytes with that digest count, wherever they came from. Tested by tests/up.
#pragma once

#include "platform/manifest/manifest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mote::cli {

[[nodiscard]] Result<std::vector<uint8_t>> fetch_module(const manifest::Source& source);

}  // namespace mote::cli
