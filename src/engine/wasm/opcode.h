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

// An OpcodeInfo as a walk needs it: types spelt out, `address` as i32.
struct FixedSignature {
  bool is_fixed = false;
  Immediate immediate{};
  uint8_t param_count = 0, result_count = 0;
  ValueType top, below;  // parameters
  ValueType result;
};
extern const std::array<FixedSignature, opcode_count> fixed_signatures;

}  // namespace mote::wasm
