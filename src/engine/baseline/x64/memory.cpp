// Linear memory: loads, stores, size, growth, bulk operations (compiler.h).
//
// As in the optimising tier: with guard mode and 32-bit addresses the guard region catches everything whose offset plus size is at
// most its size; otherwise the index is compared with the length. Under a check that may be mispredicted the address is clamped to
// the start of the memory (CodegenKey::spectre). Spec: core/exec/instructions, "Memory Instructions".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::baseline::x64 {

namespace {

constexpr uint64_t guard_bytes = 32 << 20;  // behind the 4 GiB of a guard-mode memory

}  // namespace

bool FuncCompiler::is_memory64(wasm::MemoryIndex memory) const {
  return module().memories[memory].limits.address == wasm::AddressType::i64;
}

// The base of a memory, in rbx for the first, else in r11.
Reg FuncCompiler::base(wasm::MemoryIndex memory) {
  if (memory == 0) {
    make_valid(Reg::rbx);
    return Reg::rbx;
  }
  code_.load(true, Reg::r11, {vmctx(), static_cast<int32_t>(layout().memory(memory) + offsetof(code::MemoryImport, base))});
  return Reg::r11;
}

Mem FuncCompiler::memory_length(wasm::MemoryIndex memory) {
  constexpr auto length = static_cast<int32_t>(offsetof(code::MemoryDef, length));
  // An own shared memory's definition lies outside, as an imported one's does.
  const bool is_here = memory >= module().imported_memories && !module().memories[memory].limits.is_shared;
  if (is_here) return {vmctx(), static_cast<int32_t>(layout().memory_def(memory)) + length};
  code_.load(true, Reg::r11, {vmctx(), static_cast<int32_t>(layout().memory(memory) + offsetof(code::MemoryImport, def))});
  return {Reg::r11, length};
}

FuncCompiler::Memory FuncCompiler::address(const wasm::MemArg& memarg, uint32_t size) {
  Value index = pop();
  const bool is_guarded =
      key().memory == code::MemoryMode::guard && !is_memory64(memarg.memory) && memarg.offset + size <= guard_bytes;
  if (!is_guarded) return checked_address(memarg, size, index);
  const auto offset = static_cast<int32_t>(memarg.offset);
  if (index.kind == Value::constant) {
    const uint64_t place = static_cast<uint32_t>(index.bits) + memarg.offset;
    if (place <= INT32_MAX) return {{base(memarg.memory), static_cast<int32_t>(place)}, 0};
  }
  const Reg reg = use_extended(index);
  const uint32_t held = is_owned(index) ? bit(reg) : 0;
  return {{base(memarg.memory), offset, reg, 0}, held};
}

// Leaves the end of the access in a temporary, which is what was compared and what is clamped.
FuncCompiler::Memory FuncCompiler::checked_address(const wasm::MemArg& memarg, uint32_t size, Value index) {
  constexpr auto trap_code = code::TrapCode::out_of_bounds_memory_access;
  const bool is_64 = is_memory64(memarg.memory);
  const uint64_t end = memarg.offset + size;
  if (end < size || end > limits::memory64_reservation.hard) {  // beyond what any memory can have
    release(index);
    trap(trap_code);
    return {{base(memarg.memory)}, 0};
  }
  index.type = is_64 ? Type::i64 : Type::i32;
  const Reg from = use_extended(index);
  const Reg last = is_owned(index) ? from : take_gpr();
  if (end <= INT32_MAX) {
    if (last == from) {
      code_.alu_imm(Alu::add, true, last, static_cast<int32_t>(end));
    } else if (is_64) {
      code_.mov(true, last, from);
      code_.alu_imm(Alu::add, true, last, static_cast<int32_t>(end));
    } else {
      code_.lea(true, last, {from, static_cast<int32_t>(end)});
    }
  } else {
    code_.mov_imm(Reg::r11, end);
    code_.mov(true, last, from);
    code_.alu(Alu::add, true, last, Reg::r11);
  }
  if (is_64) trap_if(Condition::b, trap_code);  // the sum wrapped
  const Mem length = memory_length(memarg.memory);
  code_.alu(Alu::cmp, true, last, length);
  trap_if(Condition::a, trap_code);
  if (key().spectre) {
    code_.mov_imm(Reg::r11, size);
    code_.cmov(Condition::a, true, last, Reg::r11);
  }
  return {{base(memarg.memory), -static_cast<int32_t>(size), last, 0}, bit(last)};
}

void FuncCompiler::load_or_store(const wasm::Instruction& instruction) {
  instruction.op < wasm::Opcode::i32_store ? scalar_load(instruction) : scalar_store(instruction);
}

bool FuncCompiler::memory(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case memory_size: {
      const Mem length = memory_length(instruction.index);
      const Reg to = take_gpr();
      code_.load(true, to, length);
      code_.shift_imm(Shift::shr, true, to, 16);
      push_reg(is_memory64(instruction.index) ? Type::i64 : Type::i32, to);
      return true;
    }
    case memory_grow:
    case memory_copy:
    case memory_fill:
    case memory_init:
    case data_drop:
      bulk(instruction);
      return true;
    default:
      return false;
  }
}

void FuncCompiler::scalar_load(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const uint32_t size = 1u << wasm::access_log2(wasm::info(instruction.op).immediate).value_or(0);
  const Memory memory = address(instruction.memarg, size);
  release(memory);
  const bool is_float = instruction.op == f32_load || instruction.op == f64_load;
  Reg to = next_home(is_float);
  if (to == Reg::none) to = take(is_float);
  const Mem& from = memory.mem;
  Type type = Type::i64;
  switch (instruction.op) {
    case i32_load:
    case i64_load32_u:
      code_.load(false, to, from);
      break;
    case i64_load:
      code_.load(true, to, from);
      break;
    case f32_load:
    case f64_load:
      type = instruction.op == f32_load ? Type::f32 : Type::f64;
      load_register(type, to, from);
      break;
    case i32_load8_u:
    case i64_load8_u:
      code_.movzx8(to, from);
      break;
    case i32_load8_s:
      code_.movsx8(false, to, from);
      break;
    case i64_load8_s:
      code_.movsx8(true, to, from);
      break;
    case i32_load16_u:
    case i64_load16_u:
      code_.movzx16(to, from);
      break;
    case i32_load16_s:
      code_.movsx16(false, to, from);
      break;
    case i64_load16_s:
      code_.movsx16(true, to, from);
      break;
    default:
      code_.movsx32(to, from);
      break;
  }
  const bool is_i32 = instruction.op == i32_load || (instruction.op >= i32_load8_s && instruction.op <= i32_load16_u);
  push_reg(is_i32 ? Type::i32 : type, to);
}

void FuncCompiler::scalar_store(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const uint32_t size = 1u << wasm::access_log2(wasm::info(instruction.op).immediate).value_or(0);
  Value value = pop();
  const bool is_small_constant =
      value.kind == Value::constant && (size < 8 || static_cast<int64_t>(value.bits) == static_cast<int32_t>(value.bits));
  const Reg reg = is_small_constant ? Reg::none : use(value);
  const Memory memory = address(instruction.memarg, size);
  const Mem& to = memory.mem;
  if (is_small_constant) {
    if (size == 1) code_.store8_imm(to, static_cast<uint8_t>(value.bits));
    if (size == 2) code_.store16_imm(to, static_cast<uint16_t>(value.bits));
    if (size >= 4) code_.store_imm(size == 8, to, static_cast<int32_t>(value.bits));
  } else if (is_vector(reg)) {
    store_register(value.type, to, reg);
  } else if (size == 1) {
    code_.store8(to, reg);
  } else if (size == 2) {
    code_.store16(to, reg);
  } else {
    code_.store(size == 8, to, reg);
  }
  release(memory);
  release(value);
}

// Builtins take addresses and sizes as 64 bits, zero-extended.
void FuncCompiler::bulk(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const wasm::MemoryIndex index = instruction.index, index2 = instruction.index2;
  switch (instruction.op) {
    case memory_grow: {
      Value arguments[] = {number(index), pop_extended()};
      builtin(code::Builtin::memory_grow, arguments);
      const Type type = is_memory64(index) ? Type::i64 : Type::i32;
      return push({.kind = Value::in_reg, .type = type, .reg = Reg::rax, .is_dirty_i32 = type == Type::i32});
    }
    case memory_copy: {
      const Value bytes = pop_extended(), from = pop_extended(), to = pop_extended();
      Value arguments[] = {number(index), number(index2), to, from, bytes};
      return builtin(code::Builtin::memory_copy, arguments);
    }
    case memory_fill: {
      const Value bytes = pop_extended(), value = pop(), to = pop_extended();
      Value arguments[] = {number(index), to, value, bytes};
      return builtin(code::Builtin::memory_fill, arguments);
    }
    case memory_init: {
      const Value bytes = pop(), from = pop(), to = pop_extended();
      Value arguments[] = {number(index2), number(index), to, from, bytes};
      return builtin(code::Builtin::memory_init, arguments);
    }
    default: {
      Value arguments[] = {number(index)};
      return builtin(code::Builtin::data_drop, arguments);
    }
  }
}

}  // namespace mote::baseline::x64
