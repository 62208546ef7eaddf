// One decoded and validated instruction, as the walker hands it to a consumer, and what the opcode table says of each opcode.
//
// Opcode enumerators are the specification's names with '.' replaced by '_'; C++ keywords get a trailing '_'
// (block, loop, if_, else_, end, try_table, br, return_, i32_add, i8x16_add_sat_s, memory_atomic_wait32, …). Where the
// specification gives one name to two opcodes, the second is: select_t (with types), ref_test_null, ref_cast_null.
// The table is opcodes.def; opcode.cpp turns it into OpcodeInfo at compile time. Tested by opcode_test.cpp.
#pragma once

#include "engine/wasm/types.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace mote::wasm {

enum class Opcode : uint16_t {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) name,
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};
inline constexpr uint32_t opcode_count = static_cast<uint32_t>(Opcode::i64_atomic_rmw32_cmpxchg_u) + 1;  // the table's last line

// What a module must have for an instruction: used for "not supported by this build yet: …", `inspect` and the oracle.
// clang-format off
enum class Group : uint8_t {
  control, variable, parametric, memory, numeric, sign_extension, saturating, bulk_memory, reference, simd, relaxed_simd, tail_call,
  function_references, exceptions, gc, threads,
};
// clang-format on
[[nodiscard]] const char* text(Group group);  // "exception handling", "garbage collection", "threads", …

// What follows the opcode in the binary.
// clang-format off
enum class Immediate : uint8_t {
  none, block, try_table, depth, depths, func, type, type_table, select_types, local, global, table, table_table, elem, elem_table,
  data, data_memory, memory, memory_memory, i32, i64, f32, f64, v128, shuffle, heap_type, cast, field, type_type, type_count,
  type_data, type_elem, tag, zero_byte,
  lane_2, lane_4, lane_8, lane_16,                                                  // a lane below N
  memarg_8, memarg_16, memarg_32, memarg_64, memarg_128,                            // accesses N bits
  memarg_8_lane, memarg_16_lane, memarg_32_lane, memarg_64_lane,                    // … and a lane
  atomic_8, atomic_16, atomic_32, atomic_64,                                        // … with exactly natural alignment
};
// clang-format on
// log2 of the bytes that an instruction with this immediate accesses; nothing for other immediates.
[[nodiscard]] constexpr std::optional<uint32_t> access_log2(Immediate immediate) {
  if (immediate >= Immediate::atomic_8) return static_cast<uint32_t>(immediate) - static_cast<uint32_t>(Immediate::atomic_8);
  if (immediate >= Immediate::memarg_8_lane)
    return static_cast<uint32_t>(immediate) - static_cast<uint32_t>(Immediate::memarg_8_lane);
  if (immediate >= Immediate::memarg_8) return static_cast<uint32_t>(immediate) - static_cast<uint32_t>(Immediate::memarg_8);
  return std::nullopt;
}

// One operand of a fixed signature; `address` is i32 or i64, as the memory or table says.
enum class Operand : uint8_t { i32, i64, f32, f64, v128, address };

// A line of opcodes.def.
struct OpcodeInfo {
  Immediate immediate{};
  Group group{};
  bool is_fixed = false;  // the types of operands and results are those below; else a rule of the walker finds them
  uint8_t param_count = 0;
  uint8_t result_count = 0;         // 0 or 1
  std::array<Operand, 3> params{};  // deepest first
  Operand result{};
};
[[nodiscard]] const OpcodeInfo& info(Opcode op);
[[nodiscard]] const char* text(Opcode op);  // "i32.add"
[[nodiscard]] Group group(Opcode op);

struct MemArg {
  uint32_t align_log2 = 0;
  MemoryIndex memory = 0;
  uint64_t offset = 0;
};
// Parameters and results of a block. Spans borrow from the module or the walker and live as long as the walk of the function.
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

// Immediates live in the field that the comment names. Spans that an opcode does not use are empty; its other fields have any
// value.
struct Instruction {
  Opcode op{};
  bool end_reachable = true;  // else, end: whether control falls into it from above (not by a branch)
  uint32_t index = 0;         // local, global, func, table (call_indirect too), memory, data, elem, tag, type; br* depth; lane
  uint32_t index2 = 0;        // second one: call_indirect's type; table.init table, table.copy source table; memory.init memory,
                              // memory.copy source memory; array.copy source type; array.new_data, array.init_data data,
                              // array.new_elem, array.init_elem element; struct.get, struct.set field; array.new_fixed count
  uint64_t offset = 0;        // of its first byte, in the module: the offset in traps, backtraces and debug information
  ValueType type;  // select, drop, local.*, global.*, table.*: type of the value or element; ref.func, ref.null: of the result;
                   // ref.is_null, ref.as_non_null, br_on_null, br_on_non_null: of the operand;
                   // struct.get*, struct.set, array.get*, array.set, array.fill, array.len, i31.get_*: of the object, whose null
                   // need not be tested where that type has none;
                   // ref.test, ref.cast, br_on_cast*: the target type (operand's or source type in type2)
  ValueType type2;
  uint64_t low = 0;                   // constants: bits (i32 zero-extended); v128.const and i8x16.shuffle: lanes 0–7
  uint64_t high = 0;                  // … lanes 8–15
  MemArg memarg;                      // loads, stores, lanes, atomics
  BlockType block;                    // block, loop, if, try_table
  std::span<const uint32_t> targets;  // br_table: depths, the default last; valid during the call only
  std::span<const Catch> catches;     // try_table; valid during the call only
};

}  // namespace mote::wasm
