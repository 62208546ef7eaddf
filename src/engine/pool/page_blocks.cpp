// Blocks from chunks (page_blocks.h).
#include "engine/pool/page_blocks.h"

#include "base/core/format.h"

#include <cstring>

namespace mote::pool {

Result<uint8_t*> PageBlocks::take() {
  const std::lock_guard lock(mutex_);
  if (free_ != nullptr) {
    uint8_t* const block = free_;
    std::memcpy(&free_, block, sizeof free_);
    return block;
  }
  if (used_ == chunk_size) {
    auto chunk = os::Mapping::anonymous(chunk_size);
    if (!chunk) return fail(ErrorKind::unavailable, "no memory for packed sandboxes: " + chunk.error().message);
    chunk->ask_for_huge_pages(0, chunk_size);
    chunks_.push_back(std::move(*chunk));
    used_ = 0;
  }
  uint8_t* const block = chunks_.back().data() + used_;
  used_ += block_size;
  return block;
}

void PageBlocks::give(uint8_t* block) {
  const std::lock_guard lock(mutex_);
  std::memcpy(block, &free_, sizeof free_);
  free_ = block;
}

uint64_t PageBlocks::chunk_count() const {
  const std::lock_guard lock(mutex_);
  return chunks_.size();
}

}  // namespace mote::pool
