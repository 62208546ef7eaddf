// One decoded and validated instruction, as the walker hands it to a consumer.
//
// Opcode enumerators are the specification's names with '.' replaced by '_'; C++ keywords get a trailing '_'
// (block, loop, if_, else_, end, try_table, br, return_, i32_add, i8x16_add_sat_s, memory_atomic_wait32, …).
#pragma once

#include <cstdint>
#include <span>

#include "engine/wasm/types.h"

namespace mote::wasm {

enum class Opcode : uint16_t {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) name,
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};
[[nodiscard]] const char* text(Opcode op);  // "i32.add"

// What a module must have for an instruction: used for "not supported by this build yet: …", `inspect` and the oracle.
enum class Group : uint8_t {
  control, variable, parametric, memory, numeric, sign_extension, saturating, bulk_memory, reference, simd, relaxed_simd, tail_call,
  function_references, exceptions, gc, threads,
};
[[nodiscard]] Group group(Opcode op);
[[nodiscard]] const char* text(Group group);  // "exception handling", "garbage collection", "threads", …

struct MemArg {
  uint32_t align_log2 = 0;
  MemoryIndex memory = 0;
  uint64_t offset = 0;
};
// Parameters and results of a block. Spans borrow from the module or the walker and live as long as the walk.
struct BlockType {
  std::span<const ValueType> params;
  std::span<const ValueType> results;
};
// One clause of try_table.
struct Catch {
  enum Kind : uint8_t { catch_, catch_ref, catch_all, catch_all_ref };
  Kind kind = catch_;
  TagIndex tag = 0;
  uint32_t depth = 0;
};

// Immediates live in the field that the comment names; fields that an opcode does not use are zero or empty.
struct Instruction {
  Opcode op{};
  uint64_t offset = 0;        // of its first byte, in the module: the offset in traps, backtraces and debug information
  uint32_t index = 0;         // local, global, func, table (call_indirect too), memory, data, elem, tag, type; br* depth; lane
  uint32_t index2 = 0;        // second one: call_indirect's type; table.init table, table.copy source table; memory.init memory,
                              // memory.copy source memory; array.copy source type; struct.get field; array.new_fixed count
  ValueType type;             // select, drop, table.get/set, global.get, ref.*: the operand's type; br_on_null…: its reference type;
                              // ref.test/cast, br_on_cast*: target type (source type in type2); ref.null: the type it makes
  ValueType type2;
  uint64_t low = 0;           // constants: bits; v128.const and i8x16.shuffle: lanes 0–7
  uint64_t high = 0;          // … lanes 8–15
  MemArg memarg;              // loads, stores, lanes, atomics
  BlockType block;            // block, loop, if, try_table
  std::span<const uint32_t> targets;  // br_table: depths, the default last
  std::span<const Catch> catches;     // try_table
  bool end_reachable = true;  // else, end: whether control falls into it from above (not by a branch)
};

}  // namespace mote::wasm
