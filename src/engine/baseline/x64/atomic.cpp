// Atomic accesses, wait and notify (compiler.h). Spec: the threads proposal, "Execution".
//
// Sequential consistency on x86-64: loads are plain, stores exchange, read-modify-write instructions are locked. The effective
// address must be a multiple of the access's size; that is tested first, then the bounds, in every tier.
#include "base/core/assert.h"
#include "engine/baseline/x64/compiler.h"

#include <utility>

namespace mote::baseline::x64 {

namespace {

// In the order of the table, which has seven widths of each.
enum class Access : uint8_t { load, store, add, sub, and_, or_, xor_, exchange, compare_exchange };
constexpr uint32_t widths = 7;

constexpr uint32_t place(wasm::Opcode op) {
  return static_cast<uint32_t>(op) - static_cast<uint32_t>(wasm::Opcode::i32_atomic_load);
}
constexpr Access access(wasm::Opcode op) {
  return static_cast<Access>(place(op) / widths);
}
static_assert(access(wasm::Opcode::i64_atomic_load32_u) == Access::load && access(wasm::Opcode::i32_atomic_store) == Access::store);
static_assert(access(wasm::Opcode::i64_atomic_rmw32_sub_u) == Access::sub &&
              access(wasm::Opcode::i32_atomic_rmw_and) == Access::and_);
static_assert(access(wasm::Opcode::i32_atomic_rmw_xchg) == Access::exchange);
static_assert(place(wasm::Opcode::i64_atomic_rmw32_cmpxchg_u) + 1 ==
              widths * (static_cast<uint32_t>(Access::compare_exchange) + 1));

// An instruction with one opcode for bytes and the next one for all other sizes.
void emit_sized(Assembler& code, uint8_t map, uint8_t byte_opcode, uint32_t size, Reg reg, const Mem& mem) {
  const Op op = {static_cast<uint8_t>(size == 2 ? 0x66 : 0), map, static_cast<uint8_t>(byte_opcode + (size == 1 ? 0 : 1))};
  code.emit(op, size == 8, reg, mem, size == 1);
}
void exchange(Assembler& code, uint32_t size, const Mem& mem, Reg reg) {  // locks by itself
  emit_sized(code, 0, 0x86, size, reg, mem);
}
constexpr uint8_t lock = 0xf0;
void locked_exchange_add(Assembler& code, uint32_t size, const Mem& mem, Reg reg) {
  code.byte(lock);
  emit_sized(code, 1, 0xc0, size, reg, mem);
}
void locked_compare_exchange(Assembler& code, uint32_t size, const Mem& mem, Reg reg) {
  code.byte(lock);
  emit_sized(code, 1, 0xb0, size, reg, mem);
}

template <class Source>  // Reg or Mem
void load_extended(Assembler& code, uint32_t size, Reg to, const Source& from) {
  if (size == 1) code.movzx8(to, from);
  if (size == 2) code.movzx16(to, from);
  if (size >= 4) code.emit({0, 0, 0x8b}, size == 8, to, from);
}

Alu logic(Access access) {
  return access == Access::and_ ? Alu::and_ : access == Access::or_ ? Alu::or_ : Alu::xor_;
}

}  // namespace

bool FuncCompiler::atomic(const wasm::Instruction& instruction) {
  const wasm::Opcode op = instruction.op;
  const wasm::OpcodeInfo& info = wasm::info(op);
  if (info.group != wasm::Group::threads) return false;
  const wasm::MemArg& memarg = instruction.memarg;
  if (op == wasm::Opcode::atomic_fence) {
    for (const uint8_t byte : {0x0f, 0xae, 0xf0}) code_.byte(byte);  // mfence
    return true;
  }
  if (op <= wasm::Opcode::memory_atomic_wait64) {
    const auto extended = [&] {
      Value value = pop();
      if (value.kind == Value::in_reg || value.kind == Value::local) (void)use_extended(value);
      return value;
    };
    const Value memory = {.kind = Value::constant, .type = Type::i32, .bits = memarg.memory};
    const Value offset = {.kind = Value::constant, .type = Type::i64, .bits = memarg.offset};
    if (op == wasm::Opcode::memory_atomic_notify) {
      const Value count = pop(), index = extended();
      Value arguments[] = {memory, index, offset, count};
      builtin(code::Builtin::memory_atomic_notify, arguments);
    } else {
      const Value timeout = pop(), expected = pop(), index = extended();
      Value arguments[] = {memory, index, offset, expected, timeout};
      const bool is_32 = op == wasm::Opcode::memory_atomic_wait32;
      builtin(is_32 ? code::Builtin::memory_atomic_wait32 : code::Builtin::memory_atomic_wait64, arguments);
    }
    push({.kind = Value::in_reg, .type = Type::i32, .reg = Reg::rax, .is_dirty_i32 = true});
    return true;
  }

  const uint32_t size = 1u << *wasm::access_log2(info.immediate);
  const Type type = info.result_count != 0 && info.result == wasm::Operand::i64 ? Type::i64 : Type::i32;
  const auto aligned_address = [&] {
    const uint32_t mask = size - 1;
    const auto rest = static_cast<uint32_t>(memarg.offset & mask);
    Value index = pop();
    if (index.kind == Value::constant) {
      if (((index.bits + rest) & mask) != 0) trap(code::TrapCode::unaligned_atomic);
    } else if (mask != 0) {
      Reg reg = use(index);
      if (rest != 0) {
        code_.lea(false, Reg::r11, {reg, static_cast<int32_t>(rest)});
        reg = Reg::r11;
      }
      code_.test_imm(reg, mask);
      trap_if(Condition::ne, code::TrapCode::unaligned_atomic);
    }
    push(index);
    return address(memarg, size);
  };
  switch (const Access kind = access(op); kind) {
    case Access::load: {
      const Memory memory = aligned_address();
      release(memory);
      const Reg home = next_home(false);
      const Reg to = home != Reg::none ? home : take_gpr();
      load_extended(code_, size, to, memory.mem);
      push_reg(type, to);
      return true;
    }
    case Access::store: {
      Value value = pop();
      const Reg reg = own(value);
      const Memory memory = aligned_address();
      exchange(code_, size, memory.mem, reg);
      release(memory);
      release(reg);
      return true;
    }
    case Access::add:
    case Access::sub:
    case Access::exchange: {
      Value value = pop();
      const Reg reg = own(value);
      if (kind == Access::sub) code_.neg(size == 8, reg);
      const Memory memory = aligned_address();
      kind == Access::exchange ? exchange(code_, size, memory.mem, reg) : locked_exchange_add(code_, size, memory.mem, reg);
      if (size < 4) load_extended(code_, size, reg, reg);
      release(memory);
      push_reg(type, reg);
      return true;
    }
    case Access::and_:
    case Access::or_:
    case Access::xor_: {
      claim(Reg::rax);  // while all operands are on the stack, and so can be moved out of it
      Value value = pop();
      const Reg operand = use(value);
      const Memory memory = aligned_address();
      const Reg wanted = take_gpr();
      load_extended(code_, size, Reg::rax, memory.mem);
      const Position again = code_.position();
      code_.mov(true, wanted, Reg::rax);
      code_.alu(logic(kind), size == 8, wanted, operand);
      locked_compare_exchange(code_, size, memory.mem, wanted);
      code_.jcc_to(Condition::ne, again);
      release(wanted);
      release(memory);
      release(value);
      push_reg(type, Reg::rax);
      return true;
    }
    case Access::compare_exchange: {
      claim(Reg::rax);
      Value replacement = pop();
      const Reg wanted = use(replacement);
      const Value expected = pop();
      copy(Reg::rax, expected);
      release(expected);
      const Memory memory = aligned_address();
      locked_compare_exchange(code_, size, memory.mem, wanted);
      if (size < 8) load_extended(code_, size, Reg::rax, Reg::rax);
      release(memory);
      release(replacement);
      push_reg(type, Reg::rax);
      return true;
    }
  }
  ASSERT(false);
  return false;
}

}  // namespace mote::baseline::x64
