// Runs a program in the oracle and in an engine, and tells the first difference.
//
// Each side writes a journal: one line for every call's outcome, then lines for all state that can be seen (fuel, memories,
// globals, tables). Two journals that are equal mean equal results, traps of the same kind at the same instruction with the same
// backtrace, and equal memories, globals and tables after them.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/codegen_key.h"
#include "tests/differential/program.h"

#include <mote/result.h>

#include <optional>
#include <string>
#include <vector>

namespace mote::differential {

// One column of the matrix: how the engine under test compiles.
struct Setup {
  code::MemoryMode memory = code::MemoryMode::guard;
  bool v3 = true;
  bool canonical_nans = false;
  bool deterministic_relaxed_simd = false;
  bool fuel = false;
  uint8_t opt_level = 2;
};
[[nodiscard]] std::string text(const Setup& setup);
[[nodiscard]] code::CodegenKey key_of(const Setup& setup);

using Journal = std::vector<std::string>;

// Fails when the module is not valid: then the generator is wrong.
[[nodiscard]] Result<Journal> run_oracle(const Program& program, const Setup& setup);
[[nodiscard]] Result<Journal> run_engine(const Program& program, const Setup& setup);

// The first line in which the journals differ: "line 3: oracle: …; engine: …".
[[nodiscard]] std::optional<std::string> difference(const Journal& oracle, const Journal& engine);

// How values and traps are written; both sides use these.
[[nodiscard]] std::string text(const oracle::Value& value, wasm::ValueType type);
[[nodiscard]] std::string trap_text(TrapKind kind, const std::vector<std::pair<uint32_t, uint64_t>>& frames);
// "m0: 2 pages, 1a2b3c…": the bytes as a checksum.
[[nodiscard]] std::string memory_text(uint32_t index, uint64_t pages, Bytes bytes);

// An engine fault cannot be told from a wrong program by a journal alone; both sides stop comparing backtraces at this depth.
inline constexpr size_t compared_frames = 64;
// Steps that each call may take (Program::steps_global).
inline constexpr int32_t steps_per_call = 100;

}  // namespace mote::differential
