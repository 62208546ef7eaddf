// What must be known about a whole module before its first function can be compiled: that it is valid, which functions take the
// uniform prototype, how much work each function is, and how the functions are cut into partitions.
//
// Everything here depends on the module only, never on the number of threads: so the output does not either.
// Tested by survey_test.cpp.
#pragma once

#include "engine/wasm/module.h"

#include <mote/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace mote::aot {

// How much optimisation a function gets. Compile time must not grow faster than n log n, and several passes (promotion of locals,
// register allocation, value numbering) do worse than that in a single function: so large ones take a cheaper way.
enum class Effort : uint8_t {
  full,   // the pipeline that was asked for
  cheap,  // promotion to registers and local clean-up only
  none,   // no optimisation and the linear code generator, in a partition of its own
};

// Values that a function moves: parameters and results of itself, of its calls, blocks and branches. A few bytes of code can move
// a thousand, each an instruction or more, so the bytes of a body do not bound the work it makes: its weight does. This many
// would take gigabytes; the largest body possible has a quarter of it when its calls and branches move two values each.
inline constexpr uint64_t most_moved_values = 16 << 20;

// The larger of a body's bytes and four times what it moves, and a little for each function.
[[nodiscard]] constexpr uint64_t weight_of(uint64_t body_bytes, uint64_t moved_values) {
  return 32 + (body_bytes > 4 * moved_values ? body_bytes : 4 * moved_values);
}

// The weight beyond which a function takes the cheaper way, and likewise the product of the locals it sets and its blocks, which is
// what bounds the phi nodes that promotion of locals may make.
inline constexpr uint64_t cheap_weight = 48 << 10, huge_weight = 256 << 10;
inline constexpr uint64_t cheap_locals_times_blocks = 1 << 20, huge_locals_times_blocks = 1 << 22;

// Partitions are closed when they weigh this much, and never weigh more than the maximum unless one function does.
inline constexpr uint64_t partition_weight = 64 << 10, partition_max_weight = 128 << 10;

// Consecutive own functions [first, last), compiled as one LLVM module.
struct Partition {
  uint32_t first = 0, last = 0;
  uint64_t weight = 0;
  uint64_t code_bytes = 0;
  bool is_huge = false;  // one function with Effort::none
};

// An element of a table that stays what it is: calls through this index call this function of the module's own.
struct KnownElement {
  uint32_t index = 0;
  wasm::FuncIndex func = 0;
  bool operator==(const KnownElement&) const = default;
};
// Calls are tried against this many: each is a comparison and a call of its own at every site.
inline constexpr size_t most_known_elements = 4;

struct Survey {
  using Known = std::map<std::pair<wasm::TableIndex, wasm::TypeIndex>, std::vector<KnownElement>>;

  std::vector<bool> is_uniform;  // by function index: defined and called directly with the uniform prototype (prototype.h)
  std::vector<Effort> effort;    // by own-function index
  // By own-function index: whether something in it may move the objects of the heap: calls, and the making of objects.
  std::vector<bool> has_safepoints;
  bool has_handlers = false;  // a try_table anywhere
  // By table index: the number of elements where nothing can change it: the type leaves no choice, or the table is the module's
  // own, not exported and never grown.
  std::vector<std::optional<uint64_t>> fixed_lengths;
  // By table and canonical type: the elements of exactly that type, where nothing can change any of them and there are few.
  // Elements of a subtype and imported functions are not among them.
  Known known_elements;
  std::vector<Partition> partitions;
  uint64_t code_bytes = 0;
};

// Validates every body. Errors: bad_input, limit.
[[nodiscard]] Result<Survey> survey(const wasm::Module& module);

}  // namespace mote::aot
