// Integer instructions (compiler.h). A comparison whose result the next instruction only tests leaves it in the flags.
// Spec: core/exec/numerics, "Integer Operations".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"

#include <bit>

namespace mote::baseline::x64 {

namespace {

bool is_constant(const Value& value) {
  return value.kind == Value::constant;
}
// Whether a constant fits the sign-extended immediate of an instruction.
bool is_immediate(const Value& value, bool w) {
  if (!is_constant(value)) return false;
  return !w || static_cast<int64_t>(value.bits) == static_cast<int32_t>(value.bits);
}
int32_t immediate(const Value& value) {
  return static_cast<int32_t>(value.bits);
}
Test mirror(Test test) {  // for swapped operands
  switch (test) {
    case Test::b:
      return Test::a;
    case Test::a:
      return Test::b;
    case Test::ae:
      return Test::be;
    case Test::be:
      return Test::ae;
    case Test::l:
      return Test::g;
    case Test::g:
      return Test::l;
    case Test::le:
      return Test::ge;
    case Test::ge:
      return Test::le;
    default:
      return test;
  }
}

}  // namespace

bool FuncCompiler::integer(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case i32_add:
      return add(false), true;
    case i64_add:
      return add(true), true;
    case i32_sub:
      return alu(Alu::sub, false, false), true;
    case i64_sub:
      return alu(Alu::sub, true, false), true;
    case i32_and:
      return alu(Alu::and_, false, true), true;
    case i64_and:
      return alu(Alu::and_, true, true), true;
    case i32_or:
      return alu(Alu::or_, false, true), true;
    case i64_or:
      return alu(Alu::or_, true, true), true;
    case i32_xor:
      return alu(Alu::xor_, false, true), true;
    case i64_xor:
      return alu(Alu::xor_, true, true), true;
    case i32_mul:
      return multiply(false), true;
    case i64_mul:
      return multiply(true), true;
    case i32_eqz:
      return equals_zero(false), true;
    case i64_eqz:
      return equals_zero(true), true;
    case i32_eq:
      return compare(Test::e, false), true;
    case i32_ne:
      return compare(Test::ne, false), true;
    case i32_lt_s:
      return compare(Test::l, false), true;
    case i32_lt_u:
      return compare(Test::b, false), true;
    case i32_gt_s:
      return compare(Test::g, false), true;
    case i32_gt_u:
      return compare(Test::a, false), true;
    case i32_le_s:
      return compare(Test::le, false), true;
    case i32_le_u:
      return compare(Test::be, false), true;
    case i32_ge_s:
      return compare(Test::ge, false), true;
    case i32_ge_u:
      return compare(Test::ae, false), true;
    case i64_eq:
      return compare(Test::e, true), true;
    case i64_ne:
      return compare(Test::ne, true), true;
    case i64_lt_s:
      return compare(Test::l, true), true;
    case i64_lt_u:
      return compare(Test::b, true), true;
    case i64_gt_s:
      return compare(Test::g, true), true;
    case i64_gt_u:
      return compare(Test::a, true), true;
    case i64_le_s:
      return compare(Test::le, true), true;
    case i64_le_u:
      return compare(Test::be, true), true;
    case i64_ge_s:
      return compare(Test::ge, true), true;
    case i64_ge_u:
      return compare(Test::ae, true), true;
    case i32_shl:
      return shift(Shift::shl, false), true;
    case i64_shl:
      return shift(Shift::shl, true), true;
    case i32_shr_s:
      return shift(Shift::sar, false), true;
    case i64_shr_s:
      return shift(Shift::sar, true), true;
    case i32_shr_u:
      return shift(Shift::shr, false), true;
    case i64_shr_u:
      return shift(Shift::shr, true), true;
    case i32_rotl:
      return shift(Shift::rol, false), true;
    case i64_rotl:
      return shift(Shift::rol, true), true;
    case i32_rotr:
      return shift(Shift::ror, false), true;
    case i64_rotr:
      return shift(Shift::ror, true), true;
    case i32_div_s:
      return divide(false, true, false), true;
    case i32_div_u:
      return divide(false, false, false), true;
    case i32_rem_s:
      return divide(false, true, true), true;
    case i32_rem_u:
      return divide(false, false, true), true;
    case i64_div_s:
      return divide(true, true, false), true;
    case i64_div_u:
      return divide(true, false, false), true;
    case i64_rem_s:
      return divide(true, true, true), true;
    case i64_rem_u:
      return divide(true, false, true), true;
    case i32_clz:
    case i32_ctz:
    case i32_popcnt:
      return count_bits(instruction.op, false), true;
    case i64_clz:
    case i64_ctz:
    case i64_popcnt:
      return count_bits(instruction.op, true), true;
    case i32_extend8_s:
    case i32_extend16_s:
    case i64_extend8_s:
    case i64_extend16_s:
    case i64_extend32_s:
      return sign_extend(instruction.op), true;
    case i32_wrap_i64:
      return wrap(), true;
    case i64_extend_i32_s:
      return extend(true), true;
    case i64_extend_i32_u:
      return extend(false), true;
    default:
      return false;
  }
}

// a + b without touching a needs one lea; with a memory operand, or onto a itself, an add.
void FuncCompiler::add(bool w) {
  Value b = pop(), a = pop();
  if (is_constant(a) || (is_owned(b) && !is_owned(a))) std::swap(a, b);
  const Type type = w ? Type::i64 : Type::i32;
  if (is_immediate(b, w)) {
    const Reg from = use(a);
    const Reg to = destination(false, a);
    if (to == from) {
      code_.alu_imm(Alu::add, w, to, immediate(b));
    } else {
      code_.lea(w, to, {from, immediate(b)});
      release(a);
    }
    return push_reg(type, to);
  }
  const Reg left = use(a);
  const Reg home = next_home(false);
  if (home == left || (home == Reg::none && is_owned(a))) {
    with_operand(b, [&](const auto& right) { code_.alu(Alu::add, w, left, right); });
    release(b);
    return push_reg(type, left);
  }
  const Reg right = use(b);
  const Reg to = destination(false, a);
  if (to == right) {
    code_.alu(Alu::add, w, to, left);
  } else {
    code_.lea(w, to, {left, 0, right, 0});
  }
  if (to != left) release(a);
  if (to != right) release(b);
  push_reg(type, to);
}

void FuncCompiler::alu(Alu op, bool w, bool is_commutative) {
  Value b = pop(), a = pop();
  if (is_commutative && (is_constant(a) || (is_owned(b) && !is_owned(a)))) std::swap(a, b);
  const Type type = w ? Type::i64 : Type::i32;
  const Reg home = next_home(false);
  if (home != Reg::none && reads(b, home)) {  // the target is the right operand
    if (is_commutative) {
      std::swap(a, b);
    } else {
      const Reg to = own(a);
      with_operand(b, [&](const auto& right) { code_.alu(op, w, to, right); });
      release(b);
      return push_reg(type, to);
    }
  }
  if (op == Alu::sub && is_immediate(b, w) && immediate(b) != INT32_MIN && !is_owned(a)) {  // three operands
    const Reg from = use(a);
    const Reg to = destination(false, a);
    if (to == from) {
      code_.alu_imm(op, w, to, immediate(b));
    } else {
      code_.lea(w, to, {from, -immediate(b)});
      release(a);
    }
    return push_reg(type, to);
  }
  const Reg to = home != Reg::none ? home : own(a);
  if (to == home) {
    copy(to, a);
    release(a);
  }
  if (is_immediate(b, w)) {
    code_.alu_imm(op, w, to, immediate(b));
  } else {
    with_operand(b, [&](const auto& right) { code_.alu(op, w, to, right); });
  }
  release(b);
  push_reg(type, to);
}

void FuncCompiler::multiply(bool w) {
  Value b = pop(), a = pop();
  if (is_constant(a) || (is_owned(b) && !is_owned(a))) std::swap(a, b);
  const Type type = w ? Type::i64 : Type::i32;
  if (is_immediate(b, w)) {
    const auto factor = static_cast<uint32_t>(immediate(b));
    if (std::has_single_bit(factor) && immediate(b) > 0) {
      if (a.kind == Value::slot) (void)own(a);  // its place on the stack may be another now
      push(a);
      push_constant(type, static_cast<uint64_t>(std::countr_zero(factor)));
      return shift(Shift::shl, w);
    }
    if (is_in_memory(a)) {
      const Mem from = memory_of(a);
      const Reg to = destination(false, a);
      code_.imul_imm(w, to, from, immediate(b));
      return push_reg(type, to);
    }
    const Reg from = use(a);
    const Reg to = destination(false, a);
    code_.imul_imm(w, to, from, immediate(b));
    if (to != from) release(a);
    return push_reg(type, to);
  }
  const Reg home = next_home(false);
  if (home != Reg::none && reads(b, home)) std::swap(a, b);
  const Reg to = home != Reg::none ? home : own(a);
  if (to == home) {
    copy(to, a);
    release(a);
  }
  with_operand(b, [&](const auto& right) { code_.imul(w, to, right); });
  release(b);
  push_reg(type, to);
}

void FuncCompiler::compare(Test test, bool w) {
  Value b = pop(), a = pop();
  if (is_constant(a)) {
    std::swap(a, b);
    test = mirror(test);
  }
  if (is_immediate(b, w)) {
    if (is_in_memory(a)) {
      code_.alu_imm(Alu::cmp, w, memory_of(a), immediate(b));
    } else {
      const Reg left = use(a);
      if (b.bits == 0) {
        code_.test(w, left, left);
      } else {
        code_.alu_imm(Alu::cmp, w, left, immediate(b));
      }
    }
  } else {
    const Reg left = use(a);
    with_operand(b, [&](const auto& right) { code_.alu(Alu::cmp, w, left, right); });
  }
  release(a);
  release(b);
  finish_test(test);
}

void FuncCompiler::equals_zero(bool w) {
  Value a = pop();
  if (a.kind == Value::flags) return finish_test(invert(static_cast<Test>(a.index)));
  if (is_in_memory(a)) {
    code_.alu_imm(Alu::cmp, w, memory_of(a), 0);
  } else {
    const Reg reg = use(a);
    code_.test(w, reg, reg);
    release(a);
  }
  finish_test(Test::e);
}

// The flags hold the result. They stay there when the next instruction tests it, else it becomes a number.
void FuncCompiler::finish_test(Test test) {
  const Bytes rest = walker_.rest();
  const uint8_t next = rest.empty() ? 0 : rest[0];
  constexpr uint8_t if_ = 0x04, br_if = 0x0d, select = 0x1b, eqz = 0x45;
  // Counting fuel would change the flags between a comparison and a branch.
  const bool is_branch = (next == if_ || next == br_if) && key().fuel == 0;
  if (!key().debug_info && (is_branch || next == select || next == eqz)) {
    return push({.kind = Value::flags, .type = Type::i32, .index = static_cast<uint32_t>(test)});
  }
  const Reg to = take_gpr();
  set_register(test, to);
  push_reg(Type::i32, to);
}

void FuncCompiler::set_register(Test test, Reg to) {
  if (test == Test::float_eq || test == Test::float_ne) {
    const bool is_equal = test == Test::float_eq;
    code_.setcc(is_equal ? Condition::np : Condition::p, Reg::r11);
    code_.setcc(is_equal ? Condition::e : Condition::ne, to);
    code_.emit({0, 0, static_cast<uint8_t>(is_equal ? 0x22 : 0x0a)}, false, to, Reg::r11, true);  // and, or: bytes
  } else {
    code_.setcc(static_cast<Condition>(test), to);
  }
  code_.movzx8(to, to);
}

void FuncCompiler::shift(Shift op, bool w) {
  Value b = pop(), a = pop();
  const Type type = w ? Type::i64 : Type::i32;
  const bool is_rotation = op == Shift::rol || op == Shift::ror;
  if (is_constant(b)) {
    const auto count = static_cast<uint8_t>(b.bits & (w ? 63 : 31));
    const Reg home = next_home(false);
    const Reg to = home != Reg::none ? home : own(a);
    if (to == home) {
      copy(to, a);
      release(a);
    }
    if (count == 1 && op == Shift::shl) {
      code_.alu(Alu::add, w, to, to);
    } else if (count != 0) {
      code_.shift_imm(op, w, to, count);
    }
    return push_reg(type, to);
  }
  if (has_bmi2_ && !is_rotation) {
    const Reg count = use(b);
    const Reg from = use(a);
    const Reg to = destination(false, a);
    code_.shift_x(op, w, to, from, count);
    if (to != from) release(a);
    if (to != count) release(b);
    return push_reg(type, to);
  }
  // The count must be in cl.
  if (!(b.kind == Value::in_reg && b.reg == Reg::rcx)) {
    if (a.kind == Value::in_reg && a.reg == Reg::rcx) {
      const Reg other = take_gpr();
      code_.mov(w, other, Reg::rcx);
      a.reg = other;
    } else {
      claim(Reg::rcx);
    }
    copy(Reg::rcx, b);
    release(b);
  }
  const Reg to = own(a);
  code_.shift_cl(op, w, to);
  release(Reg::rcx);
  push_reg(type, to);
}

// Division by what is known: no traps, and shifts for powers of two.
bool FuncCompiler::divide_by_constant(bool w, bool is_signed, bool wants_remainder) {
  const Value divisor = top();
  if (!is_constant(divisor) || is_signed) return false;
  const uint64_t value = w ? divisor.bits : static_cast<uint32_t>(divisor.bits);
  if (!std::has_single_bit(value)) return false;
  (void)pop();
  const Type type = w ? Type::i64 : Type::i32;
  push_constant(type, wants_remainder ? value - 1 : static_cast<uint64_t>(std::countr_zero(value)));
  wants_remainder ? alu(Alu::and_, w, true) : shift(Shift::shr, w);
  return true;
}

void FuncCompiler::divide(bool w, bool is_signed, bool wants_remainder) {
  if (divide_by_constant(w, is_signed, wants_remainder)) return;
  Value b = pop(), a = pop();
  const bool is_known = is_constant(b) && (w ? b.bits : static_cast<uint32_t>(b.bits)) != 0;
  const bool may_be_minus_one = is_signed && (!is_constant(b) || (w ? ~b.bits : ~static_cast<uint32_t>(b.bits)) == 0);
  // The divisor goes to r11, the dividend to rax; rdx is overwritten.
  copy(Reg::r11, b);
  release(b);
  if (!(a.kind == Value::in_reg && a.reg == Reg::rax)) {
    claim(Reg::rax);
    copy(Reg::rax, a);
    release(a);
  }
  claim(Reg::rdx);
  if (!is_known) {
    code_.test(w, Reg::r11, Reg::r11);
    trap_if(Condition::e, code::TrapCode::integer_divide_by_zero);
  }
  Position skip = 0;
  if (may_be_minus_one) {
    code_.alu_imm(Alu::cmp, w, Reg::r11, -1);
    const Position common = code_.jcc8(Condition::ne);
    if (wants_remainder) {
      code_.zero(Reg::rdx);
      skip = code_.jmp8();
    } else {
      code_.mov(w, Reg::rdx, Reg::rax);
      code_.neg(w, Reg::rdx);  // overflows for the least number only
      trap_if(Condition::o, code::TrapCode::integer_overflow);
    }
    code_.patch8(common);
  }
  if (is_signed) {
    code_.sign_into_rdx(w);
    code_.idiv(w, Reg::r11);
  } else {
    code_.zero(Reg::rdx);
    code_.div(w, Reg::r11);
  }
  if (skip != 0) code_.patch8(skip);
  release(wants_remainder ? Reg::rax : Reg::rdx);
  push_reg(w ? Type::i64 : Type::i32, wants_remainder ? Reg::rdx : Reg::rax);
}

void FuncCompiler::count_bits(wasm::Opcode op, bool w) {
  using enum wasm::Opcode;
  Value a = pop();
  const Reg from = use(a);
  const bool is_popcnt = op == i32_popcnt || op == i64_popcnt;
  const bool is_clz = op == i32_clz || op == i64_clz;
  const Reg to = destination(false, a);
  if (is_popcnt) {
    code_.popcnt(w, to, from);
  } else if (has_lzcnt_) {
    is_clz ? code_.lzcnt(w, to, from) : code_.tzcnt(w, to, from);
  } else {
    // bsr and bsf leave their target alone for zero, so that case is put in first.
    code_.mov_imm(Reg::r11, is_clz ? (w ? 127 : 63) : (w ? 64 : 32));
    code_.emit({0, 1, static_cast<uint8_t>(is_clz ? 0xbd : 0xbc)}, w, to, from);
    code_.cmov(Condition::e, w, to, Reg::r11);
    if (is_clz) code_.alu_imm(Alu::xor_, w, to, w ? 63 : 31);
  }
  if (to != from) release(a);
  push_reg(w ? Type::i64 : Type::i32, to);
}

void FuncCompiler::sign_extend(wasm::Opcode op) {
  using enum wasm::Opcode;
  Value a = pop();
  const bool w = op != i32_extend8_s && op != i32_extend16_s;
  const Reg from = use(a);
  const Reg to = destination(false, a);
  if (op == i32_extend8_s || op == i64_extend8_s) {
    code_.movsx8(w, to, from);
  } else if (op == i32_extend16_s || op == i64_extend16_s) {
    code_.movsx16(w, to, from);
  } else {
    code_.movsx32(to, from);
  }
  if (to != from) release(a);
  push_reg(w ? Type::i64 : Type::i32, to);
}

// Half of a register is a register: only whoever needs the upper half to be zero pays for that.
void FuncCompiler::wrap() {
  Value a = pop();
  if (is_constant(a)) return push_constant(Type::i32, static_cast<uint32_t>(a.bits));
  if (is_owned(a) && next_home(false) == Reg::none) {
    a.type = Type::i32;
    a.is_dirty_i32 = true;
    return push(a);
  }
  const Reg to = destination(false, a);
  a.type = Type::i32;
  if (a.kind == Value::in_reg && a.reg == to) {
    code_.zero_extend(to, to);
  } else {
    copy(to, a);
    if (a.kind == Value::local && reads(a, to)) code_.zero_extend(to, to);
    release(a);
  }
  push_reg(Type::i32, to);
}

void FuncCompiler::extend(bool is_signed) {
  Value a = pop();
  if (is_constant(a)) {
    const auto value = static_cast<uint32_t>(a.bits);
    return push_constant(Type::i64, is_signed ? static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value))) : value);
  }
  const Reg from = use(a);
  const Reg to = destination(false, a);
  if (is_signed) {
    code_.movsx32(to, from);
  } else if (to != from || a.is_dirty_i32 || !is_owned(a)) {
    code_.zero_extend(to, from);
  }
  if (to != from) release(a);
  push_reg(Type::i64, to);
}

}  // namespace mote::baseline::x64
