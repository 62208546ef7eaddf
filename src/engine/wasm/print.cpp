// See print.h: the opcode's name, then what its immediate says.
#include "engine/wasm/print.h"

#include "base/core/format.h"
#include "engine/wasm/module.h"

#include <bit>
#include <cmath>

namespace mote::wasm {

namespace {

// " (param i32 i64)", or nothing for no types.
std::string list(const char* what, std::span<const ValueType> types) {
  if (types.empty()) return {};
  std::string out = text(types);
  return format(" ({} {})", what, std::string_view(out).substr(1, out.size() - 2));
}

std::string block_type(const BlockType& type) {
  return list("param", type.params) + list("result", type.results);
}

std::string catches(const Instruction& in) {
  std::string out;
  for (const Catch& clause : in.catches) {
    switch (clause.kind) {
      case Catch::catch_:
        out += format(" (catch {} {})", clause.tag, clause.depth);
        break;
      case Catch::catch_ref:
        out += format(" (catch_ref {} {})", clause.tag, clause.depth);
        break;
      case Catch::catch_all:
        out += format(" (catch_all {})", clause.depth);
        break;
      case Catch::catch_all_ref:
        out += format(" (catch_all_ref {})", clause.depth);
        break;
    }
  }
  return out;
}

// A float in the shortest form that reads back as the same bits; NaNs with their payload.
template <class Float, class Bits>
std::string float_text(Bits bits) {
  constexpr int fraction_bits = sizeof(Float) == 4 ? 23 : 52;
  constexpr Bits fraction_mask = (Bits{1} << fraction_bits) - 1, canonical = Bits{1} << (fraction_bits - 1);
  const auto value = std::bit_cast<Float>(bits);
  if (!std::isnan(value)) return format("{}", value);
  const char* sign = (bits >> (sizeof(Bits) * 8 - 1)) != 0 ? "-" : "";
  const Bits payload = bits & fraction_mask;
  return payload == canonical ? format("{}nan", sign) : format("{}nan:{:#x}", sign, payload);
}

std::string memarg(const Instruction& in, uint32_t natural_log2) {
  std::string out;
  if (in.memarg.memory != 0) out += format(" {}", in.memarg.memory);
  if (in.memarg.offset != 0) out += format(" offset={}", in.memarg.offset);
  if (in.memarg.align_log2 != natural_log2) out += format(" align={}", 1u << in.memarg.align_log2);
  return out;
}

std::string shuffle(const Instruction& in) {
  std::string out;
  for (uint32_t i = 0; i < 16; ++i) out += format(" {}", (i < 8 ? in.low >> 8 * i : in.high >> 8 * (i - 8)) & 0xff);
  return out;
}

// An index that is left out when it is 0.
std::string unless_zero(uint32_t index) {
  return index == 0 ? std::string() : format(" {}", index);
}

std::string two_unless_zero(uint32_t first, uint32_t second) {
  return first == 0 && second == 0 ? std::string() : format(" {} {}", first, second);
}

std::string immediate(const Instruction& in) {
  const Immediate kind = info(in.op).immediate;
  if (const auto log2 = access_log2(kind)) {
    const bool has_lane = kind >= Immediate::memarg_8_lane && kind <= Immediate::memarg_64_lane;
    return memarg(in, *log2) + (has_lane ? format(" {}", in.index) : std::string());
  }
  switch (kind) {
    case Immediate::none:
    case Immediate::zero_byte:
      return {};
    case Immediate::block:
      return block_type(in.block);
    case Immediate::try_table:
      return block_type(in.block) + catches(in);
    case Immediate::depths: {
      std::string out;
      for (const uint32_t depth : in.targets) out += format(" {}", depth);
      return out;
    }
    case Immediate::depth:
    case Immediate::func:
    case Immediate::type:
    case Immediate::local:
    case Immediate::global:
    case Immediate::table:
    case Immediate::elem:
    case Immediate::data:
    case Immediate::tag:
    case Immediate::lane_2:
    case Immediate::lane_4:
    case Immediate::lane_8:
    case Immediate::lane_16:
      return format(" {}", in.index);
    case Immediate::type_table:
      return unless_zero(in.index) + format(" (type {})", in.index2);
    case Immediate::select_types:
      return list("result", {&in.type, 1});
    case Immediate::table_table:
    case Immediate::memory_memory:
      return two_unless_zero(in.index, in.index2);
    case Immediate::elem_table:
    case Immediate::data_memory:
      return unless_zero(in.index2) + format(" {}", in.index);
    case Immediate::memory:
      return unless_zero(in.index);
    case Immediate::i32:
      return format(" {}", static_cast<int32_t>(in.low));
    case Immediate::i64:
      return format(" {}", static_cast<int64_t>(in.low));
    case Immediate::f32:
      return " " + float_text<float>(static_cast<uint32_t>(in.low));
    case Immediate::f64:
      return " " + float_text<double>(in.low);
    case Immediate::v128:
      return format(" i32x4 {:#010x} {:#010x} {:#010x} {:#010x}", in.low & 0xffff'ffff, in.low >> 32, in.high & 0xffff'ffff,
                    in.high >> 32);
    case Immediate::shuffle:
      return shuffle(in);
    case Immediate::heap_type:
      return in.op == Opcode::ref_null ? " " + text(in.type.heap()) : " " + text(in.type);
    case Immediate::cast:
      return format(" {} {} {}", in.index, text(in.type2), text(in.type));
    case Immediate::field:
    case Immediate::type_type:
    case Immediate::type_count:
    case Immediate::type_data:
    case Immediate::type_elem:
      return format(" {} {}", in.index, in.index2);
    case Immediate::memarg_8:
    case Immediate::memarg_16:
    case Immediate::memarg_32:
    case Immediate::memarg_64:
    case Immediate::memarg_128:
    case Immediate::memarg_8_lane:
    case Immediate::memarg_16_lane:
    case Immediate::memarg_32_lane:
    case Immediate::memarg_64_lane:
    case Immediate::atomic_8:
    case Immediate::atomic_16:
    case Immediate::atomic_32:
    case Immediate::atomic_64:
      break;  // all have an access size
  }
  return {};
}

}  // namespace

std::string text(const Instruction& instruction) {
  return text(instruction.op) + immediate(instruction);
}

}  // namespace mote::wasm
