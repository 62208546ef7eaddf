// Which parts of a memory a snapshot writes down: those that are not zero. Private to engine/snapshot.
//
// Every piece costs some ten bytes and a little of each start, so pieces with a small gap between them are one. Bounded: there are
// never more pieces than are allowed, whatever a guest wrote; gaps are then closed until they fit. Tested by memories_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mote::snapshot {

struct Piece {
  uint64_t offset = 0;
  uint64_t size = 0;
  bool operator==(const Piece&) const = default;
};

inline constexpr uint64_t smallest_gap = 32;  // bytes of zeros that are worth a piece of their own behind them

// Sorted, apart from each other; the first and the last byte of each are not zero. At most `most`, which must not be 0.
[[nodiscard]] std::vector<Piece> find_pieces(Bytes memory, size_t most);

}  // namespace mote::snapshot
