// Which pages of a mapping anybody ever touched: without looking at the others, which looking would touch; and touching many at
// once.
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

// For who is going to write to all pages of a range: one system call instead of a fault for each. Does nothing where the kernel
// cannot (before 5.14) or a page is not to be had: then touching it faults, as ever.
void touch_to_write(MutableBytes range);

}  // namespace mote::os
