// What must be known about a whole module before its first function can be compiled: that it is valid, that this build supports
// everything in it, which functions take the uniform prototype, how much work each function is, and how the functions are cut
// into partitions.
//
// Everything here depends on the module only, never on the number of threads: so the output does not either.
// Tested by survey_test.cpp.
#pragma once

#include "engine/wasm/module.h"

#include <mote/result.h>

#include <cstdint>
#include <vector>

namespace mote::aot {

// How much optimisation a function gets. Compile time must not grow faster than n log n, and several passes (promotion of locals,
// register allocation, value numbering) do worse than that in a single function: so large ones take a cheaper way.
enum class Effort : uint8_t {
  full,   // the pipeline that was asked for
  cheap,  // promotion to registers and local clean-up only
  none,   // no optimisation and the linear code generator, in a partition of its own
};

// A function's size beyond which it takes the cheaper way; in bytes of its body, and as the product of locals and blocks, which is
// what bounds the phi nodes that promotion of locals may make.
inline constexpr uint32_t cheap_body_bytes = 48 << 10, huge_body_bytes = 256 << 10;
inline constexpr uint64_t cheap_locals_times_blocks = 1 << 20, huge_locals_times_blocks = 1 << 24;

// Partitions are closed when they have this many bytes, and never go beyond the maximum unless one function does.
inline constexpr uint32_t partition_bytes = 64 << 10, partition_max_bytes = 128 << 10;

// Consecutive own functions [first, last), compiled as one LLVM module.
struct Partition {
  uint32_t first = 0, last = 0;
  uint64_t bytes = 0;
  bool is_huge = false;  // one function with Effort::none
};

struct Survey {
  std::vector<bool> is_uniform;  // by function index: defined and called directly with the uniform prototype (prototype.h)
  std::vector<Effort> effort;    // by own-function index
  std::vector<Partition> partitions;
  uint64_t code_bytes = 0;
};

// Validates every body. Errors: bad_input, limit; unsupported with the feature, function and offset, only when all is valid.
[[nodiscard]] Result<Survey> survey(const wasm::Module& module);

}  // namespace mote::aot
