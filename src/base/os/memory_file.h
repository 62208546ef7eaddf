// MemoryFile: bytes that many places in memory may show, each with its own changes. What nobody changed is there once.
//
// Immutable, thread-safe. Tested by memory_map_test.cpp.
#pragma once

#include "base/os/file.h"
#include "base/os/memory_map.h"

namespace mote::os {

class MemoryFile {
 public:
  [[nodiscard]] static Result<MemoryFile> create(Bytes bytes);

  [[nodiscard]] Bytes bytes() const { return {view_.data(), size_}; }
  // Has the pages at `at` (page-aligned, part of a mapping that somebody owns) show the file; what is written there stays there.
  [[nodiscard]] Result<void> show_at(uint8_t* at) const;

 private:
  File file_;
  Mapping view_;
  uint64_t size_ = 0;
};

// Makes a part of a mapping, whatever it shows, zeroed memory as Mapping::anonymous has it.
[[nodiscard]] Result<void> show_zeros(uint8_t* at, uint64_t size);

}  // namespace mote::os
