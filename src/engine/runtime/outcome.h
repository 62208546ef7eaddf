// What a builtin's body returns to its stub (x64/trampolines.S): a value in rax, and in rdx whether the guest is stopped.
#pragma once

#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"

#include <cstdint>

namespace mote::runtime {

struct Outcome {
  uint64_t value;
  uint64_t is_stopped;
};

[[nodiscard]] inline Outcome done(uint64_t value = 0) {
  return {value, 0};
}
[[nodiscard]] inline Outcome trap(code::VMContext* vmctx, code::TrapCode code) {
  Instance::of(*vmctx).store().trap(code);
  return {0, 1};
}
// Whether [at, at + count) lies inside [0, size).
[[nodiscard]] constexpr bool is_inside(uint64_t at, uint64_t count, uint64_t size) {
  return count <= size && at <= size - count;
}

// Bulk operations stop between pieces: each takes less than a millisecond, the whole up to seconds.
inline constexpr uint64_t piece_bytes = 1 << 20;
inline constexpr uint64_t piece_elements = piece_bytes / sizeof(uint64_t);

// Calls `one(at, size)` for the pieces of `count`, the last ones first when told so, until the store is to stop; the builtin's stub
// then ends the guest. Between pieces its task may be left: memories and tables stay where they are.
template <class One>
void in_pieces(Store& store, uint64_t count, uint64_t piece, bool backwards, One one) {
  for (uint64_t done = 0; done < count && store.may_go_on();) {
    const uint64_t size = std::min(piece, count - done);
    one(backwards ? count - done - size : done, size);
    done += size;
  }
}

}  // namespace mote::runtime
