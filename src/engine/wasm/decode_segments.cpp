// Constant expressions, element segments and data segments.
//
// A constant expression is decoded and type-checked at once, with an operand stack as in a body but without control flow.
// Spec: core/valid/instructions (constant expressions), core/binary/modules. Tested by decode_test.cpp and tests/spec.
#include "base/core/format.h"
#include "engine/wasm/module_decoder.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/read_types.h"

#include <mote/limits.h>

namespace mote::wasm {

namespace {

// Which constant operator an opcode is, if any.
std::optional<ConstOp::Kind> const_kind(Opcode op) {
  switch (op) {
    case Opcode::i32_const:
      return ConstOp::i32_const;
    case Opcode::i64_const:
      return ConstOp::i64_const;
    case Opcode::f32_const:
      return ConstOp::f32_const;
    case Opcode::f64_const:
      return ConstOp::f64_const;
    case Opcode::v128_const:
      return ConstOp::v128_const;
    case Opcode::global_get:
      return ConstOp::global_get;
    case Opcode::ref_null:
      return ConstOp::ref_null;
    case Opcode::ref_func:
      return ConstOp::ref_func;
    case Opcode::i32_add:
      return ConstOp::i32_add;
    case Opcode::i32_sub:
      return ConstOp::i32_sub;
    case Opcode::i32_mul:
      return ConstOp::i32_mul;
    case Opcode::i64_add:
      return ConstOp::i64_add;
    case Opcode::i64_sub:
      return ConstOp::i64_sub;
    case Opcode::i64_mul:
      return ConstOp::i64_mul;
    case Opcode::ref_i31:
      return ConstOp::ref_i31;
    case Opcode::struct_new:
      return ConstOp::struct_new;
    case Opcode::struct_new_default:
      return ConstOp::struct_new_default;
    case Opcode::array_new:
      return ConstOp::array_new;
    case Opcode::array_new_default:
      return ConstOp::array_new_default;
    case Opcode::array_new_fixed:
      return ConstOp::array_new_fixed;
    case Opcode::any_convert_extern:
      return ConstOp::any_convert_extern;
    case Opcode::extern_convert_any:
      return ConstOp::extern_convert_any;
    default:
      return std::nullopt;
  }
}

}  // namespace

ConstExpr ModuleDecoder::read_const_expr(ValueType expected) {
  const uint64_t start = in_.offset();
  ConstExpr expr;
  const_stack_.clear();
  while (!in_.failed()) {
    const uint64_t at = in_.offset();
    const std::optional<ConstOp> op = read_const_op(at);
    if (in_.failed()) break;
    if (op) {
      apply_const_op(*op);
      expr.push_back(*op);
      continue;
    }
    pop_const(expected, at);
    if (!const_stack_.empty())
      in_.fail(start, format("type mismatch: a constant expression leaves {} values more than one", const_stack_.size()));
    break;
  }
  return expr;
}

// Nothing at `end`, and after an error.
std::optional<ConstOp> ModuleDecoder::read_const_op(uint64_t start) {
  const auto code = read_opcode(in_);
  if (!code || *code == Opcode::end) return std::nullopt;
  const std::optional<ConstOp::Kind> kind = const_kind(*code);
  if (!kind) {
    in_.fail(start, format("constant expression required, found {}", text(*code)));
    return std::nullopt;
  }
  ConstOp op{.kind = *kind, .offset = start};
  switch (op.kind) {
    case ConstOp::i32_const:
      op.low = static_cast<uint32_t>(in_.s32());
      break;
    case ConstOp::i64_const:
      op.low = static_cast<uint64_t>(in_.s64());
      break;
    case ConstOp::f32_const:
      op.low = in_.fixed<uint32_t>();
      break;
    case ConstOp::f64_const:
      op.low = in_.fixed<uint64_t>();
      break;
    case ConstOp::v128_const:
      op.low = in_.fixed<uint64_t>();
      op.high = in_.fixed<uint64_t>();
      break;
    case ConstOp::ref_null:
      op.index = read_heap_type(in_, type_count()).bits();
      break;
    case ConstOp::global_get:
      op.index = read_index(module_.globals.size(), "global");
      break;
    case ConstOp::ref_func:
      op.index = read_index(module_.funcs.size(), "function");
      break;
    case ConstOp::array_new_fixed:
      op.index = read_index(module_.types.size(), "type");
      op.count = in_.u32();
      break;
    case ConstOp::struct_new:
    case ConstOp::struct_new_default:
    case ConstOp::array_new:
    case ConstOp::array_new_default:
      op.index = read_index(module_.types.size(), "type");
      break;
    case ConstOp::i32_add:
    case ConstOp::i32_sub:
    case ConstOp::i32_mul:
    case ConstOp::i64_add:
    case ConstOp::i64_sub:
    case ConstOp::i64_mul:
    case ConstOp::ref_i31:
    case ConstOp::any_convert_extern:
    case ConstOp::extern_convert_any:
      break;
  }
  return op;
}

void ModuleDecoder::pop_const(ValueType expected, uint64_t offset) {
  if (const_stack_.empty()) return in_.fail(offset, format("type mismatch: expected {}, found nothing", text(expected)));
  const ValueType found = const_stack_.back();
  const_stack_.pop_back();
  if (!module_.matches(found, expected))
    in_.fail(offset, format("type mismatch: expected {}, found {}", text(expected), text(found)));
}

void ModuleDecoder::apply_const_op(const ConstOp& op) {
  const auto push = [&](ValueType type) { const_stack_.push_back(type); };
  const auto convert = [&](HeapType from, HeapType to) {
    const bool nullable = !const_stack_.empty() && const_stack_.back().is_nullable();
    pop_const(ValueType::ref(from, true), op.offset);
    push(ValueType::ref(to, nullable));
  };
  switch (op.kind) {
    case ConstOp::i32_const:
      return push(i32);
    case ConstOp::i64_const:
      return push(i64);
    case ConstOp::f32_const:
      return push(f32);
    case ConstOp::f64_const:
      return push(f64);
    case ConstOp::v128_const:
      return push(v128);
    case ConstOp::global_get:
      if (module_.globals[op.index].type.is_mutable) {
        return in_.fail(op.offset, format("constant expression required: global {} is mutable", op.index));
      }
      return push(module_.globals[op.index].type.type);
    case ConstOp::ref_null:
      return push(ValueType::ref(HeapType::from_bits(op.index), true));
    case ConstOp::ref_func:
      escape(op.index);
      return push(ValueType::ref(HeapType::concrete(module_.funcs[op.index]), false));
    case ConstOp::i32_add:
    case ConstOp::i32_sub:
    case ConstOp::i32_mul:
      pop_const(i32, op.offset);
      pop_const(i32, op.offset);
      return push(i32);
    case ConstOp::i64_add:
    case ConstOp::i64_sub:
    case ConstOp::i64_mul:
      pop_const(i64, op.offset);
      pop_const(i64, op.offset);
      return push(i64);
    case ConstOp::ref_i31:
      pop_const(i32, op.offset);
      return push(ValueType::ref(HeapType::i31, false));
    case ConstOp::struct_new:
    case ConstOp::struct_new_default:
      return apply_const_struct(op);
    case ConstOp::array_new:
    case ConstOp::array_new_default:
    case ConstOp::array_new_fixed:
      return apply_const_array(op);
    case ConstOp::any_convert_extern:
      return convert(HeapType::extern_, HeapType::any);
    case ConstOp::extern_convert_any:
      return convert(HeapType::any, HeapType::extern_);
  }
}

void ModuleDecoder::apply_const_struct(const ConstOp& op) {
  const SubType& type = module_.types[op.index];
  if (type.kind != CompositeKind::struct_)
    return in_.fail(op.offset, format("type mismatch: type {} is not a structure type", op.index));
  const auto& fields = type.struct_.fields;
  for (size_t i = fields.size(); i-- > 0 && !in_.failed();) {
    if (op.kind == ConstOp::struct_new) {
      pop_const(fields[i].type, op.offset);
    } else if (!fields[i].type.is_defaultable()) {
      in_.fail(op.offset, format("type mismatch: field {} of type {} has no default value", i, op.index));
    }
  }
  const_stack_.push_back(ValueType::ref(HeapType::concrete(op.index), false));
}

void ModuleDecoder::apply_const_array(const ConstOp& op) {
  const SubType& type = module_.types[op.index];
  if (type.kind != CompositeKind::array)
    return in_.fail(op.offset, format("type mismatch: type {} is not an array type", op.index));
  const ValueType element = type.array.element.type;
  if (op.kind == ConstOp::array_new_fixed) {
    if (op.count > limits::array_new_fixed_elements) {
      return in_.fail(op.offset,
                      format("{} elements of array.new_fixed exceed the limit of {}", op.count, limits::array_new_fixed_elements),
                      ErrorKind::limit);
    }
    for (uint32_t i = 0; i < op.count && !in_.failed(); ++i) pop_const(element, op.offset);
  } else {
    pop_const(i32, op.offset);
    if (op.kind == ConstOp::array_new) {
      pop_const(element, op.offset);
    } else if (!element.is_defaultable()) {
      in_.fail(op.offset, format("type mismatch: the elements of type {} have no default value", op.index));
    }
  }
  const_stack_.push_back(ValueType::ref(HeapType::concrete(op.index), false));
}

void ModuleDecoder::read_elements() {
  const uint32_t count = in_.count(limits::element_segments, "element segments");
  module_.elements.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) read_element_segment(module_.elements.emplace_back());
}

// Flags: 1 passive or declarative, 2 explicit table (active) or declarative, 4 expressions instead of function indices.
void ModuleDecoder::read_element_segment(ElementSegment& segment) {
  const uint64_t start = in_.offset();
  const uint32_t flags = in_.u32();
  if (flags > 7) return in_.fail(start, format("malformed elements segment kind {}", flags));
  const bool is_active = (flags & 1) == 0;
  const bool has_exprs = (flags & 4) != 0;
  segment.mode = is_active ? SegmentMode::active : (flags & 2) != 0 ? SegmentMode::declarative : SegmentMode::passive;
  const uint64_t table_at = in_.offset();
  if (is_active) {
    segment.table = (flags & 2) != 0 ? in_.u32() : 0;
    if (in_.failed()) return;
    if (segment.table >= module_.tables.size()) return in_.fail(table_at, format("unknown table {}", segment.table));
    segment.offset = read_const_expr(module_.tables[segment.table].type.limits.address == AddressType::i64 ? i64 : i32);
  }
  // The short forms have no type: functions are (ref func), expressions funcref.
  segment.type = has_exprs ? funcref : funcref.as_non_null();
  if ((flags & 3) != 0) {
    const uint64_t at = in_.offset();
    if (has_exprs) {
      segment.type = read_ref_type(in_, type_count());
    } else if (const uint8_t kind = in_.u8(); kind != 0) {
      in_.fail(at, format("malformed element kind 0x{:02x}", kind));
    }
  }
  if (is_active && !in_.failed() && !module_.matches(segment.type, module_.tables[segment.table].type.element)) {
    return in_.fail(start, format("type mismatch: a segment of {} for a table of {}", text(segment.type),
                                  text(module_.tables[segment.table].type.element)));
  }
  return has_exprs ? read_element_exprs(segment) : read_element_funcs(segment);
}

void ModuleDecoder::read_element_funcs(ElementSegment& segment) {
  const uint32_t count = in_.count(limits::element_segment_entries, "elements");
  segment.funcs.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    segment.funcs.push_back(read_index(module_.funcs.size(), "function"));
    escape(segment.funcs.back());
  }
}

// As long as every expression is a lone ref.func, indices are kept: a tenth of the memory.
void ModuleDecoder::read_element_exprs(ElementSegment& segment) {
  const uint32_t count = in_.count(limits::element_segment_entries, "elements");
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    ConstExpr expr = read_const_expr(segment.type);
    if (in_.failed()) return;
    const bool is_func = expr.size() == 1 && expr[0].kind == ConstOp::ref_func;
    if (is_func && segment.exprs.empty()) {
      segment.funcs.push_back(expr[0].index);
      continue;
    }
    for (const FuncIndex func : segment.funcs) segment.exprs.push_back({ConstOp{.kind = ConstOp::ref_func, .index = func}});
    segment.funcs.clear();
    segment.exprs.push_back(std::move(expr));
  }
}

// Flags: 0 active in memory 0, 1 passive, 2 active with a memory index.
void ModuleDecoder::read_datas() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::data_segments, "data segments");
  if (!in_.failed() && module_.data_count && *module_.data_count != count) {
    return in_.fail(
        start, format("data count and data section have inconsistent lengths: {} announced, {} found", *module_.data_count, count));
  }
  module_.datas.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    DataSegment& segment = module_.datas.emplace_back();
    const uint64_t at = in_.offset();
    const uint32_t flags = in_.u32();
    if (flags > 2) return in_.fail(at, format("malformed data segment kind {}", flags));
    if (flags != 1) {
      segment.mode = SegmentMode::active;
      segment.memory = flags == 2 ? in_.u32() : 0;
      if (in_.failed()) return;
      if (segment.memory >= module_.memories.size()) return in_.fail(at, format("unknown memory {}", segment.memory));
      segment.offset = read_const_expr(module_.memories[segment.memory].limits.address == AddressType::i64 ? i64 : i32);
    }
    const uint32_t size = in_.u32();
    segment.at = in_.offset();
    segment.bytes = in_.bytes(size);
  }
}

}  // namespace mote::wasm
