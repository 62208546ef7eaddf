// What the kernel knows of this process, for metrics. Tested by process_facts_test.cpp.
#pragma once

#include "platform/observe/prometheus.h"

namespace mote::cli {

// What cannot be read is 0.
[[nodiscard]] observe::ProcessFacts process_facts();

}  // namespace mote::cli
