// Sorts the rows of opcodes.def for the generator: see module_shape.h.
#include "tests/differential/module_shape.h"

namespace mote::differential {
namespace {

using wasm::Group;

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// The float shape that an instruction reads, from its name.
Bits operand_bits(std::string_view text) {
  if (has_any(text, {"load", "store", "reinterpret", "copysign", "splat", "_lane", "convert", "const", "shuffle"}))
    return Bits::exact;
  if (has_any(text, {"promote_low_f32x4", "trunc_f32x4", "trunc_sat_f32x4"})) return Bits::raw_f32x4;
  if (has_any(text, {"demote_f64x2", "trunc_f64x2", "trunc_sat_f64x2"})) return Bits::raw_f64x2;
  if (text.starts_with("f32x4.")) return Bits::raw_f32x4;
  if (text.starts_with("f64x2.")) return Bits::raw_f64x2;
  if (text.starts_with("f32.") || text.starts_with("f64.") || has_any(text, {".trunc_f", ".trunc_sat_f"})) return Bits::raw_scalar;
  return Bits::exact;
}

Bits result_bits(std::string_view text, char result) {
  if (result == 'f' || result == 'F') return Bits::raw_scalar;
  if (text.starts_with("f32x4.")) return Bits::raw_f32x4;
  if (text.starts_with("f64x2.")) return Bits::raw_f64x2;
  return Bits::exact;
}

// Whether NaN bits of the result are open, given exact or raw operands: all that computes floats from floats.
bool makes_nan(std::string_view text, char result) {
  bool is_float = result == 'f' || result == 'F' || (result == 'v' && (text.starts_with("f32x4.") || text.starts_with("f64x2.")));
  if (!is_float || has_any(text, {"load", "reinterpret", "copysign", "splat", "_lane", "convert", "const"})) return false;
  if (result == 'v' && has_any(text, {".eq", ".ne", ".lt", ".gt", ".le", ".ge"}) && !has_any(text, {"nearest", "neg"}))
    return false;
  return true;
}

struct Row {
  wasm::Opcode op;
  std::string_view text;
  uint8_t prefix;
  uint32_t code;
  Group group;
  std::string_view signature;
  wasm::Immediate immediate;
};
constexpr Row rows[] = {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) \
  {wasm::Opcode::name, text, prefix, code, Group::group, signature, wasm::Immediate::immediate},
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};

bool is_usable(const Row& row) {
  switch (row.group) {
    case Group::memory:
    case Group::numeric:
    case Group::sign_extension:
    case Group::saturating:
    case Group::simd:
    case Group::relaxed_simd:
    case Group::threads:
      break;
    default:
      return false;
  }
  bool is_constant = row.immediate >= wasm::Immediate::i32 && row.immediate <= wasm::Immediate::v128;
  return row.signature != "*" && !is_constant && row.immediate != wasm::Immediate::memory;
}

OperatorTable make() {
  OperatorTable table;
  for (const Row& row : rows) {
    if (!is_usable(row)) continue;
    size_t colon = row.signature.find(':');
    char result = colon + 1 < row.signature.size() ? row.signature[colon + 1] : ' ';
    Operator op{row.text, row.prefix, row.code, row.signature.substr(0, colon), row.immediate, row.op};
    op.passes_bits =
        has_any(row.text, {"f32.abs", "f64.abs", "f32.neg", "f64.neg", "f32x4.abs", "f64x2.abs", "f32x4.neg", "f64x2.neg", ".pm"});
    op.makes_nan = makes_nan(row.text, result) && !op.passes_bits;
    op.operands = operand_bits(row.text);
    op.result = result_bits(row.text, result);
    op.may_trap_often = has_any(row.text, {".trunc_f"}) && row.prefix == 0;
    op.is_atomic = row.immediate >= wasm::Immediate::atomic_8;
    op.is_wait = row.op == wasm::Opcode::memory_atomic_wait32 || row.op == wasm::Opcode::memory_atomic_wait64;
    op.is_division = row.prefix == 0 && has_any(row.text, {"i32.div", "i64.div", "i32.rem", "i64.rem"});
    switch (result) {
      case 'i':
        table.by_result[0].push_back(op);
        break;
      case 'I':
        table.by_result[1].push_back(op);
        break;
      case 'f':
        table.by_result[2].push_back(op);
        break;
      case 'F':
        table.by_result[3].push_back(op);
        break;
      case 'v':
        table.by_result[4].push_back(op);
        break;
      default:
        table.stores.push_back(op);
    }
  }
  return table;
}

}  // namespace

const OperatorTable& operators() {
  static const OperatorTable table = make();
  return table;
}

void write_opcode(Binary& out, const Operator& op) {
  if (op.prefix == 0) return out.byte(static_cast<uint8_t>(op.code));
  out.byte(op.prefix);
  out.u(op.code);
}

}  // namespace mote::differential
