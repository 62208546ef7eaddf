// House: what serves an isolated component in its own process: one thread for each worker of the server, which sends its events.
//
// Ends when the server is gone or wants no more of it, and what has begun is done. Tested by link_test.cpp, tests/up.
#pragma once

#include "base/os/file.h"
#include "platform/observe/metrics.h"
#include "platform/serve/worker.h"

#include <mote/result.h>

#include <cstdint>
#include <vector>

namespace mote::isolate {

struct HouseSettings {
  serve::Deployment deployment;  // a component for each function that events call
  observe::Registry& registry;   // has a shard for each channel
  uint64_t most_event = 16u << 20;
};
// Serves these channels until all are closed.
[[nodiscard]] Result<void> keep_house(HouseSettings settings, std::vector<os::File> channels);

}  // namespace mote::isolate
