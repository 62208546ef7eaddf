// Tables, globals and references (compiler.h).
//
// Elements of the func hierarchy are FuncRef pointers with two special values: 0 is null *or not yet resolved* (builtin
// table_get_func decides), and VMContext::null_funcref stands for a null that was stored explicitly. Outside of tables null is 0.
// Spec: core/exec/instructions, "Table Instructions", "Reference Instructions", "Variable Instructions".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

Mem FuncCompiler::table_length(wasm::TableIndex table) {
  constexpr auto length = static_cast<int32_t>(offsetof(code::TableDef, length));
  if (table >= module().imported_tables) return {vmctx(), static_cast<int32_t>(layout().table_def(table)) + length};
  code_.load(true, Reg::r11, {vmctx(), static_cast<int32_t>(layout().table(table))});
  return {Reg::r11, length};
}

// Pops an index that must be inside the table. Returns the table's base and the index, both in temporaries.
Reg FuncCompiler::table_entry(wasm::TableIndex table, code::TrapCode trap_code, Reg& index) {
  const bool is_64 = module().tables[table].type.limits.address == wasm::AddressType::i64;
  Value value = pop();
  if (!is_64 && value.kind == Value::in_reg) (void)use_extended(value);
  index = own(value);
  code_.alu(Alu::cmp, true, index, table_length(table));
  trap_if(Condition::ae, trap_code);
  if (key().spectre) {
    code_.mov_imm(Reg::r11, 0);
    code_.cmov(Condition::ae, true, index, Reg::r11);
  }
  constexpr auto base = static_cast<int32_t>(offsetof(code::TableDef, base));
  const Reg to = take_gpr();
  if (table >= module().imported_tables) {
    code_.load(true, to, {vmctx(), static_cast<int32_t>(layout().table_def(table)) + base});
  } else {
    code_.load(true, to, {vmctx(), static_cast<int32_t>(layout().table(table))});
    code_.load(true, to, {to, base});
  }
  return to;
}

// An entry that reads as 0 is null or not resolved yet.
void FuncCompiler::resolve_entry(wasm::TableIndex table, Reg entry, Reg index, bool traps_on_null) {
  (void)vmctx();  // the detour needs it
  code_.test(true, entry, entry);
  const Position jump = code_.jcc(Condition::e);
  detours_.push_back({.kind = Detour::Kind::resolve_entry,
                      .flag = traps_on_null,
                      .a = entry,
                      .b = index,
                      .number = table,
                      .wasm_offset = offset_,
                      .jump = jump,
                      .back = code_.position()});
}

bool FuncCompiler::table(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const auto is_64 = [&](wasm::TableIndex table) { return module().tables[table].type.limits.address == wasm::AddressType::i64; };
  const wasm::TableIndex index = instruction.index, index2 = instruction.index2;
  switch (instruction.op) {
    case wasm::Opcode::table_get:
      this->table_get(instruction);
      return true;
    case wasm::Opcode::table_set:
      this->table_set(instruction);
      return true;
    case table_size: {
      const Mem length = table_length(index);
      const Reg to = take_gpr();
      code_.load(true, to, length);
      push({.kind = Value::in_reg, .type = is_64(index) ? Type::i64 : Type::i32, .reg = to, .is_dirty_i32 = !is_64(index)});
      return true;
    }
    case table_grow: {
      const Value delta = pop_extended(), initial = pop_extended();
      Value arguments[] = {number(index), initial, delta};
      builtin(code::Builtin::table_grow, arguments);
      push({.kind = Value::in_reg, .type = is_64(index) ? Type::i64 : Type::i32, .reg = Reg::rax, .is_dirty_i32 = !is_64(index)});
      return true;
    }
    case table_fill: {
      const Value count = pop_extended(), value = pop_extended(), to = pop_extended();
      Value arguments[] = {number(index), to, value, count};
      builtin(code::Builtin::table_fill, arguments);
      return true;
    }
    case table_copy: {
      const Value count = pop_extended(), from = pop_extended(), to = pop_extended();
      Value arguments[] = {number(index), number(index2), to, from, count};
      builtin(code::Builtin::table_copy, arguments);
      return true;
    }
    case table_init: {
      const Value count = pop(), from = pop(), to = pop_extended();
      Value arguments[] = {number(index2), number(index), to, from, count};
      builtin(code::Builtin::table_init, arguments);
      return true;
    }
    case elem_drop: {
      Value arguments[] = {number(index)};
      builtin(code::Builtin::elem_drop, arguments);
      return true;
    }
    default:
      return false;
  }
}

void FuncCompiler::table_get(const wasm::Instruction& instruction) {
  const Type type = type_of(instruction.type);
  Reg index = Reg::none;
  const Reg entry = table_entry(instruction.index, code::TrapCode::out_of_bounds_table_access, index);
  if (type != Type::i64) {
    code_.load(false, entry, {entry, 0, index, 2});
    release(index);
    return push_reg(type, entry);
  }
  code_.load(true, entry, {entry, 0, index, 3});
  resolve_entry(instruction.index, entry, index, false);
  code_.mov_imm(Reg::r11, 0);
  code_.alu(Alu::cmp, true, entry, Mem{vmctx(), offsetof(code::VMContext, null_funcref)});
  code_.cmov(Condition::e, true, entry, Reg::r11);
  release(index);
  push_reg(type, entry);
}

void FuncCompiler::table_set(const wasm::Instruction& instruction) {
  const Type type = type_of(instruction.type);
  Value value = pop();
  Reg from = own(value);
  if (type == Type::i64) {  // the table's own null
    code_.test(true, from, from);
    code_.cmov(Condition::e, true, from, Mem{vmctx(), offsetof(code::VMContext, null_funcref)});
  }
  Reg index = Reg::none;
  const Reg entry = table_entry(instruction.index, code::TrapCode::out_of_bounds_table_access, index);
  const bool is_func = type == Type::i64;
  code_.store(is_func, {entry, 0, index, static_cast<uint8_t>(is_func ? 3 : 2)}, from);
  release(from);
  release(index);
  release(entry);
}

// An imported global is reached through a pointer, an own one lies in the vmctx.
Mem FuncCompiler::global_address(wasm::GlobalIndex index) {
  const auto at = static_cast<int32_t>(layout().global(index));
  if (index >= module().imported_globals) return {vmctx(), at};
  code_.load(true, Reg::r11, {vmctx(), at});
  return {Reg::r11, 0};
}

void FuncCompiler::global_get(const wasm::Instruction& instruction) {
  const Type type = type_of(instruction.type);
  const Mem from = global_address(instruction.index);
  Reg to = next_home(is_vector(type));
  if (to == Reg::none) to = take(is_vector(type));
  load_register(type, to, from);
  push_reg(type, to);
}

void FuncCompiler::global_set(const wasm::Instruction& instruction) {
  Value value = pop();
  const bool is_immediate = value.kind == Value::constant && !is_vector(value.type);
  if (!is_immediate) (void)use(value);
  const Mem to = global_address(instruction.index);
  store_value(to, value);
  release(value);
}

bool FuncCompiler::reference(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case ref_null:
      push_constant(type_of(instruction.type), 0);
      return true;
    case ref_is_null:
      equals_zero(is_wide(type_of(instruction.type)));
      return true;
    case ref_func: {
      Value arguments[] = {{.kind = Value::constant, .type = Type::i32, .bits = instruction.index}};
      builtin(code::Builtin::ref_func, arguments);
      push_reg(Type::i64, Reg::rax);
      return true;
    }
    case ref_as_non_null: {
      Value value = pop();
      const Reg reg = use(value);
      code_.test(is_wide(value.type), reg, reg);
      trap_if(Condition::e, code::TrapCode::null_reference);
      push(value);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace mote::baseline::x64
