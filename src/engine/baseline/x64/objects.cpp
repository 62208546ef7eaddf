// Structures, arrays and i31 numbers (compiler.h). How they lie is code/object_layout.h's; r11 holds the heap's base or an array's
// address within one instruction. Objects are made by builtins, small structures in place where there is room.
// Spec: core/exec/instructions, "Aggregate Instructions".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

#include <bit>

namespace mote::baseline::x64 {

namespace {

constexpr uint32_t most_inline_bytes = 1024;  // of a structure that is made in place

}  // namespace

bool FuncCompiler::object(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case wasm::Opcode::struct_new:
    case struct_new_default:
      this->struct_new(instruction);
      return true;
    case wasm::Opcode::struct_get:
    case struct_get_s:
    case struct_get_u:
      this->struct_get(instruction);
      return true;
    case wasm::Opcode::struct_set:
      this->struct_set(instruction);
      return true;
    case wasm::Opcode::array_new:
    case array_new_default:
    case array_new_fixed:
    case array_new_data:
    case array_new_elem:
      this->array_new(instruction);
      return true;
    case wasm::Opcode::array_get:
    case array_get_s:
    case array_get_u:
      this->array_get(instruction);
      return true;
    case wasm::Opcode::array_set:
      this->array_set(instruction);
      return true;
    case array_len: {
      Value array;
      const Reg reg = pop_object(instruction.type, code::TrapCode::null_array_reference, array);
      const Reg to = destination(false, array);
      code_.load(false, to, {heap_base(), static_cast<int32_t>(code::array_length_offset), reg, 0});
      if (!is_owned(array) || array.reg != to) release(array);
      push_reg(Type::i32, to);
      return true;
    }
    case array_fill:
    case array_copy:
    case array_init_data:
    case array_init_elem:
      array_bulk(instruction);
      return true;
    case ref_i31: {
      Value value = pop();
      const Reg reg = own(value);
      code_.lea(false, reg, {reg, static_cast<int32_t>(code::i31_bit), reg, 0});
      push_reg(Type::i32, reg);
      return true;
    }
    case i31_get_s:
    case i31_get_u: {
      Value value = pop();
      const Reg reg = own(value);
      if (instruction.type.is_nullable()) {
        code_.test(false, reg, reg);
        trap_if(Condition::e, code::TrapCode::null_i31_reference);
      }
      code_.shift_imm(instruction.op == i31_get_s ? Shift::sar : Shift::shr, false, reg, 1);
      push_reg(Type::i32, reg);
      return true;
    }
    case ref_eq:
      compare(Test::e, false);
      return true;
    case any_convert_extern:
    case extern_convert_any:
      return true;  // one representation for both hierarchies
    default:
      return false;
  }
}

Reg FuncCompiler::heap_base() {
  code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, gc_base)});
  return Reg::r11;
}

// A reference whose upper half is zero, which is not null.
Reg FuncCompiler::pop_object(wasm::ValueType type, code::TrapCode null, Value& object) {
  object = pop();
  const Reg reg = use_extended(object);
  if (type.is_nullable()) {
    code_.test(false, reg, reg);
    trap_if(Condition::e, null);
  }
  return reg;
}

// The operands stay on the stack until the object is there: the collector may change them.
void FuncCompiler::make(code::Builtin builtin, std::span<Value> arguments) {
  this->builtin(builtin, arguments);
}

void FuncCompiler::struct_new(const wasm::Instruction& instruction) {
  const std::vector<wasm::FieldType>& fields = module().types[instruction.index].struct_.fields;
  const uint32_t bytes = layout().objects().struct_bytes(instruction.index);
  const bool has_values = instruction.op == wasm::Opcode::struct_new && !fields.empty();
  Reg object = Reg::rax;
  if (has_values) pending_ = {.first = height() - static_cast<uint32_t>(fields.size()), .fields = fields};
  if (instruction.op == wasm::Opcode::struct_new && bytes <= most_inline_bytes) {
    object = make_in_place(instruction.index, bytes);
  } else {
    Value arguments[] = {number(instruction.index)};
    make(code::Builtin::struct_new, arguments);
  }
  pending_ = {};
  for (auto i = static_cast<uint32_t>(has_values ? fields.size() : 0); i-- > 0;) {
    Value value = pop();
    store_field(fields[i], {heap_base(), static_cast<int32_t>(layout().objects().field(instruction.index, i)), object, 0}, value);
  }
  push_reg(Type::i32, object);
}

// Where there is room for it; else a detour has it made by the builtin.
Reg FuncCompiler::make_in_place(wasm::TypeIndex type, uint32_t bytes) {
  save_references(height());
  const Reg object = take_gpr(), end = take_gpr();
  code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, store)});
  code_.load(false, object, {Reg::r11, offsetof(code::StoreContext, gc_bump)});
  code_.lea(false, end, {object, static_cast<int32_t>(bytes)});
  code_.alu(Alu::cmp, false, end, Mem{Reg::r11, offsetof(code::StoreContext, gc_limit)});
  const Position jump = code_.jcc(Condition::a);
  code_.store(false, {Reg::r11, offsetof(code::StoreContext, gc_bump)}, end);
  code_.load(true, end, {vmctx(), offsetof(code::VMContext, type_ids)});
  code_.load(false, end, {end, static_cast<int32_t>(type * sizeof(code::TypeId))});
  const Reg base = heap_base();
  code_.store(false, {base, 0, object, 0}, end);
  code_.store_imm(false, {base, 4, object, 0}, static_cast<int32_t>(code::ObjectKind::struct_));
  release(end);
  detours_.push_back({.kind = Detour::Kind::make_struct,
                      .a = object,
                      .number = type,
                      .wasm_offset = offset_,
                      .jump = jump,
                      .back = code_.position(),
                      .homes = state_.valid & homes_ & reference_homes_,
                      .operands = chain_roots(height())});
  return object;
}

void FuncCompiler::load_field(const wasm::FieldType& field, bool is_signed, const Mem& from) {
  const Type type = type_of(field.type);
  Reg to = next_home(is_vector(type));
  if (to == Reg::none) to = take(is_vector(type));
  if (field.packed == wasm::PackedKind::i8) {
    is_signed ? code_.movsx8(false, to, from) : code_.movzx8(to, from);
  } else if (field.packed == wasm::PackedKind::i16) {
    is_signed ? code_.movsx16(false, to, from) : code_.movzx16(to, from);
  } else {
    load_register(type, to, from);
  }
  push_reg(type, to);
}

// Uses no register but the value's own and scratch_vector.
void FuncCompiler::store_field(const wasm::FieldType& field, const Mem& to, Value& value) {
  if (field.packed == wasm::PackedKind::none) {
    store_value(to, value);
  } else if (value.kind == Value::constant) {
    field.packed == wasm::PackedKind::i8 ? code_.store8_imm(to, static_cast<uint8_t>(value.bits))
                                         : code_.store16_imm(to, static_cast<uint16_t>(value.bits));
  } else {
    const Reg from = use(value);
    field.packed == wasm::PackedKind::i8 ? code_.store8(to, from) : code_.store16(to, from);
  }
  release(value);
}

void FuncCompiler::struct_get(const wasm::Instruction& instruction) {
  Value object;
  const Reg reg = pop_object(instruction.type, code::TrapCode::null_structure_reference, object);
  const auto offset = static_cast<int32_t>(layout().objects().field(instruction.index, instruction.index2));
  const Mem from{heap_base(), offset, reg, 0};
  load_field(module().types[instruction.index].struct_.fields[instruction.index2], instruction.op == wasm::Opcode::struct_get_s,
             from);
  release(object);
}

void FuncCompiler::struct_set(const wasm::Instruction& instruction) {
  Value value = pop();
  if (value.kind != Value::constant) (void)use(value);  // before r11 is taken
  Value object;
  const Reg reg = pop_object(instruction.type, code::TrapCode::null_structure_reference, object);
  const auto offset = static_cast<int32_t>(layout().objects().field(instruction.index, instruction.index2));
  store_field(module().types[instruction.index].struct_.fields[instruction.index2], {heap_base(), offset, reg, 0}, value);
  release(object);
}

// A value of any type as one or two integers, for a builtin.
void FuncCompiler::as_integers(Value& value, Value& high) {
  high = {.kind = Value::constant, .type = Type::i64};
  if (!is_vector(value.type)) return;
  const Type type = value.type;
  const Reg from = use(value);
  const Reg low = take_gpr();
  has_avx_ ? code_.emit_vex({0x66, 1, 0x7e}, true, from, Reg::none, low) : code_.emit({0x66, 1, 0x7e}, true, from, low);  // movq
  if (type == Type::v128) {
    const Reg upper = take_gpr();
    has_avx_ ? code_.emit_vex({0x66, 3, 0x16}, true, from, Reg::none, upper)
             : code_.emit({0x66, 3, 0x16}, true, from, upper);  // pextrq
    code_.imm8(1);
    high = {.kind = Value::in_reg, .type = Type::i64, .reg = upper};
  }
  release(value);
  value = {.kind = Value::in_reg, .type = Type::i64, .reg = low};
}

void FuncCompiler::array_new(const wasm::Instruction& instruction) {
  const wasm::FieldType& element = module().types[instruction.index].array.element;
  switch (instruction.op) {
    case wasm::Opcode::array_new: {
      const Value length = pop();
      Value value = pop(), high;
      as_integers(value, high);
      Value arguments[] = {number(instruction.index), length, value, high};
      make(code::Builtin::array_new_fill, arguments);
      break;
    }
    case wasm::Opcode::array_new_default: {
      Value arguments[] = {number(instruction.index), pop()};
      make(code::Builtin::array_new, arguments);
      break;
    }
    case wasm::Opcode::array_new_fixed: {
      const uint32_t count = instruction.index2, bytes = layout().objects().element_bytes(instruction.index);
      pending_ = {.first = height() - count, .each = &element};
      Value arguments[] = {number(instruction.index), number(count)};
      make(code::Builtin::array_new, arguments);
      pending_ = {};
      for (uint32_t i = count; i-- > 0;) {
        Value value = pop();
        store_field(element, {heap_base(), static_cast<int32_t>(code::array_elements_offset(bytes) + i * bytes), Reg::rax, 0},
                    value);
      }
      break;
    }
    default: {
      const bool is_data = instruction.op == wasm::Opcode::array_new_data;
      const Value length = pop(), from = pop();
      Value arguments[] = {number(instruction.index), number(instruction.index2), from, length};
      make(is_data ? code::Builtin::array_new_data : code::Builtin::array_new_elem, arguments);
      break;
    }
  }
  push_reg(Type::i32, Reg::rax);
}

// The place of an element, through r11. The index is in a temporary of its own.
Mem FuncCompiler::element(uint32_t bytes, Reg array, Reg index) {
  code_.alu(Alu::add, true, heap_base(), array);
  code_.alu(Alu::cmp, false, index, Mem{Reg::r11, static_cast<int32_t>(code::array_length_offset)});
  trap_if(Condition::ae, code::TrapCode::out_of_bounds_array_access);
  if (key().spectre) {  // ae: then the first one, whatever lies there
    const Reg zero = take_gpr();
    code_.mov_imm(zero, 0);
    code_.cmov(Condition::ae, false, index, zero);
    release(zero);
  }
  const auto log2 = static_cast<uint8_t>(std::countr_zero(bytes));
  constexpr uint8_t largest_scale = 3;
  if (log2 > largest_scale) code_.shift_imm(Shift::shl, true, index, static_cast<uint8_t>(log2 - largest_scale));
  return {Reg::r11, static_cast<int32_t>(code::array_elements_offset(bytes)), index, std::min(log2, largest_scale)};
}

void FuncCompiler::array_get(const wasm::Instruction& instruction) {
  const wasm::FieldType& type = module().types[instruction.index].array.element;
  Value index = pop_extended(), array;
  const Reg at = own(index);
  const Reg reg = pop_object(instruction.type, code::TrapCode::null_array_reference, array);
  const Mem from = element(layout().objects().element_bytes(instruction.index), reg, at);
  load_field(type, instruction.op == wasm::Opcode::array_get_s, from);
  release(array);
  release(index);
}

void FuncCompiler::array_set(const wasm::Instruction& instruction) {
  const wasm::FieldType& type = module().types[instruction.index].array.element;
  Value value = pop();
  if (value.kind != Value::constant) (void)use(value);
  Value index = pop_extended(), array;
  const Reg at = own(index);
  const Reg reg = pop_object(instruction.type, code::TrapCode::null_array_reference, array);
  const Mem to = element(layout().objects().element_bytes(instruction.index), reg, at);
  store_field(type, to, value);
  release(array);
  release(index);
}

void FuncCompiler::array_bulk(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const Value count = pop();
  if (instruction.op == array_fill) {
    Value value = pop(), high;
    as_integers(value, high);
    const Value from = pop(), array = pop();
    Value arguments[] = {array, from, count, value, high};
    return builtin(code::Builtin::array_fill, arguments);
  }
  if (instruction.op == array_copy) {
    const Value from = pop(), source = pop(), to = pop(), target = pop();
    Value arguments[] = {target, to, source, from, count};
    return builtin(code::Builtin::array_copy, arguments);
  }
  const Value from = pop(), to = pop(), array = pop();
  Value arguments[] = {number(instruction.index2), array, to, from, count};
  builtin(instruction.op == array_init_data ? code::Builtin::array_init_data : code::Builtin::array_init_elem, arguments);
}

}  // namespace mote::baseline::x64
