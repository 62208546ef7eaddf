// Vector instructions (vector.h): their operands, and the registers that results go to.
//
// A vector operand is never a constant. Results go straight to the home of the local that is set next, unless that home is an
// operand which a sequence still reads after it began to write. Spec: core/exec/instructions, "Vector Instructions".
#include "base/core/assert.h"
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/vector.h"

#include <algorithm>
#include <initializer_list>

namespace mote::baseline::x64 {

namespace {

enum class Shape : uint8_t {
  constant,
  load,
  load_lane,
  store,
  unary,
  binary,
  ternary,
  shuffle,
  shift,
  splat,
  extract,
  replace,
  test,
  bitmask,
};

Shape shape(wasm::Opcode op) {
  using enum wasm::Opcode;
  using enum wasm::Operand;
  const wasm::OpcodeInfo& info = wasm::info(op);
  if (info.param_count == 0) return Shape::constant;
  if (info.params[0] == address) {
    return info.param_count == 1 ? Shape::load : info.result_count == 0 ? Shape::store : Shape::load_lane;
  }
  if (info.params[0] != v128) return Shape::splat;
  const bool has_lane = info.immediate >= wasm::Immediate::lane_2 && info.immediate <= wasm::Immediate::lane_16;
  if (info.param_count == 1) {
    if (has_lane) return Shape::extract;
    if (info.result == v128) return Shape::unary;
    const bool is_bitmask = op == i8x16_bitmask || op == i16x8_bitmask || op == i32x4_bitmask || op == i64x2_bitmask;
    return is_bitmask ? Shape::bitmask : Shape::test;
  }
  if (has_lane) return Shape::replace;
  if (info.params[1] != v128) return Shape::shift;
  if (info.param_count == 3) return Shape::ternary;
  return op == i8x16_shuffle ? Shape::shuffle : Shape::binary;
}

Type scalar_type(wasm::Operand operand) {
  switch (operand) {
    case wasm::Operand::i64:
      return Type::i64;
    case wasm::Operand::f32:
      return Type::f32;
    case wasm::Operand::f64:
      return Type::f64;
    default:
      return Type::i32;
  }
}

}  // namespace

bool FuncCompiler::vector(const wasm::Instruction& instruction) {
  const wasm::Opcode op = instruction.op;
  const wasm::Group group = wasm::group(op);
  if (group != wasm::Group::simd && group != wasm::Group::relaxed_simd) return false;
  VectorAssembler vectors(code_, unit_.relocations, key());
  const auto new_destination = [&] {
    const Reg home = next_home(true);
    return home != Reg::none ? home : take_xmm();
  };
  // A register for the result that is none of the operands but, perhaps, the first.
  const auto apart = [&](const Value& first, std::initializer_list<Reg> others) {
    const Reg home = next_home(true);
    const auto is_other = [&](Reg reg) { return std::ranges::find(others, reg) != others.end(); };
    if (home != Reg::none && !is_other(home)) return home;
    return is_owned(first) && !is_other(first.reg) ? first.reg : take_xmm();
  };
  const auto release_unless = [&](const Value& value, Reg to) {
    if (!(value.kind == Value::in_reg && value.reg == to)) release(value);
  };
  const auto access_size = [&] { return 1u << *wasm::access_log2(wasm::info(op).immediate); };
  switch (shape(op)) {
    case Shape::constant: {
      const Reg to = new_destination();
      vectors.constant(to, instruction.low, instruction.high);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::load: {
      const Memory memory = address(instruction.memarg, access_size());
      release(memory);
      const Reg to = new_destination();
      vectors.load(op, to, memory.mem);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::load_lane: {
      Value a = pop();
      const Reg from = use(a);
      const Reg to = destination(true, a);
      const Memory memory = address(instruction.memarg, access_size());
      vectors.load_lane(op, to, from, memory.mem, instruction.index);
      release(memory);
      release_unless(a, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::store: {
      Value a = pop();
      const Reg from = use(a);
      const Memory memory = address(instruction.memarg, access_size());
      vectors.store(op, memory.mem, from, instruction.index);
      release(memory);
      release(a);
      return true;
    }
    case Shape::unary: {
      Value a = pop();
      const Reg from = use(a);
      const Reg to = destination(true, a);
      vectors.unary(op, to, from);
      release_unless(a, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::binary: {
      Value b = pop(), a = pop();
      const Reg left = use(a);
      const std::optional<Op> single = VectorAssembler::single(op);
      if (single && has_avx_ && is_in_memory(b)) {
        const Reg to = destination(true, a);
        vectors.binary(*single, to, left, memory_of(b));
        release_unless(a, to);
        push_reg(Type::v128, to);
        return true;
      }
      const Reg right = use(b);
      Reg to = Reg::none;
      if (single) {
        to = has_avx_ && !is_owned(a) ? destination(true, b) : destination(true, a);
        vectors.binary(*single, to, left, right);
      } else {
        to = apart(a, {right});
        vectors.binary(op, to, left, right);
      }
      release_unless(a, to);
      release_unless(b, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::ternary: {
      Value c = pop(), b = pop(), a = pop();
      const Reg first = use(a), second = use(b), third = use(c);
      const Reg to = apart(a, {second, third});
      vectors.ternary(op, to, first, second, third);
      release_unless(a, to);
      release(b);
      release(c);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::shuffle: {
      Value b = pop(), a = pop();
      const Reg left = use(a), right = use(b);
      const Reg to = apart(a, {right});
      vectors.shuffle(to, left, right, instruction.low, instruction.high);
      release_unless(a, to);
      release(b);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::shift: {
      Value count = pop(), a = pop();
      const Reg from = use(a);
      if (count.kind == Value::constant) {
        const Reg to = destination(true, a);
        vectors.shift(op, to, from, static_cast<uint32_t>(count.bits));
        release_unless(a, to);
        push_reg(Type::v128, to);
        return true;
      }
      const Reg by = use(count);
      const Reg to = destination(true, a);
      vectors.shift(op, to, from, by);
      release(count);
      release_unless(a, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::splat: {
      Value a = pop();
      const Reg from = use(a);
      const Reg to = destination(true, a);
      vectors.splat(op, to, from);
      release_unless(a, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::extract: {
      Value a = pop();
      const Type type = scalar_type(wasm::info(op).result);
      const Reg from = use(a);
      const Reg to = destination(is_vector(type), a);
      vectors.extract(op, to, from, instruction.index);
      release_unless(a, to);
      push_reg(type, to);
      return true;
    }
    case Shape::replace: {
      Value scalar = pop(), a = pop();
      const Reg from = use(a), inserted = use(scalar);
      const Reg to = apart(a, {inserted});
      vectors.replace(op, to, from, inserted, instruction.index);
      release(scalar);
      release_unless(a, to);
      push_reg(Type::v128, to);
      return true;
    }
    case Shape::test: {
      Value a = pop();
      const Condition condition = vectors.test(op, use(a));
      release(a);
      finish_test(condition == Condition::e ? Test::e : Test::ne);
      return true;
    }
    case Shape::bitmask: {
      Value a = pop();
      const Reg from = use(a);
      const Reg to = destination(false, a);
      vectors.bitmask(op, to, from);
      release_unless(a, to);
      push_reg(Type::i32, to);
      return true;
    }
  }
  ASSERT(false);
  return false;
}

}  // namespace mote::baseline::x64
