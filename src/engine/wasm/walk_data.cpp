// Globals, references, and tables and memories as wholes: the walker's rules for them.
// Spec: core/valid/instructions. Tested by walk_test.cpp and tests/spec.
#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/read_types.h"
#include "engine/wasm/walk.h"

namespace mote::wasm {

void Walker::drop() {
  instruction_.type = pop_any();
}

void Walker::select() {
  pop(i32);
  const ValueType b = pop_any(), a = pop_any();
  if (a.is_ref() || b.is_ref()) return mismatch("select without a type takes numbers or vectors, not references");
  if (a != b && a.kind() != ValueKind::bottom && b.kind() != ValueKind::bottom) return mismatch(a, b);
  instruction_.type = a.kind() == ValueKind::bottom ? b : a;
  push(instruction_.type);
}

void Walker::select_t() {
  const uint32_t count = in_.u32();
  if (count != 1) return fail(format("invalid result arity: select with {} types", count));
  const ValueType type = read_value_type(in_, static_cast<uint32_t>(module_.types.size()));
  pop(i32);
  pop(type);
  pop(type);
  push(type);
  instruction_.type = type;
}

void Walker::global_get() {
  instruction_.index = read_index(module_.globals.size(), "global");
  if (in_.failed()) return;
  instruction_.type = module_.globals[instruction_.index].type.type;
  push(instruction_.type);
}

void Walker::global_set() {
  instruction_.index = read_index(module_.globals.size(), "global");
  if (in_.failed()) return;
  const GlobalType& type = module_.globals[instruction_.index].type;
  if (!type.is_mutable) return fail(format("immutable global {}", instruction_.index));
  instruction_.type = type.type;
  pop(type.type);
}

void Walker::table_op(Opcode op) {
  const ValueType address = read_fixed_immediate(Immediate::table);
  const ValueType element = instruction_.type;
  if (in_.failed()) return;
  if (op == Opcode::table_grow || op == Opcode::table_fill) pop(address);
  if (op != Opcode::table_get) pop(element);
  if (op != Opcode::table_grow) pop(address);
  if (op == Opcode::table_get) push(element);
  if (op == Opcode::table_grow) push(address);
}

void Walker::table_copy() {
  instruction_.index = read_index(module_.tables.size(), "table");
  instruction_.index2 = read_index(module_.tables.size(), "table");
  if (in_.failed()) return;
  const TableType& to = module_.tables[instruction_.index].type;
  const TableType& from = module_.tables[instruction_.index2].type;
  if (!module_.matches(from.element, to.element)) return mismatch(to.element, from.element);
  const bool both_64 = to.limits.address == AddressType::i64 && from.limits.address == AddressType::i64;
  pop(both_64 ? i64 : i32);
  pop(address_type(from.limits.address));
  pop(address_type(to.limits.address));
}

ValueType Walker::read_table_init() {
  instruction_.index = in_.u32();
  instruction_.index2 = read_index(module_.tables.size(), "table");
  check_element(instruction_.index);
  if (in_.failed()) return i32;
  const TableType& table = module_.tables[instruction_.index2].type;
  const ValueType element = module_.elements[instruction_.index].type;
  if (!module_.matches(element, table.element)) mismatch(table.element, element);
  return address_type(table.limits.address);
}

void Walker::memory_copy() {
  instruction_.index = read_index(module_.memories.size(), "memory");
  instruction_.index2 = read_index(module_.memories.size(), "memory");
  if (in_.failed()) return;
  const AddressType to = module_.memories[instruction_.index].limits.address;
  const AddressType from = module_.memories[instruction_.index2].limits.address;
  pop(to == AddressType::i64 && from == AddressType::i64 ? i64 : i32);
  pop(address_type(from));
  pop(address_type(to));
}

void Walker::check_data(DataIndex index) {
  if (!module_.data_count) return fail("data count section required");
  check_index(index, *module_.data_count, "data segment");
}

void Walker::check_element(ElementIndex index) {
  check_index(index, module_.elements.size(), "elem segment");
}

void Walker::ref_func() {
  instruction_.index = read_index(module_.funcs.size(), "function");
  if (in_.failed()) return;
  if (!module_.is_escaped(instruction_.index)) return fail(format("undeclared function reference {}", instruction_.index));
  instruction_.type = ValueType::ref(HeapType::concrete(module_.funcs[instruction_.index]), false);
  push(instruction_.type);
}

void Walker::ref_op(Opcode op) {
  switch (op) {
    case Opcode::ref_null:
      instruction_.type = ValueType::ref(read_heap_type(in_, static_cast<uint32_t>(module_.types.size())), true);
      return push(instruction_.type);
    case Opcode::ref_is_null:
      instruction_.type = pop_ref();
      return push(i32);
    case Opcode::ref_as_non_null:
      instruction_.type = pop_ref();
      return push(instruction_.type.as_non_null());
    case Opcode::ref_eq:
      pop(ValueType::ref(HeapType::eq, true));
      pop(ValueType::ref(HeapType::eq, true));
      return push(i32);
    case Opcode::ref_i31:
      pop(i32);
      return push(ValueType::ref(HeapType::i31, false));
    case Opcode::i31_get_s:
    case Opcode::i31_get_u:
      instruction_.type = peek();
      pop(ValueType::ref(HeapType::i31, true));
      return push(i32);
    default:
      ASSERT(false);
  }
}

// Operand and target have a common supertype: the operand is below the top of the target's hierarchy.
void Walker::ref_test(Opcode op) {
  const bool nullable = op == Opcode::ref_test_null || op == Opcode::ref_cast_null;
  const HeapType heap = read_heap_type(in_, static_cast<uint32_t>(module_.types.size()));
  if (in_.failed()) return;
  instruction_.type = ValueType::ref(heap, nullable);
  instruction_.type2 = pop_ref();
  HeapType::Abstract top = HeapType::any;
  for (const auto other : {HeapType::func, HeapType::extern_, HeapType::exn}) {
    if (module_.matches(heap, other)) top = other;
  }
  if (!module_.matches(instruction_.type2, ValueType::ref(top, true)))
    return mismatch(ValueType::ref(top, true), instruction_.type2);
  push(op == Opcode::ref_test || op == Opcode::ref_test_null ? i32 : instruction_.type);
}

}  // namespace mote::wasm
