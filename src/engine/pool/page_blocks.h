// PageBlocks: memory in pieces of a page, for the changed pages of packed stores. Chunks of many pieces, backed by huge pages where
// the kernel has them: page tables and mappings per piece are next to nothing. Thread-safe. Tested by tests/differential (pooled
// setups), engine/api/pool_test.cpp.
#pragma once

#include "base/os/memory_map.h"

#include <cstdint>
#include <mutex>
#include <vector>

namespace mote::pool {

class PageBlocks {
 public:
  static constexpr uint64_t block_size = os::page_size, chunk_size = 64ull << 20;

  [[nodiscard]] Result<uint8_t*> take();  // of no particular content
  void give(uint8_t* block);
  [[nodiscard]] uint64_t chunk_count() const;

 private:
  mutable std::mutex mutex_;  // guards the following
  uint8_t* free_ = nullptr;   // a list: each block begins with the next one's address
  std::vector<os::Mapping> chunks_;
  uint64_t used_ = chunk_size;  // of the last chunk
};

}  // namespace mote::pool
