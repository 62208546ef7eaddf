// What the kernel knows of this process, for metrics. The kernel's files are opened at the start, since behind a kernel wall
// nothing can be opened any more. Tested by process_test.cpp.
#pragma once

#include "base/os/file.h"
#include "platform/observe/prometheus.h"

namespace mote::observe {

class ProcessWatch {
 public:
  ProcessWatch();  // what cannot be opened stays 0
  [[nodiscard]] ProcessFacts facts() const;

 private:
  os::File memory_, descriptors_;
  double started_ = 0;
  uint64_t most_files_ = 0;
};

}  // namespace mote::observe
