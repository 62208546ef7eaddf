// Floating-point arithmetic and comparison (compiler.h). NaN payloads are what the machine gives, unless they are to be canonical.
// Spec: core/exec/numerics, "Floating-Point Operations".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

namespace {

constexpr uint8_t scalar(Type type) {  // the mandatory prefix of ss and sd forms
  return type == Type::f32 ? 0xf3 : 0xf2;
}
constexpr uint8_t packed(Type type) {  // … of ps and pd forms
  return type == Type::f32 ? 0 : 0x66;
}

}  // namespace

bool FuncCompiler::floating(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const wasm::Opcode op = instruction.op;
  switch (op) {
    case f32_const:
      push_constant(Type::f32, instruction.low);
      return true;
    case f64_const:
      push_constant(Type::f64, instruction.low);
      return true;
    case f32_add:
      return float_binary({scalar(Type::f32), 1, 0x58}, Type::f32), true;
    case f64_add:
      return float_binary({scalar(Type::f64), 1, 0x58}, Type::f64), true;
    case f32_sub:
      return float_binary({scalar(Type::f32), 1, 0x5c}, Type::f32), true;
    case f64_sub:
      return float_binary({scalar(Type::f64), 1, 0x5c}, Type::f64), true;
    case f32_mul:
      return float_binary({scalar(Type::f32), 1, 0x59}, Type::f32), true;
    case f64_mul:
      return float_binary({scalar(Type::f64), 1, 0x59}, Type::f64), true;
    case f32_div:
      return float_binary({scalar(Type::f32), 1, 0x5e}, Type::f32), true;
    case f64_div:
      return float_binary({scalar(Type::f64), 1, 0x5e}, Type::f64), true;
    case f32_min:
    case f32_max:
      return float_min_max(op == f32_min, Type::f32), true;
    case f64_min:
    case f64_max:
      return float_min_max(op == f64_min, Type::f64), true;
    case f32_abs:
      return float_sign(constants::f32_magnitude, {packed(Type::f32), 1, 0x54}, Type::f32), true;
    case f64_abs:
      return float_sign(constants::f64_magnitude, {packed(Type::f64), 1, 0x54}, Type::f64), true;
    case f32_neg:
      return float_sign(constants::f32_sign, {packed(Type::f32), 1, 0x57}, Type::f32), true;
    case f64_neg:
      return float_sign(constants::f64_sign, {packed(Type::f64), 1, 0x57}, Type::f64), true;
    case f32_copysign:
      return float_copysign(Type::f32), true;
    case f64_copysign:
      return float_copysign(Type::f64), true;
    case f32_ceil:
    case f32_floor:
    case f32_trunc:
    case f32_nearest:
    case f32_sqrt:
      return float_unary(op, Type::f32), true;
    case f64_ceil:
    case f64_floor:
    case f64_trunc:
    case f64_nearest:
    case f64_sqrt:
      return float_unary(op, Type::f64), true;
    case f32_eq:
    case f32_ne:
    case f32_lt:
    case f32_gt:
    case f32_le:
    case f32_ge:
      return float_compare(op, Type::f32), true;
    case f64_eq:
    case f64_ne:
    case f64_lt:
    case f64_gt:
    case f64_le:
    case f64_ge:
      return float_compare(op, Type::f64), true;
    default:
      return false;
  }
}

// Which NaN an operation on two of them returns depends on their order, so operands are not exchanged.
void FuncCompiler::float_binary(Op op, Type type) {
  Value b = pop(), a = pop();
  const Reg home = next_home(true);
  Reg to = Reg::none;
  if (has_avx_) {
    const Reg left = use(a);
    if (is_in_memory(b)) {
      to = destination(true, a);
      code_.emit_vex(op, false, to, left, memory_of(b));
    } else {
      const Reg right = use(b);
      to = home != Reg::none ? home : is_owned(a) ? a.reg : is_owned(b) ? b.reg : take_xmm();
      code_.emit_vex(op, false, to, left, right);
    }
    if (!(a.kind == Value::in_reg && a.reg == to)) release(a);
  } else {
    to = home != Reg::none && !reads(b, home) ? home : own(a);
    if (to == home) {
      copy(to, a);
      release(a);
    }
    with_operand(b, [&](const auto& right) { code_.emit(op, false, to, right); });
  }
  if (!(b.kind == Value::in_reg && b.reg == to)) release(b);
  canonicalize(type, to);
  push_reg(type, to);
}

// ucomis sets "below" for unordered, so only a > b and a >= b can be tested by one flag: the others exchange their operands.
void FuncCompiler::float_compare(wasm::Opcode op, Type type) {
  using enum wasm::Opcode;
  Value b = pop(), a = pop();
  const bool is_less = op == f32_lt || op == f64_lt || op == f32_le || op == f64_le;
  if (is_less) std::swap(a, b);
  const Reg left = use(a);
  const Op ucomis = {packed(type), 1, 0x2e};
  with_operand(b, [&](const auto& right) {
    has_avx_ ? code_.emit_vex(ucomis, false, left, Reg::none, right) : code_.emit(ucomis, false, left, right);
  });
  release(a);
  release(b);
  switch (op) {
    case f32_eq:
    case f64_eq:
      return finish_test(Test::float_eq);
    case f32_ne:
    case f64_ne:
      return finish_test(Test::float_ne);
    case f32_lt:
    case f64_lt:
    case f32_gt:
    case f64_gt:
      return finish_test(Test::a);
    default:
      return finish_test(Test::ae);
  }
}

// Equal operands may be zeros of both signs: or for min, and for max. Unordered ones are added, which gives a quiet NaN.
void FuncCompiler::float_min_max(bool is_min, Type type) {
  Value b = pop(), a = pop();
  const Reg to = own(a);
  const Reg right = use(b);
  const Op ucomis = {packed(type), 1, 0x2e};
  has_avx_ ? code_.emit_vex(ucomis, false, to, Reg::none, right) : code_.emit(ucomis, false, to, right);
  const Position differs = code_.jcc8(Condition::ne);
  const Position unordered = code_.jcc8(Condition::p);
  vector_op({packed(type), 1, static_cast<uint8_t>(is_min ? 0x56 : 0x54)}, to, to, right);
  const Position done = code_.jmp8();
  code_.patch8(unordered);
  vector_op({scalar(type), 1, 0x58}, to, to, right);
  const Position also_done = code_.jmp8();
  code_.patch8(differs);
  vector_op({scalar(type), 1, static_cast<uint8_t>(is_min ? 0x5d : 0x5f)}, to, to, right);
  code_.patch8(done);
  code_.patch8(also_done);
  release(b);
  canonicalize(type, to);
  push_reg(type, to);
}

void FuncCompiler::float_unary(wasm::Opcode op, Type type) {
  using enum wasm::Opcode;
  Value a = pop();
  const Reg from = use(a);
  const Reg to = destination(true, a);
  if (op == f32_sqrt || op == f64_sqrt) {
    const Op sqrt = {scalar(type), 1, 0x51};
    has_avx_ ? code_.emit_vex(sqrt, false, to, from, from) : code_.emit(sqrt, false, to, from);
  } else {
    const Op round = {0x66, 3, static_cast<uint8_t>(type == Type::f32 ? 0x0a : 0x0b)};
    has_avx_ ? code_.emit_vex(round, false, to, from, from) : code_.emit(round, false, to, from);
    constexpr uint8_t quietly = 8;
    const uint8_t mode = op == f32_ceil || op == f64_ceil     ? 2
                         : op == f32_floor || op == f64_floor ? 1
                         : op == f32_trunc || op == f64_trunc ? 3
                                                              : 0;
    code_.imm8(mode | quietly);
  }
  if (to != from) release(a);
  canonicalize(type, to);
  push_reg(type, to);
}

void FuncCompiler::float_sign(uint32_t constant, Op op, Type type) {
  Value a = pop();
  const Reg from = use(a);
  const Reg to = destination(true, a);
  vector_constant_op(op, to, from, constant);
  if (to != from) release(a);
  push_reg(type, to);
}

void FuncCompiler::float_copysign(Type type) {
  Value b = pop(), a = pop();
  const bool is_f32 = type == Type::f32;
  const Reg sign = use(b);
  vector_constant_op({packed(type), 1, 0x54}, scratch_vector, sign, is_f32 ? constants::f32_sign : constants::f64_sign);
  const Reg to = own(a);
  vector_constant_op({packed(type), 1, 0x54}, to, to, is_f32 ? constants::f32_magnitude : constants::f64_magnitude);
  vector_op({packed(type), 1, 0x56}, to, to, scratch_vector);
  release(b);
  push_reg(type, to);
}

// Where NaNs are to be canonical: after every operation that may make one.
void FuncCompiler::canonicalize(Type type, Reg reg) {
  if (key().canonical_nans == 0) return;
  const Op ucomis = {packed(type), 1, 0x2e};
  has_avx_ ? code_.emit_vex(ucomis, false, reg, Reg::none, reg) : code_.emit(ucomis, false, reg, reg);
  const Position is_number = code_.jcc8(Condition::np);
  const Op load = {scalar(type), 1, 0x10};
  const uint32_t constant = type == Type::f32 ? constants::f32_canonical_nan : constants::f64_canonical_nan;
  constant_operand(has_avx_ ? code_.rip_vex(load, false, reg, Reg::none) : code_.rip(load, false, reg), constant);
  code_.patch8(is_number);
}

}  // namespace mote::baseline::x64
