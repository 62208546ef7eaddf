// What a generated module declares, and the operators that function bodies choose from.
#pragma once

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"
#include "tests/differential/binary.h"

#include <string_view>
#include <vector>

namespace mote::differential {

struct ElementShape {
  wasm::SegmentMode mode = wasm::SegmentMode::passive;
  uint32_t table = 0;
  wasm::ValueType type;
  std::vector<uint32_t> funcs;  // UINT32_MAX: null
};
struct DataShape {
  wasm::SegmentMode mode = wasm::SegmentMode::passive;
  uint32_t memory = 0;
  uint32_t size = 0;
};
struct GlobalShape {
  wasm::GlobalType type;
  bool is_steps = false;
};
struct ModuleShape {
  std::vector<wasm::FuncType> types;
  std::vector<uint32_t> funcs;  // type indices, imported first
  uint32_t imported_funcs = 0;
  uint32_t imported_globals = 0, imported_memories = 0, imported_tables = 0;
  std::vector<wasm::MemoryType> memories;
  std::vector<wasm::TableType> tables;
  // One of functions that is not exported and that no code writes to, with a segment of its own from its start: what an optimising
  // compiler may know beforehand.
  uint32_t unchanged_table = UINT32_MAX;
  std::vector<GlobalShape> globals;
  std::vector<ElementShape> elements;
  std::vector<DataShape> datas;
  uint32_t steps_global = 0;

  [[nodiscard]] const wasm::FuncType& func_type(uint32_t func) const { return types[funcs[func]]; }
  [[nodiscard]] wasm::ValueType address_type(const wasm::Limits& limits) const {
    return limits.address == wasm::AddressType::i64 ? wasm::i64 : wasm::i32;
  }
  // Where the unchanged table has a function of this type.
  [[nodiscard]] std::vector<uint32_t> known_places(uint32_t type) const {
    std::vector<uint32_t> places;
    for (const ElementShape& segment : elements) {
      if (segment.table != unchanged_table || segment.mode != wasm::SegmentMode::active) continue;
      for (uint32_t i = 0; i < segment.funcs.size(); ++i) {
        if (funcs[segment.funcs[i]] == type) places.push_back(i);
      }
    }
    return places;
  }
};

// How much of a float's bits a consumer may see. raw_…: only what arithmetic on that shape sees, so any NaN will do.
enum class Bits : uint8_t { exact, raw_scalar, raw_f32x4, raw_f64x2 };

// A row of opcodes.def with a fixed signature that an expression or a store can use.
struct Operator {
  std::string_view text;
  uint8_t prefix = 0;
  uint32_t code = 0;
  std::string_view params;  // letters of opcodes.def
  wasm::Immediate immediate{};
  wasm::Opcode op{};
  bool makes_nan = false;       // its NaN results have open bits
  bool passes_bits = false;     // its result is as exact as its operands: abs, neg, pmin, pmax
  bool may_trap_often = false;  // scalar truncation, for most operands
  bool is_division = false;
  bool is_atomic = false;
  bool is_wait = false;
  Bits operands = Bits::exact;
  Bits result = Bits::exact;  // which raw use fits its result
};
// By result: i32, i64, f32, f64, v128 as wasm::ValueKind; the last row holds the stores.
struct OperatorTable {
  std::vector<Operator> by_result[5];
  std::vector<Operator> stores;
};
[[nodiscard]] const OperatorTable& operators();
void write_opcode(Binary& out, const Operator& op);

}  // namespace mote::differential
