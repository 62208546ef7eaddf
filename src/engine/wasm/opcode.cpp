// The opcode table as constant data: signatures of opcodes.def are read at compile time, so a misspelt one does not compile.
#include "engine/wasm/opcode.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <iterator>
#include <string_view>

namespace mote::wasm {

namespace {

void table_error(const char*) {}  // not constexpr: reaching it at compile time is a compile error

consteval Operand operand(char letter) {
  switch (letter) {
    case 'i':
      return Operand::i32;
    case 'I':
      return Operand::i64;
    case 'f':
      return Operand::f32;
    case 'F':
      return Operand::f64;
    case 'v':
      return Operand::v128;
    case 'a':
      return Operand::address;
    default:
      table_error("a letter that is not in the legend of opcodes.def");
  }
  return Operand::i32;
}

consteval OpcodeInfo describe(Immediate immediate, Group group, std::string_view signature) {
  OpcodeInfo info{.immediate = immediate, .group = group};
  if (signature == "*") return info;
  info.is_fixed = true;
  const size_t colon = signature.find(':');
  info.param_count = static_cast<uint8_t>(colon);
  info.result_count = static_cast<uint8_t>(signature.size() - colon - 1);
  for (size_t i = 0; i < colon; ++i) info.params.at(i) = operand(signature[i]);
  if (info.result_count != 0) info.result = operand(signature[colon + 1]);
  if (info.result_count > 1) table_error("at most one result");
  return info;
}

constexpr const char* texts[] = {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) text,
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};

struct Encoding {
  uint8_t prefix;
  uint16_t code;
};
constexpr Encoding encodings[] = {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) {prefix, code},
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};

consteval OpcodeTable make_table() {
  OpcodeTable table{};
  for (auto* page : {&table.plain, &table.gc, &table.misc, &table.threads}) page->fill(illegal_opcode);
  table.simd.fill(illegal_opcode);
  for (uint16_t i = 0; i < opcode_count; ++i) {
    const Encoding e = encodings[i];
    switch (e.prefix) {
      case 0x00:
        table.plain.at(e.code) = i;
        break;
      case 0xfb:
        table.gc.at(e.code) = i;
        break;
      case 0xfc:
        table.misc.at(e.code) = i;
        break;
      case 0xfd:
        table.simd.at(e.code) = i;
        break;
      case 0xfe:
        table.threads.at(e.code) = i;
        break;
      default:
        table_error("a prefix that does not exist");
    }
  }
  return table;
}

}  // namespace

constexpr OpcodeTable opcode_table = make_table();
constexpr std::array<OpcodeInfo, opcode_count> opcode_infos = {
#define MOTE_OPCODE(name, text, prefix, code, group, signature, immediate) describe(Immediate::immediate, Group::group, signature),
#include "engine/wasm/opcodes.def"
#undef MOTE_OPCODE
};

namespace {

constexpr Step step_of(Opcode op, const OpcodeInfo& info) {
  if (op == Opcode::local_get) return Step::local_get;
  if (op == Opcode::local_set) return Step::local_set;
  if (op == Opcode::local_tee) return Step::local_tee;
  if (op == Opcode::i32_const) return Step::i32_const;
  if (op == Opcode::i64_const) return Step::i64_const;
  if (!info.is_fixed) return Step::rule;
  if (info.param_count > 2) return Step::constant;
  if (info.immediate == Immediate::none) return Step::fixed;
  return info.immediate >= Immediate::memarg_8 && info.immediate <= Immediate::memarg_64 ? Step::access : Step::constant;
}

constexpr PlainOpcode spell_out(Opcode op, const OpcodeInfo& info) {
  PlainOpcode spelt{.op = op,
                    .step = step_of(op, info),
                    .natural_log2 = static_cast<uint8_t>(access_log2(info.immediate).value_or(0)),
                    .param_count = info.param_count,
                    .growth = static_cast<int8_t>(info.result_count - info.param_count)};
  if (!info.is_fixed) return spelt;
  for (uint32_t i = 0; i < info.param_count && i < 2; ++i) {
    const uint32_t shift = 32 * (2 - info.param_count + i);
    spelt.expected |= uint64_t{value_type(info.params.at(i), i32).bits()} << shift;
    spelt.mask |= uint64_t{UINT32_MAX} << shift;
  }
  if (info.result_count != 0) spelt.result = value_type(info.result, i32);
  return spelt;
}

constexpr std::array<PlainOpcode, 256> make_plain_opcodes() {
  std::array<PlainOpcode, 256> opcodes{};
  for (uint32_t byte = 0; byte < opcodes.size(); ++byte) {
    const uint16_t op = opcode_table.plain.at(byte);
    if (op != illegal_opcode) opcodes.at(byte) = spell_out(static_cast<Opcode>(op), opcode_infos.at(op));
  }
  return opcodes;
}

}  // namespace

constinit const std::array<PlainOpcode, 256> plain_opcodes = make_plain_opcodes();

std::optional<Opcode> read_opcode(Reader& in) {
  const uint64_t start = in.offset();
  const uint8_t first = in.u8();
  if (in.failed()) return std::nullopt;
  uint32_t code = first;
  std::span<const uint16_t> page = opcode_table.plain;
  if (first >= 0xfb && first <= 0xfe) {
    code = in.u32();
    if (in.failed()) return std::nullopt;
    if (first == 0xfb) page = opcode_table.gc;
    if (first == 0xfc) page = opcode_table.misc;
    if (first == 0xfd) page = opcode_table.simd;
    if (first == 0xfe) page = opcode_table.threads;
  }
  if (code < page.size() && page[code] != illegal_opcode) return static_cast<Opcode>(page[code]);
  const bool is_wide_arithmetic = first == 0xfc && code >= 19 && code <= 22;
  if (is_wide_arithmetic) {
    in.fail(start, format("illegal opcode fc {:02x}: wide arithmetic is not supported", code), ErrorKind::unsupported);
  } else if (first >= 0xfb && first <= 0xfe) {
    in.fail(start, format("illegal opcode {:02x} {:02x}", first, code));
  } else {
    in.fail(start, format("illegal opcode {:02x}", first));
  }
  return std::nullopt;
}

const OpcodeInfo& info(Opcode op) {
  return opcode_infos[static_cast<size_t>(op)];
}
const char* text(Opcode op) {
  return texts[static_cast<size_t>(op)];
}
Group group(Opcode op) {
  return info(op).group;
}

const char* text(Group group) {
  switch (group) {
    case Group::control:
      return "control";
    case Group::variable:
      return "variables";
    case Group::parametric:
      return "parametric";
    case Group::memory:
      return "memory";
    case Group::numeric:
      return "numeric";
    case Group::sign_extension:
      return "sign extension";
    case Group::saturating:
      return "saturating conversions";
    case Group::bulk_memory:
      return "bulk memory";
    case Group::reference:
      return "reference types";
    case Group::simd:
      return "SIMD";
    case Group::relaxed_simd:
      return "relaxed SIMD";
    case Group::tail_call:
      return "tail calls";
    case Group::function_references:
      return "function references";
    case Group::exceptions:
      return "exception handling";
    case Group::gc:
      return "garbage collection";
    case Group::threads:
      return "threads";
  }
  ASSERT(false);
  return "";
}

}  // namespace mote::wasm
