// From bytes to opcodes: the pages of the opcode space, as the walker and the constant-expression decoder index them.
// Private to engine/wasm, but for what walk.h inlines; others use instruction.h. Made from opcodes.def in opcode.cpp.
#pragma once

#include "engine/wasm/instruction.h"
#include "engine/wasm/reader.h"

#include <array>
#include <cstdint>
#include <optional>

namespace mote::wasm {

inline constexpr uint16_t illegal_opcode = 0xffff;

struct OpcodeTable {
  std::array<uint16_t, 256> plain;    // one byte
  std::array<uint16_t, 256> gc;       // 0xfb
  std::array<uint16_t, 256> misc;     // 0xfc
  std::array<uint16_t, 512> simd;     // 0xfd
  std::array<uint16_t, 256> threads;  // 0xfe
};
extern const OpcodeTable opcode_table;

// Reads an opcode with its prefix; nothing, and an error in `in`, when it is none.
[[nodiscard]] std::optional<Opcode> read_opcode(Reader& in);

extern const std::array<OpcodeInfo, opcode_count> opcode_infos;

// `address` is the address type of the memory or table.
[[nodiscard]] constexpr ValueType value_type(Operand operand, ValueType address) {
  static_assert(static_cast<int>(Operand::v128) == static_cast<int>(ValueKind::v128));
  return operand == Operand::address ? address : ValueType(static_cast<ValueKind>(operand));
}

// What a walk does at a byte where an instruction begins: a coarse kind of instruction.
enum class Step : uint8_t {
  other,     // no opcode, or the first byte of a longer one
  rule,      // types that depend on more than the opcode
  fixed,     // a fixed signature, without immediates: numeric instructions and nop
  access,    // … with those of a load or store
  constant,  // … with other immediates, or more parameters
  i32_const,
  i64_const,
  local_get,
  local_set,
  local_tee,
};
struct PlainOpcode {
  Opcode op{};
  Step step = Step::other;
  uint8_t natural_log2 = 0;  // access: of its bytes
  // Of a fixed signature with up to two parameters, `address` as i32: what the two topmost types of the operand stack are, the
  // deeper one in the lower half, where the mask says so.
  uint8_t param_count = 0;
  int8_t growth = 0;  // of the stack
  ValueType result;   // if there is one
  uint64_t expected = 0, mask = 0;
};
extern const std::array<PlainOpcode, 256> plain_opcodes;

}  // namespace mote::wasm
