// Operands, temporaries and homes (compiler.h). Nothing here changes the flags, so a pending comparison survives any move.
#include "base/core/assert.h"
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/registers.h"

#include <algorithm>
#include <bit>

namespace mote::baseline::x64 {

Reg FuncCompiler::take(bool is_vector_reg) {
  const uint32_t kind = is_vector_reg ? vector_registers : integer_registers;
  uint32_t free = free_ & kind;
  if (free == 0) [[unlikely]] {
    // The deepest operand is the one used last.
    uint32_t deepest = nobody;
    for (uint32_t rest = temporaries_ & kind; rest != 0; rest &= rest - 1) {
      deepest = std::min(deepest, owner_[static_cast<size_t>(std::countr_zero(rest))]);
    }
    ASSERT(deepest != nobody);  // no instruction holds all temporaries
    spill(deepest);
    free = free_ & kind;
  }
  const auto reg = static_cast<Reg>(std::countr_zero(free));
  free_ &= ~bit(reg);
  owner_[static_cast<size_t>(reg)] = nobody;
  return reg;
}

void FuncCompiler::claim(Reg reg) {
  if ((free_ & bit(reg)) == 0) {
    const uint32_t owner = owner_[static_cast<size_t>(reg)];
    ASSERT(owner != nobody);
    const uint32_t kind = is_vector(reg) ? vector_registers : integer_registers;
    if (const uint32_t free = free_ & kind; free != 0) {
      Value& value = stack_[owner];
      const auto to = static_cast<Reg>(std::countr_zero(free));
      move_register(value.type, to, reg);
      if (value.type == Type::i32) value.is_dirty_i32 = false;
      value.reg = to;
      free_ &= ~bit(to);
      owner_[static_cast<size_t>(to)] = owner;
    } else {
      spill(owner);
    }
  }
  free_ &= ~bit(reg);
  owner_[static_cast<size_t>(reg)] = nobody;
}

void FuncCompiler::release(Reg reg) {
  if (reg != Reg::none) free_ |= bit(reg) & temporaries_;
}
void FuncCompiler::release(const Value& value) {
  if (value.kind == Value::in_reg) release(value.reg);
}

// Writes an operand to its slot.
void FuncCompiler::spill(uint32_t index) {
  Value& value = stack_[index];
  const Mem slot = operand_slot(index);
  if (value.kind == Value::local) {
    store_value(slot, value);
    --aliases_[bucket(value.index)];
  } else {
    store_register(value.type, slot, value.reg);
    release(value.reg);
  }
  value = {.kind = Value::slot, .type = value.type, .index = index};
}

void FuncCompiler::spill_registers(uint32_t below) {
  for (uint32_t rest = temporaries_ & ~free_; rest != 0; rest &= rest - 1) {
    const uint32_t owner = owner_[static_cast<size_t>(std::countr_zero(rest))];
    if (owner < below) spill(owner);
  }
}

void FuncCompiler::flush(bool with_constants) {
  for (uint32_t i = flushed_; i < height(); ++i) {
    if (stack_[i].kind == Value::in_reg || stack_[i].kind == Value::local) spill(i);
    if (stack_[i].kind != Value::constant || !with_constants) continue;
    store_value(operand_slot(i), stack_[i]);
    stack_[i] = {.kind = Value::slot, .type = stack_[i].type, .index = i};
  }
  flushed_ = height();
}

// The home of a local that the value names, whether it holds it or not.
Reg FuncCompiler::home_of(const Value& value) const {
  if (value.kind != Value::local || value.index >= Prescan::counted_locals) return Reg::none;
  return home_[value.index];
}

Reg FuncCompiler::use(Value& value) {
  if (value.kind == Value::in_reg) return value.reg;
  if (const Reg home = home_of(value); home != Reg::none) {
    make_valid(home);
    return home;
  }
  const Reg reg = take(is_vector(value.type));
  copy(reg, value);
  value = {.kind = Value::in_reg, .type = value.type, .reg = reg};
  return reg;
}

Reg FuncCompiler::use_extended(Value& value) {
  const Reg reg = use(value);
  if (value.kind == Value::in_reg && value.is_dirty_i32) {
    code_.zero_extend(reg, reg);
    value.is_dirty_i32 = false;
  }
  return reg;
}

Reg FuncCompiler::own(Value& value) {
  if (is_owned(value)) return value.reg;
  const Reg reg = take(is_vector(value.type));
  copy(reg, value);
  value = {.kind = Value::in_reg, .type = value.type, .reg = reg};
  return reg;
}

void FuncCompiler::copy(Reg to, const Value& value) {
  switch (value.kind) {
    case Value::in_reg:
      return move_register(value.type, to, value.reg);
    case Value::slot:
      return load_register(value.type, to, operand_slot(value.index));
    case Value::constant:
      return load_constant(value.type, to, value.bits);
    case Value::local: {
      const Reg home = home_of(value);
      if (home != Reg::none && (state_.valid & bit(home)) != 0) return move_register(value.type, to, home);
      return load_register(value.type, to, local_slot(value.index));
    }
    case Value::flags:
      break;
  }
  ASSERT(false);
}

// Copies a value to memory that is no register's; through a scratch vector register where it must.
void FuncCompiler::store_value(const Mem& to, const Value& value) {
  if (value.kind == Value::constant) {
    const auto bits = static_cast<int64_t>(value.bits);
    const bool is_long = value.type == Type::i64 || value.type == Type::f64;
    if (!is_long) return code_.store_imm(false, to, static_cast<int32_t>(bits));
    if (bits == static_cast<int32_t>(bits)) return code_.store_imm(true, to, static_cast<int32_t>(bits));
    code_.store_imm(false, to, static_cast<int32_t>(bits));
    return code_.store_imm(false, {to.base, to.displacement + 4, to.index, to.scale}, static_cast<int32_t>(bits >> 32));
  }
  Reg reg = value.kind == Value::in_reg ? value.reg : home_of(value);
  const bool is_in_register = value.kind == Value::in_reg || (reg != Reg::none && (state_.valid & bit(reg)) != 0);
  if (!is_in_register) {
    const Type type = value.type == Type::i32 ? Type::f32 : value.type == Type::i64 ? Type::f64 : value.type;
    reg = scratch_vector;
    load_register(type, reg, value.kind == Value::slot ? operand_slot(value.index) : local_slot(value.index));
    return store_register(type, to, reg);
  }
  store_register(value.type, to, reg);
}

bool FuncCompiler::is_in_memory(const Value& value) const {
  if (value.kind == Value::slot) return true;
  return value.kind == Value::local && home_of(value) == Reg::none;
}
Mem FuncCompiler::memory_of(const Value& value) {
  return value.kind == Value::slot ? operand_slot(value.index) : local_slot(value.index);
}

bool FuncCompiler::reads(const Value& value, Reg reg) const {
  return value.kind == Value::in_reg ? value.reg == reg : home_of(value) == reg && reg != Reg::none;
}

// Looks ahead: `local.set` or `local.tee` of a local with a home that no operand names.
Reg FuncCompiler::next_home(bool is_vector_reg) const {
  const Bytes rest = walker_.rest();
  if (rest.size() < 2 || (rest[0] != 0x21 && rest[0] != 0x22) || rest[1] >= 0x80) return Reg::none;
  const Reg home = home_[rest[1]];
  if (home == Reg::none || is_vector(home) != is_vector_reg || aliases_[rest[1]] != 0) return Reg::none;
  return home;
}

Reg FuncCompiler::destination(bool is_vector_reg, const Value& reusable) {
  if (const Reg home = next_home(is_vector_reg); home != Reg::none) return home;
  if (is_owned(reusable) && is_vector(reusable.reg) == is_vector_reg) return reusable.reg;
  return take(is_vector_reg);
}

void FuncCompiler::make_valid(Reg reg) {
  if ((state_.valid & bit(reg)) == 0) {
    load_home(reg);
    state_.valid |= bit(reg);
  }
}

void FuncCompiler::load_home(Reg reg) {
  if (reg == Reg::r12) {
    code_.load(true, reg, {Reg::rbp, vmctx_slot});
  } else if (reg == Reg::rbx) {
    Reg context = Reg::r12;
    if ((state_.valid & bit(context)) == 0) {
      context = Reg::r11;
      code_.load(true, context, {Reg::rbp, vmctx_slot});
    }
    code_.load(true, reg, {context, offsetof(code::VMContext, mem0.base)});
  } else {
    load_register(home_type_[static_cast<size_t>(reg)], reg, local_slot(local_of_[static_cast<size_t>(reg)]));
  }
}

void FuncCompiler::save_home(Reg reg) {
  store_register(home_type_[static_cast<size_t>(reg)], local_slot(local_of_[static_cast<size_t>(reg)]), reg);
}

void FuncCompiler::save_homes(uint32_t homes) {
  for (uint32_t rest = homes & ~state_.saved; rest != 0; rest &= rest - 1) save_home(static_cast<Reg>(std::countr_zero(rest)));
  state_.saved |= homes;
}

void FuncCompiler::local_set(uint32_t index, bool keeps) {
  Value value = pop();
  if (value.kind == Value::local && value.index == index) {  // onto itself
    if (keeps) push(value);
    return;
  }
  if (aliases_[bucket(index)] != 0) materialize_aliases(index);
  const Reg home = index < Prescan::counted_locals ? home_[index] : Reg::none;
  if (home == Reg::none) {
    if (value.kind != Value::constant && !is_in_memory(value)) {
      store_register(value.type, local_slot(index), use(value));
    } else if (is_in_memory(value)) {
      const Reg reg = own(value);  // likely to be used again
      store_register(value.type, local_slot(index), reg);
    } else {
      store_value(local_slot(index), value);
    }
    if (keeps) return push(value.kind == Value::local ? Value{.kind = Value::local, .type = value.type, .index = index} : value);
    return release(value);
  }
  copy(home, value);
  release(value);
  state_.valid |= bit(home);
  state_.saved &= ~bit(home);
  if (keeps) push({.kind = Value::local, .type = value.type, .index = index});
}

// Before the local changes, the operands that name it take its value.
void FuncCompiler::materialize_aliases(uint32_t local) {
  for (uint32_t i = height(); i-- > flushed_ && aliases_[bucket(local)] != 0;) {
    Value& value = stack_[i];
    if (value.kind != Value::local || value.index != local) continue;
    const uint32_t kind = is_vector(value.type) ? vector_registers : integer_registers;
    if ((free_ & kind) == 0) {
      spill(i);
      continue;
    }
    const Reg reg = take(is_vector(value.type));
    copy(reg, value);
    --aliases_[bucket(local)];
    owner_[static_cast<size_t>(reg)] = i;
    value = {.kind = Value::in_reg, .type = value.type, .reg = reg};
  }
}

void FuncCompiler::move_register(Type type, Reg to, Reg from) {
  if (to == from) return;
  if (!is_vector(to)) return code_.mov(type == Type::i64, to, from);
  vector_move({0, 1, 0x28}, to, from);  // movaps
}

void FuncCompiler::load_register(Type type, Reg to, const Mem& from) {
  switch (type) {
    case Type::i32:
    case Type::i64:
      return code_.load(type == Type::i64, to, from);
    case Type::f32:
      return has_avx_ ? code_.emit_vex({0xf3, 1, 0x10}, false, to, Reg::none, from) : code_.emit({0xf3, 1, 0x10}, false, to, from);
    case Type::f64:
      return has_avx_ ? code_.emit_vex({0xf2, 1, 0x10}, false, to, Reg::none, from) : code_.emit({0xf2, 1, 0x10}, false, to, from);
    case Type::v128:
      return has_avx_ ? code_.emit_vex({0, 1, 0x10}, false, to, Reg::none, from) : code_.emit({0, 1, 0x10}, false, to, from);
  }
}

void FuncCompiler::store_register(Type type, const Mem& to, Reg from) {
  switch (type) {
    case Type::i32:
    case Type::i64:
      return code_.store(type == Type::i64, to, from);
    case Type::f32:
      return has_avx_ ? code_.emit_vex({0xf3, 1, 0x11}, false, from, Reg::none, to) : code_.emit({0xf3, 1, 0x11}, false, from, to);
    case Type::f64:
      return has_avx_ ? code_.emit_vex({0xf2, 1, 0x11}, false, from, Reg::none, to) : code_.emit({0xf2, 1, 0x11}, false, from, to);
    case Type::v128:
      return has_avx_ ? code_.emit_vex({0, 1, 0x11}, false, from, Reg::none, to) : code_.emit({0, 1, 0x11}, false, from, to);
  }
}

void FuncCompiler::load_constant(Type type, Reg to, uint64_t bits) {
  if (!is_vector(to)) return code_.mov_imm(to, type == Type::i32 ? static_cast<uint32_t>(bits) : bits);
  if (bits == 0) return vector_op({0, 1, 0x57}, to, to, to);  // xorps
  code_.mov_imm(Reg::r11, bits);
  const bool is_wide = type == Type::f64;
  has_avx_ ? code_.emit_vex({0x66, 1, 0x6e}, is_wide, to, Reg::none, Reg::r11) : code_.emit({0x66, 1, 0x6e}, is_wide, to, Reg::r11);
}

void FuncCompiler::vector_op(Op op, Reg to, Reg a, Reg b) {
  if (has_avx_) return code_.emit_vex(op, false, to, a, b);
  if (to != a) {
    ASSERT(to != b);
    vector_move({0, 1, 0x28}, to, a);
  }
  code_.emit(op, false, to, b);
}
void FuncCompiler::vector_op(Op op, Reg to, Reg a, const Mem& b) {
  if (has_avx_) return code_.emit_vex(op, false, to, a, b);
  if (to != a) vector_move({0, 1, 0x28}, to, a);
  code_.emit(op, false, to, b);
}
void FuncCompiler::vector_move(Op op, Reg to, Reg from) {
  has_avx_ ? code_.emit_vex(op, false, to, Reg::none, from) : code_.emit(op, false, to, from);
}
void FuncCompiler::vector_constant_op(Op op, Reg to, Reg a, uint32_t constant) {
  if (!has_avx_ && to != a) vector_move({0, 1, 0x28}, to, a);
  constant_operand(has_avx_ ? code_.rip_vex(op, false, to, a) : code_.rip(op, false, to), constant);
}

// Registers first, since loads and constants overwrite none that is still read. A cycle goes through a scratch register.
void FuncCompiler::parallel_move(std::span<Move> moves) {
  std::array<uint16_t, 32> readers{};  // of the moves that wait: how many read each register
  size_t waiting = 0;
  for (size_t i = 0; i < moves.size(); ++i) {  // those from registers to the front, what stays where it is out
    Move& move = moves[i];
    const Reg home = home_of(move.from);
    if (home != Reg::none && (state_.valid & bit(home)) != 0)
      move.from = {.kind = Value::in_reg, .type = move.from.type, .reg = home};
    if (move.from.kind != Value::in_reg) continue;
    if (move.from.reg != move.to) ++readers[static_cast<size_t>(move.from.reg)];
    std::swap(moves[waiting++], move);
  }
  for (size_t pending = waiting; pending != 0;) {
    const size_t before = pending;
    for (size_t i = 0; i < pending;) {
      const Move move = moves[i];
      if (move.from.reg != move.to) {
        if (readers[static_cast<size_t>(move.to)] != 0) {
          ++i;
          continue;
        }
        move_register(move.from.type, move.to, move.from.reg);
        --readers[static_cast<size_t>(move.from.reg)];
      }
      moves[i] = moves[--pending];
    }
    if (pending != before) continue;
    const Reg stuck = moves[0].from.reg;
    const Reg scratch = is_vector(stuck) ? scratch_vector : Reg::r11;
    move_register(is_vector(stuck) ? Type::v128 : Type::i64, scratch, stuck);
    std::swap(readers[static_cast<size_t>(stuck)], readers[static_cast<size_t>(scratch)]);
    for (Move& move : moves.first(pending)) {
      if (move.from.reg == stuck) move.from.reg = scratch;
    }
  }
  for (const Move& move : moves.subspan(waiting)) copy(move.to, move.from);
}

}  // namespace mote::baseline::x64
