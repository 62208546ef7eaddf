// Which pages of a mapping anybody ever touched: without looking at the others, which looking would touch.
//
// By /proc/self/pagemap; where that cannot be read, all of them. Tested by memory_map_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <vector>

namespace mote::os {

struct PageRun {
  uint64_t offset, size;  // bytes, whole pages
  bool operator==(const PageRun&) const = default;
};

// Runs of pages of anonymous memory that may hold something, lowest first; pages between them are zeros. The range begins at a
// page.
[[nodiscard]] std::vector<PageRun> touched_pages(Bytes memory);
// Those of them that are not all zeros.
[[nodiscard]] std::vector<PageRun> nonzero_pages(Bytes memory);

}  // namespace mote::os
