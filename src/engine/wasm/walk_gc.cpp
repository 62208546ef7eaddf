// Structures and arrays, and the conversions between any and extern: the walker's rules for them.
// Spec: core/valid/instructions, "Aggregate Reference Instructions". Tested by walk_test.cpp and tests/spec.
#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/walk.h"

#include <mote/limits.h>

namespace mote::wasm {

namespace {

const char* name(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::func:
      return "a function";
    case CompositeKind::struct_:
      return "a structure";
    case CompositeKind::array:
      return "an array";
  }
  ASSERT(false);
  return "";
}

}  // namespace

// A type index of this kind, to Instruction::index. Null after an error.
const SubType* Walker::read_type(CompositeKind kind) {
  instruction_.index = read_index(module_.types.size(), "type");
  if (in_.failed()) return nullptr;
  const SubType& type = module_.types[instruction_.index];
  if (type.kind == kind) return &type;
  mismatch(format("type {} is not {} type", instruction_.index, name(kind)));
  return nullptr;
}

// Packed fields are read with an extension, others without.
void Walker::check_get(const FieldType& field, bool extends) {
  if ((field.packed != PackedKind::none) == extends) return;
  mismatch(extends ? "an extending read of a field that is not packed" : "a packed field must be read with sign or zero extension");
}

void Walker::struct_op(Opcode op) {
  const SubType* type = read_type(CompositeKind::struct_);
  if (type == nullptr) return;
  const ValueType self = ValueType::ref(HeapType::concrete(instruction_.index), true);
  const std::vector<FieldType>& fields = type->struct_.fields;
  if (op == Opcode::struct_new || op == Opcode::struct_new_default) {
    for (size_t i = fields.size(); i-- > 0 && !in_.failed();) {
      if (op == Opcode::struct_new) {
        pop(fields[i].type);
      } else if (!fields[i].type.is_defaultable()) {
        mismatch(format("field {} of type {} has no default value", i, instruction_.index));
      }
    }
    return push(self.as_non_null());
  }
  instruction_.index2 = read_index(fields.size(), "field");
  if (in_.failed()) return;
  const FieldType& field = fields[instruction_.index2];
  if (op == Opcode::struct_set) {
    if (!field.is_mutable) return fail(format("immutable field {} of type {}", instruction_.index2, instruction_.index));
    pop(field.type);
    instruction_.type = peek();
    return pop(self);
  }
  check_get(field, op != Opcode::struct_get);
  instruction_.type = peek();
  pop(self);
  push(field.type);
}

void Walker::array_op(Opcode op) {
  const SubType* type = read_type(CompositeKind::array);
  if (type == nullptr) return;
  const FieldType& element = type->array.element;
  const ValueType self = ValueType::ref(HeapType::concrete(instruction_.index), true);
  switch (op) {
    case Opcode::array_get:
    case Opcode::array_get_s:
    case Opcode::array_get_u:
      check_get(element, op != Opcode::array_get);
      pop(i32);
      instruction_.type = peek();
      pop(self);
      return push(element.type);
    case Opcode::array_set:
    case Opcode::array_fill:
      if (!element.is_mutable) return fail(format("immutable array: type {}", instruction_.index));
      if (op == Opcode::array_fill) pop(i32);
      pop(element.type);
      pop(i32);
      instruction_.type = peek();
      return pop(self);
    case Opcode::array_copy:
      return array_copy(element);
    case Opcode::array_init_data:
    case Opcode::array_init_elem:
      if (!element.is_mutable) return fail(format("immutable array: type {}", instruction_.index));
      check_segment(op == Opcode::array_init_data, element);
      pop(i32);
      pop(i32);
      pop(i32);
      return pop(self);
    default:
      array_new(op, element);
      return push(self.as_non_null());
  }
}

void Walker::array_new(Opcode op, const FieldType& element) {
  switch (op) {
    case Opcode::array_new:
      pop(i32);
      return pop(element.type);
    case Opcode::array_new_default:
      if (!element.type.is_defaultable()) mismatch(format("the elements of type {} have no default value", instruction_.index));
      return pop(i32);
    case Opcode::array_new_fixed:
      instruction_.index2 = in_.u32();
      if (instruction_.index2 > limits::array_new_fixed_elements) {
        return fail(
            format("{} elements of array.new_fixed exceed the limit of {}", instruction_.index2, limits::array_new_fixed_elements),
            ErrorKind::limit);
      }
      for (uint32_t i = 0; i < instruction_.index2 && !in_.failed(); ++i) pop(element.type);
      return;
    case Opcode::array_new_data:
    case Opcode::array_new_elem:
      check_segment(op == Opcode::array_new_data, element);
      pop(i32);
      return pop(i32);
    default:
      ASSERT(false);
  }
}

// A data segment gives numbers and vectors, an element segment references of its type.
void Walker::check_segment(bool is_data, const FieldType& element) {
  instruction_.index2 = in_.u32();
  if (is_data) {
    if (element.type.is_ref()) return fail(format("array type is not numeric or vector: type {}", instruction_.index));
    return check_data(instruction_.index2);
  }
  check_element(instruction_.index2);
  if (in_.failed()) return;
  const ValueType found = module_.elements[instruction_.index2].type;
  if (!module_.matches(found, element.type)) mismatch(element.type, found);
}

void Walker::array_copy(const FieldType& element) {
  const TypeIndex to = instruction_.index;
  const SubType* source = read_type(CompositeKind::array);
  instruction_.index2 = instruction_.index;
  instruction_.index = to;
  if (source == nullptr) return;
  if (!element.is_mutable) return fail(format("immutable array: type {}", to));
  const FieldType& from = source->array.element;
  if (from.packed != element.packed || !module_.matches(from.type, element.type)) {
    return fail(format("array types do not match: {} into {}", instruction_.index2, to));
  }
  pop(i32);
  pop(i32);
  pop(ValueType::ref(HeapType::concrete(instruction_.index2), true));
  pop(i32);
  pop(ValueType::ref(HeapType::concrete(to), true));
}

void Walker::convert(HeapType from, HeapType to) {
  const ValueType operand = pop_ref();
  if (!module_.matches(operand, ValueType::ref(from, true))) return mismatch(ValueType::ref(from, true), operand);
  push(ValueType::ref(to, operand.is_nullable()));
}

}  // namespace mote::wasm
