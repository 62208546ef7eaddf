// Random numbers of the kernel for whoever asks often for few: some are fetched ahead, so that most draws are no system call (0.3
// us).
//
// As fit for keys as the kernel's: what was handed out is wiped, and a child process finds none that its parent has (the kernel
// wipes the page at a fork). Where it cannot promise that, nothing is fetched ahead. One thread at a time. Tested by
// random_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_map.h"

#include <mote/result.h>

#include <cstdint>

namespace mote::os {

class RandomReserve {
 public:
  RandomReserve();
  [[nodiscard]] Result<void> fill(MutableBytes into);

  static constexpr uint64_t most_from_reserve = 256;  // more is asked of the kernel: the call costs little beside it

 private:
  Mapping page_;  // how many bytes are left (4 bytes), and those; invalid: there is no reserve
};

}  // namespace mote::os
