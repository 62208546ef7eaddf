// See memories.h. Words of eight bytes, and stretches of zeros in blocks that compilers make vectors of.
#include "engine/snapshot/memories.h"

#include "base/core/assert.h"

#include <algorithm>

namespace mote::snapshot {

namespace {

constexpr size_t block_size = 256;

bool is_zero_block(const uint8_t* at) {
  uint64_t any = 0;
  for (size_t i = 0; i < block_size; i += sizeof any) any |= load_le<uint64_t>(at + i);
  return any == 0;
}

// The first byte from `at` on that is not zero; the end when there is none.
uint64_t skip_zeros(Bytes memory, uint64_t at) {
  while (at < memory.size()) {
    if (memory.size() - at >= block_size && is_zero_block(memory.data() + at)) {
      at += block_size;
    } else if (memory[at] != 0) {
      break;
    } else {
      ++at;
    }
  }
  return at;
}

// Where the bytes that are not zero end: at a byte behind which `gap` zeros, or the memory's end, follow.
uint64_t find_end(Bytes memory, uint64_t at, uint64_t gap) {
  uint64_t end = at;
  while (at < memory.size() && at - end < gap) {
    const bool is_word = memory.size() - at >= sizeof(uint64_t);
    if (is_word && load_le<uint64_t>(memory.data() + at) == 0) {
      at += sizeof(uint64_t);
      continue;
    }
    const uint64_t size = is_word ? sizeof(uint64_t) : memory.size() - at;
    for (uint64_t i = 0; i < size; ++i) {
      if (memory[at + i] != 0) end = at + i + 1;
    }
    at += size;
  }
  return end;
}

std::optional<std::vector<Piece>> pieces_with_gap(Bytes memory, uint64_t gap, size_t most) {
  std::vector<Piece> pieces;
  for (uint64_t at = skip_zeros(memory, 0); at < memory.size(); at = skip_zeros(memory, at)) {
    if (pieces.size() == most) return std::nullopt;
    const uint64_t end = find_end(memory, at, gap);
    pieces.push_back({at, end - at});
    at = end;
  }
  return pieces;
}

}  // namespace

std::vector<Piece> find_pieces(Bytes memory, size_t most) {
  ASSERT(most != 0);
  constexpr uint64_t factor = 4;
  for (uint64_t gap = smallest_gap;; gap *= factor) {
    if (auto pieces = pieces_with_gap(memory, gap, most)) return *std::move(pieces);
    // A gap as long as the memory leaves one piece.
    ASSERT(gap < memory.size());
  }
}

}  // namespace mote::snapshot
