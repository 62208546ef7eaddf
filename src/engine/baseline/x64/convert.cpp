// Conversions between integers and floating-point numbers (compiler.h).
//
// The machine's truncation gives the least integer for all that does not fit; only then code behind the body looks closer, and
// traps or saturates. Spec: core/exec/numerics, "Conversions".
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

namespace {

constexpr uint8_t scalar(Type type) {
  return type == Type::f32 ? 0xf3 : 0xf2;
}
constexpr uint8_t packed(Type type) {
  return type == Type::f32 ? 0 : 0x66;
}

// What a truncation is, by its opcode.
struct Truncation {
  Type from;
  bool is_wide, is_signed, saturates;
};
Truncation truncation(wasm::Opcode op) {
  using enum wasm::Opcode;
  switch (op) {
    case i32_trunc_f32_s:
      return {Type::f32, false, true, false};
    case i32_trunc_f32_u:
      return {Type::f32, false, false, false};
    case i32_trunc_f64_s:
      return {Type::f64, false, true, false};
    case i32_trunc_f64_u:
      return {Type::f64, false, false, false};
    case i64_trunc_f32_s:
      return {Type::f32, true, true, false};
    case i64_trunc_f32_u:
      return {Type::f32, true, false, false};
    case i64_trunc_f64_s:
      return {Type::f64, true, true, false};
    case i64_trunc_f64_u:
      return {Type::f64, true, false, false};
    case i32_trunc_sat_f32_s:
      return {Type::f32, false, true, true};
    case i32_trunc_sat_f32_u:
      return {Type::f32, false, false, true};
    case i32_trunc_sat_f64_s:
      return {Type::f64, false, true, true};
    case i32_trunc_sat_f64_u:
      return {Type::f64, false, false, true};
    case i64_trunc_sat_f32_s:
      return {Type::f32, true, true, true};
    case i64_trunc_sat_f32_u:
      return {Type::f32, true, false, true};
    case i64_trunc_sat_f64_s:
      return {Type::f64, true, true, true};
    default:
      return {Type::f64, true, false, true};
  }
}

}  // namespace

bool FuncCompiler::convert(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case i32_trunc_f32_s:
    case i32_trunc_f32_u:
    case i32_trunc_f64_s:
    case i32_trunc_f64_u:
    case i64_trunc_f32_s:
    case i64_trunc_f32_u:
    case i64_trunc_f64_s:
    case i64_trunc_f64_u:
    case i32_trunc_sat_f32_s:
    case i32_trunc_sat_f32_u:
    case i32_trunc_sat_f64_s:
    case i32_trunc_sat_f64_u:
    case i64_trunc_sat_f32_s:
    case i64_trunc_sat_f32_u:
    case i64_trunc_sat_f64_s:
    case i64_trunc_sat_f64_u:
      truncate(instruction);
      return true;
    case f32_convert_i32_s:
    case f32_convert_i32_u:
    case f32_convert_i64_s:
    case f32_convert_i64_u:
    case f64_convert_i32_s:
    case f64_convert_i32_u:
    case f64_convert_i64_s:
    case f64_convert_i64_u:
      to_float(instruction.op);
      return true;
    case f32_demote_f64:
      change_precision(Type::f64, Type::f32);
      return true;
    case f64_promote_f32:
      change_precision(Type::f32, Type::f64);
      return true;
    case i32_reinterpret_f32:
      reinterpret(Type::i32);
      return true;
    case i64_reinterpret_f64:
      reinterpret(Type::i64);
      return true;
    case f32_reinterpret_i32:
      reinterpret(Type::f32);
      return true;
    case f64_reinterpret_i64:
      reinterpret(Type::f64);
      return true;
    default:
      return false;
  }
}

void FuncCompiler::change_precision(Type from_type, Type to_type) {
  Value a = pop();
  const Reg from = use(a);
  const Reg to = destination(true, a);
  vector_op({scalar(from_type), 1, 0x5a}, to, to == from || !has_avx_ ? to : from, from);
  if (to != from) release(a);
  canonicalize(to_type, to);
  push_reg(to_type, to);
}

// A number that is moved through its slot, or between the register files.
void FuncCompiler::reinterpret(Type type) {
  Value a = pop();
  if (a.kind == Value::constant) return push_constant(type, a.bits);
  const bool w = a.type == Type::i64 || a.type == Type::f64;
  if (is_in_memory(a)) {
    const Mem from = memory_of(a);
    Reg to = next_home(is_vector(type));
    if (to == Reg::none) to = take(is_vector(type));
    load_register(type, to, from);
    return push_reg(type, to);
  }
  const Reg from = use(a);
  Reg to = next_home(is_vector(type));
  if (to == Reg::none) to = take(is_vector(type));
  const Op move = {0x66, 1, static_cast<uint8_t>(is_vector(type) ? 0x6e : 0x7e)};
  const Reg vector = is_vector(type) ? to : from, integer = is_vector(type) ? from : to;
  has_avx_ ? code_.emit_vex(move, w, vector, Reg::none, integer) : code_.emit(move, w, vector, integer);
  release(a);
  push_reg(type, to);
}

void FuncCompiler::to_float(wasm::Opcode op) {
  using enum wasm::Opcode;
  Value a = pop();
  const bool is_f32 = op <= f32_convert_i64_u;
  const Type type = is_f32 ? Type::f32 : Type::f64;
  const bool is_unsigned32 = op == f32_convert_i32_u || op == f64_convert_i32_u;
  const bool is_unsigned64 = op == f32_convert_i64_u || op == f64_convert_i64_u;
  const bool w = a.type == Type::i64 || is_unsigned32;
  const Reg from = is_unsigned64 ? own(a) : is_unsigned32 ? use_extended(a) : use(a);
  Reg to = next_home(true);
  if (to == Reg::none) to = take_xmm();
  const Op convert = {scalar(type), 1, 0x2a};
  vector_op({0, 1, 0x57}, to, to, to);  // the upper part would wait for what was there
  const auto convert_from = [&](Reg reg) { has_avx_ ? code_.emit_vex(convert, w, to, to, reg) : code_.emit(convert, w, to, reg); };
  if (!is_unsigned64) {
    convert_from(from);
  } else {
    // The upper half of the range: half of it, with the lost bit kept for rounding, doubled.
    code_.test(true, from, from);
    const Position is_small = code_.jcc8(Condition::ns);
    code_.mov(true, Reg::r11, from);
    code_.shift_imm(Shift::shr, true, Reg::r11, 1);
    code_.alu_imm(Alu::and_, false, from, 1);
    code_.alu(Alu::or_, true, Reg::r11, from);
    convert_from(Reg::r11);
    vector_op({scalar(type), 1, 0x58}, to, to, to);
    const Position done = code_.jmp8();
    code_.patch8(is_small);
    convert_from(from);
    code_.patch8(done);
  }
  release(a);
  push_reg(type, to);
}

void FuncCompiler::truncate(const wasm::Instruction& instruction) {
  const Truncation kind = truncation(instruction.op);
  Value a = pop();
  const Reg from = use(a);
  const Reg to = take_gpr();
  const Op convert = {scalar(kind.from), 1, 0x2c};
  const auto convert_from = [&](bool w, Reg reg) {
    has_avx_ ? code_.emit_vex(convert, w, to, Reg::none, reg) : code_.emit(convert, w, to, reg);
  };
  Condition exceptional = Condition::o;
  Position large_in_range = 0;
  if (kind.is_signed) {
    convert_from(kind.is_wide, from);
    code_.alu_imm(Alu::cmp, kind.is_wide, to, 1);  // overflows for the least integer only
  } else if (!kind.is_wide) {
    convert_from(true, from);
    code_.zero_extend(Reg::r11, to);
    code_.alu(Alu::cmp, true, Reg::r11, to);
    exceptional = Condition::ne;
  } else {
    // Below 2^63 as a signed number; from there on less 2^63.
    const bool is_f32 = kind.from == Type::f32;
    const Op ucomis = {packed(kind.from), 1, 0x2e};
    constant_operand(has_avx_ ? code_.rip_vex(ucomis, false, from, Reg::none) : code_.rip(ucomis, false, from),
                     is_f32 ? constants::f32_two_63 : constants::f64_two_63);
    const Position is_large = code_.jcc8(Condition::ae);
    convert_from(true, from);
    code_.test(true, to, to);
    const Position small_done = code_.jmp8();
    code_.patch8(is_large);
    vector_constant_op({scalar(kind.from), 1, 0x5c}, scratch_vector, from, is_f32 ? constants::f32_two_63 : constants::f64_two_63);
    convert_from(true, scratch_vector);
    code_.mov_imm(Reg::r11, 1ull << 63);
    code_.alu(Alu::xor_, true, to, Reg::r11);  // in range: now negative …
    code_.test(true, to, to);
    large_in_range = code_.jcc8(Condition::s);
    code_.alu_imm(Alu::or_, true, Reg::r11, -1);  // … else reported as the sign
    code_.patch8(small_done);
    exceptional = Condition::s;
  }
  const Position jump = code_.jcc(exceptional);
  if (large_in_range != 0) code_.patch8(large_in_range);
  detours_.push_back({.kind = Detour::Kind::truncate,
                      .a = from,
                      .b = to,
                      .op = instruction.op,
                      .wasm_offset = offset_,
                      .jump = jump,
                      .back = code_.position()});
  release(a);
  push_reg(kind.is_wide ? Type::i64 : Type::i32, to);
}

// Off the likely path: the number (in `a`) did not fit, or is one that looks like it. The result goes to `b`.
void FuncCompiler::finish_truncation(const Detour& detour) {
  const Truncation kind = truncation(detour.op);
  const bool is_f32 = kind.from == Type::f32;
  const Op ucomis = {packed(kind.from), 1, 0x2e};
  const auto compare_constant = [&](uint32_t constant) {
    constant_operand(has_avx_ ? code_.rip_vex(ucomis, false, detour.a, Reg::none) : code_.rip(ucomis, false, detour.a), constant);
  };
  has_avx_ ? code_.emit_vex(ucomis, false, detour.a, Reg::none, detour.a) : code_.emit(ucomis, false, detour.a, detour.a);
  if (kind.saturates) {
    const Position is_number = code_.jcc8(Condition::np);
    code_.mov_imm(detour.b, 0);
    code_.jmp_to(detour.back);
    code_.patch8(is_number);
    // Not NaN and out of range, or the least integer itself: the sign decides.
    vector_op({0, 1, 0x57}, scratch_vector, scratch_vector, scratch_vector);
    has_avx_ ? code_.emit_vex(ucomis, false, detour.a, Reg::none, scratch_vector)
             : code_.emit(ucomis, false, detour.a, scratch_vector);
    const Position is_positive = code_.jcc8(Condition::a);
    const uint64_t least = !kind.is_signed ? 0 : kind.is_wide ? 1ull << 63 : 1u << 31;
    const uint64_t most = kind.is_signed ? least - 1 : kind.is_wide ? UINT64_MAX : UINT32_MAX;
    code_.mov_imm(detour.b, least);
    code_.jmp_to(detour.back);
    code_.patch8(is_positive);
    code_.mov_imm(detour.b, most);
    code_.jmp_to(detour.back);
    return;
  }
  trap_if(Condition::p, code::TrapCode::invalid_conversion_to_integer);
  if (!kind.is_signed) return trap(code::TrapCode::integer_overflow);
  // Right if it is the least integer: at least that (for a double, more than one less), and negative.
  const bool is_double_to_32 = !is_f32 && !kind.is_wide;
  const uint32_t bound = is_double_to_32 ? constants::f64_below_int32
                         : !kind.is_wide ? constants::f32_int32_min
                         : is_f32        ? constants::f32_int64_min
                                         : constants::f64_int64_min;
  compare_constant(bound);
  trap_if(is_double_to_32 ? Condition::be : Condition::b, code::TrapCode::integer_overflow);
  vector_op({0, 1, 0x57}, scratch_vector, scratch_vector, scratch_vector);
  has_avx_ ? code_.emit_vex(ucomis, false, detour.a, Reg::none, scratch_vector)
           : code_.emit(ucomis, false, detour.a, scratch_vector);
  trap_if(Condition::ae, code::TrapCode::integer_overflow);
  code_.jmp_to(detour.back);
}

}  // namespace mote::baseline::x64
