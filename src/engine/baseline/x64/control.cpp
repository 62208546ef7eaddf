// Blocks, branches, select (compiler.h).
//
// A label expects one value in the result register, several in their slots; a loop's parameters are always in slots. The first
// branch to a label decides the State there; later ones weaken it where that costs nothing (a home that both sides have saved need
// not be valid, one that both hold need not be saved) and repair the rest. A loop's state is settled when it begins.
// Forward jumps are chained through their displacements; an entry of a jump table is marked in the chain.
// Spec: core/exec/instructions, "Control Instructions".
#include "base/core/assert.h"
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

#include <algorithm>
#include <bit>

namespace mote::baseline::x64 {

namespace {

constexpr Position is_table_entry = 1u << 31;

}  // namespace

bool FuncCompiler::control(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case wasm::Opcode::unreachable:
      trap(code::TrapCode::unreachable);
      return true;
    case block:
      begin_block(instruction, Control::Kind::block);
      return true;
    case loop:
      begin_loop(instruction);
      return true;
    case if_:
      begin_if(instruction);
      return true;
    case else_:
      begin_else(instruction);
      return true;
    case wasm::Opcode::end:
      this->end(instruction);
      return true;
    case br:
      branch(instruction.index);
      return true;
    case br_if:
      branch_if(instruction.index, pop_condition());
      return true;
    case br_table:
      branch_table(instruction.targets);
      return true;
    case br_on_null:
      branch_on_null(instruction.index);
      return true;
    case br_on_non_null:
      branch_on_non_null(instruction.index);
      return true;
    case return_:
      emit_return();
      return true;
    default:
      return false;
  }
}

void FuncCompiler::begin_block(const wasm::Instruction& instruction, Control::Kind kind) {
  flush();
  const uint32_t bottom = height() - static_cast<uint32_t>(instruction.block.params.size());
  // A loop's next repetition and an else find their parameters in slots; flush() leaves constants what they are.
  for (uint32_t i = bottom; kind != Control::Kind::block && i < height(); ++i) {
    if (stack_[i].kind != Value::constant) continue;
    store_value(operand_slot(i), stack_[i]);
    stack_[i] = {.kind = Value::slot, .type = stack_[i].type, .index = i};
  }
  controls_.push_back({.kind = kind, .height = bottom, .type = instruction.block});
}

void FuncCompiler::begin_loop(const wasm::Instruction& instruction) {
  begin_block(instruction, Control::Kind::loop);
  const uint64_t at = offset_ - body_start_;
  const std::span<const Prescan::Loop> loops = prescan_.loops();
  while (next_loop_ < loops.size() && loops[next_loop_].offset < at) ++next_loop_;
  const bool is_known = next_loop_ < loops.size() && loops[next_loop_].offset == at && prescan_.is_complete();
  settle_loop_state(is_known ? &loops[next_loop_] : nullptr);
  Control& control = controls_.back();
  control.target = code_.position();
  control.has_state = true;
  control.state = state_;
  poll();
}

// Homes that the loop names are loaded once, before it. Where it calls, those that it does not name are put away instead. A home
// that the loop sets may differ from its slot at every repetition; one that it only reads stays as it is.
void FuncCompiler::settle_loop_state(const Prescan::Loop* loop) {
  uint32_t wanted = 0, set = homes_;
  if (loop != nullptr) {
    set = 0;
    for (uint32_t rest = homes_; rest != 0; rest &= rest - 1) {
      const auto reg = static_cast<Reg>(std::countr_zero(rest));
      const uint32_t shift = local_of_[static_cast<size_t>(reg)] & 63;
      if ((loop->used >> shift & 1) != 0) wanted |= bit(reg);
      if ((loop->set >> shift & 1) != 0) set |= bit(reg);
    }
    if (loop->has_memory && !module().memories.empty()) wanted |= bit(Reg::rbx);
  }
  if (loop == nullptr || !loop->has_call) wanted |= state_.valid;
  save_homes(homes_ & state_.valid & ~wanted);
  if ((wanted & bit(Reg::rbx)) != 0) make_valid(Reg::rbx);
  for (uint32_t rest = wanted & homes_ & ~state_.valid; rest != 0; rest &= rest - 1) {
    make_valid(static_cast<Reg>(std::countr_zero(rest)));
  }
  state_.valid = wanted;
  state_.saved &= ~(wanted & set);
}

void FuncCompiler::begin_if(const wasm::Instruction& instruction) {
  const Test test = pop_condition();
  begin_block(instruction, Control::Kind::if_);
  Control& control = controls_.back();
  jump_when(invert(test), control.else_link);
  control.else_state = state_;
}

void FuncCompiler::begin_else(const wasm::Instruction& instruction) {
  Control& control = controls_.back();
  if (instruction.end_reachable) {
    bring(control);
    repair(reconcile(control));
    go(control);
  }
  bind(control.else_link);
  state_ = control.else_state;
  control.kind = Control::Kind::else_;
  truncate_stack(control.height);
  push_slots(control.type.params);
}

void FuncCompiler::end(const wasm::Instruction& instruction) {
  Control control = controls_.back();
  if (control.handler != nothing) try_ = tries_[control.handler].outer;
  const bool is_reachable = instruction.end_reachable;
  if (control.kind == Control::Kind::function) {
    if (is_reachable) emit_return();
    controls_.pop_back();
    return;
  }
  if (control.kind == Control::Kind::if_) {
    end_without_else(control, is_reachable);
  } else if (control.kind == Control::Kind::loop || (control.link == 0 && control.clause == nothing)) {
    if (!is_reachable) {
      truncate_stack(control.height);
      push_slots(control.type.results);
      forget_state();
    }
  } else {
    if (is_reachable) {
      bring(control);
      repair(reconcile(control));
    }
    arrive(control);
  }
  controls_.pop_back();
}

// The missing else passes the parameters on: results are of the same number.
void FuncCompiler::end_without_else(Control& control, bool is_reachable) {
  if (is_reachable) {
    bring(control);
    repair(reconcile(control));
  }
  const State then_state = state_;
  state_ = control.else_state;
  const bool is_first = !control.has_state;
  const State fix = reconcile(control);
  const bool has_values = !control.type.results.empty();
  if (!has_values && fix.valid == 0 && fix.saved == 0) {
    bind(control.else_link);
  } else {
    Position over = 0;
    if (is_reachable || !is_first) {
      state_ = then_state;
      if (is_reachable) jump(over);
    }
    bind(control.else_link);
    state_ = control.else_state;
    truncate_stack(control.height);
    push_slots(control.type.params);
    bring(control);
    repair(fix);
    bind(over);
  }
  arrive(control);
}

// Takes the test of an if or br_if: the flags, or whether a number is not zero.
Test FuncCompiler::pop_condition() {
  Value value = pop();
  if (value.kind == Value::flags) return static_cast<Test>(value.index);
  if (is_in_memory(value)) {
    code_.alu_imm(Alu::cmp, false, memory_of(value), 0);
  } else {
    const Reg reg = use(value);
    code_.test(false, reg, reg);
    release(value);
  }
  return Test::ne;
}

void FuncCompiler::jump(Position& link) {
  const Position behind = code_.jmp();
  store_le(code_.at(behind - 4), link);
  link = behind;
}

void FuncCompiler::jump_when(Test test, Position& link) {
  const auto one = [&](Condition condition) {
    const Position behind = code_.jcc(condition);
    store_le(code_.at(behind - 4), link);
    link = behind;
  };
  if (test == Test::float_ne) {
    one(Condition::p);
    one(Condition::ne);
  } else if (test == Test::float_eq) {
    const Position unordered = code_.jcc8(Condition::p);
    one(Condition::e);
    code_.patch8(unordered);
  } else {
    one(static_cast<Condition>(test));
  }
}

void FuncCompiler::bind(Position& link) {
  while (link != 0 && !code_.overflowed()) {
    const Position behind = link & ~is_table_entry;
    const bool is_entry = (link & is_table_entry) != 0;
    link = load_le<Position>(code_.at(behind - 4));
    if (is_entry) {
      store_le(code_.at(behind - 4), code_.position() - start_);
    } else {
      code_.patch(behind, code_.position());
    }
  }
  link = 0;
}

bool FuncCompiler::is_in_register(const Control& control) {
  return control.kind != Control::Kind::loop && control.type.results.size() == 1;
}

void FuncCompiler::bring(Control& control) {
  if (control.label().empty()) return;
  if (is_in_register(control)) return bring_one();
  if (!is_in_place(control)) return copy_to_slots(control);
  for (uint32_t i = control.height; i < height(); ++i) {
    if (stack_[i].kind == Value::constant) {
      store_value(operand_slot(i), stack_[i]);
      stack_[i] = {.kind = Value::slot, .type = stack_[i].type, .index = i};
    } else if (stack_[i].kind != Value::slot) {
      spill(i);
    }
  }
}

void FuncCompiler::bring_one() {
  const Value& last = top();
  const Reg result = is_vector(last.type) ? vector_result(0) : result_registers[0];
  if (last.kind == Value::in_reg && last.reg == result) return;
  const Value value = pop();
  claim(result);
  copy(result, value);
  release(value);
  push_reg(value.type, result);
}

// Whether the label's values are all there is above its height, so that their slots are their own.
bool FuncCompiler::is_in_place(const Control& control) const {
  return control.height + control.label().size() == height();
}

// Reads the operands only. Upwards, since every value moves down.
void FuncCompiler::copy_to_slots(const Control& control) {
  const auto count = static_cast<uint32_t>(control.label().size());
  const uint32_t first = height() - count;
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = stack_[first + i];
    if (value.kind == Value::slot && value.index == control.height + i) continue;
    store_value(operand_slot(control.height + i), value);
  }
}

State FuncCompiler::reconcile(Control& control) {
  if (!control.has_state) {
    control.has_state = true;
    control.state = state_;
    return {};
  }
  State& there = control.state;
  const uint32_t missing_valid = there.valid & ~state_.valid, missing_saved = there.saved & ~state_.saved;
  if (control.kind == Control::Kind::loop) return {missing_valid, missing_saved};
  const State fix = {missing_valid & ~there.saved, missing_saved & ~there.valid};
  there.valid &= ~missing_valid | fix.valid;
  there.saved &= ~missing_saved | fix.saved;
  return fix;
}

void FuncCompiler::repair(State fix) {
  for (uint32_t rest = fix.saved; rest != 0; rest &= rest - 1) save_home(static_cast<Reg>(std::countr_zero(rest)));
  for (uint32_t rest = fix.valid; rest != 0; rest &= rest - 1) load_home(static_cast<Reg>(std::countr_zero(rest)));
}

void FuncCompiler::go(Control& control) {
  if (control.kind == Control::Kind::loop) {
    code_.jmp_to(control.target);
  } else {
    jump(control.link);
  }
}

void FuncCompiler::arrive(Control& control) {
  bind(control.link);
  for (uint32_t i = control.clause; i != nothing; i = clauses_[i].next) clauses_[i].target = code_.position();
  state_ = control.state;
  truncate_stack(control.height);
  if (!is_in_register(control)) return push_slots(control.type.results);
  const Type type = type_of(control.type.results[0]);
  const Reg result = is_vector(type) ? vector_result(0) : result_registers[0];
  claim(result);
  push({.kind = Value::in_reg, .type = type, .reg = result, .is_dirty_i32 = type == Type::i32});
}

// After code that nothing reaches: any state will do.
void FuncCompiler::forget_state() {
  state_ = {0, homes_ | context_registers};
}

void FuncCompiler::truncate_stack(uint32_t to) {
  while (height() > to) release(pop());
}

void FuncCompiler::push_slots(std::span<const wasm::ValueType> types) {
  for (const wasm::ValueType type : types) push({.kind = Value::slot, .type = type_of(type)});
}

void FuncCompiler::branch(uint32_t depth) {
  Control& control = target(depth);
  if (control.kind == Control::Kind::function) return emit_return();
  bring(control);
  repair(reconcile(control));
  go(control);
}

void FuncCompiler::branch_if(uint32_t depth, Test test) {
  Control& control = target(depth);
  Position over = 0;
  if (control.kind == Control::Kind::function) {
    jump_when(invert(test), over);
    emit_return();
    return bind(over);
  }
  const bool needs_copy = !control.label().empty() && !is_in_register(control) && !is_in_place(control);
  if (!needs_copy) bring(control);
  const State fix = reconcile(control);
  if (needs_copy || fix.valid != 0 || fix.saved != 0) {
    jump_when(invert(test), over);
    if (needs_copy) copy_to_slots(control);
    repair(fix);
    go(control);
    return bind(over);
  }
  if (control.kind != Control::Kind::loop) return jump_when(test, control.link);
  Position back = 0;
  jump_when(test, back);
  while (back != 0 && !code_.overflowed()) {
    const Position next = load_le<Position>(code_.at(back - 4));
    code_.patch(back, control.target);
    back = next;
  }
}

// An index beyond the targets becomes the default's by a conditional move: no branch to mispredict.
void FuncCompiler::branch_table(std::span<const uint32_t> depths) {
  const auto count = static_cast<uint32_t>(depths.size() - 1);
  if (count == 0) {
    release(pop());
    return branch(depths[0]);
  }
  Value value = pop();
  Reg index = own(value);
  if (index == result_registers[0]) {  // where the label's value goes
    const Reg other = take_gpr();
    code_.mov(false, other, index);
    release(index);
    index = other;
  }
  if (target(depths[count]).label().size() == 1) bring_one();
  code_.mov_imm(Reg::r11, count);
  code_.alu(Alu::cmp, false, index, Reg::r11);
  code_.cmov(Condition::ae, false, index, Reg::r11);
  const Position table_reference = code_.lea_rip(Reg::r11);
  code_.movsx32(index, Mem{Reg::r11, 0, index, 2});
  code_.patch(code_.lea_rip(Reg::r11), start_);
  code_.alu(Alu::add, true, index, Reg::r11);
  code_.jmp_indirect(index);
  release(index);
  code_.align(4, 0xcc);
  code_.patch(table_reference, code_.position());
  for (const uint32_t depth : depths) write_table_entry(target(depth));
  for (const uint32_t depth : depths) {
    if (Control& control = target(depth); control.stub != 0) write_table_stub(control);
  }
}

void FuncCompiler::write_table_entry(Control& control) {
  code_.word32(0);
  const Position behind = code_.position();
  const auto chain = [&](Position& link) {
    store_le(code_.at(behind - 4), link);
    link = behind | is_table_entry;
  };
  if (control.kind == Control::Kind::function) return chain(control.stub);
  const bool needs_copy = !control.label().empty() && !is_in_register(control);
  const State fix = reconcile(control);
  if (needs_copy || fix.valid != 0 || fix.saved != 0) return chain(control.stub);
  if (control.kind != Control::Kind::loop) return chain(control.link);
  store_le(code_.at(behind - 4), control.target - start_);
}

void FuncCompiler::write_table_stub(Control& control) {
  bind(control.stub);
  if (control.kind == Control::Kind::function) return emit_return();
  if (!control.label().empty() && !is_in_register(control)) copy_to_slots(control);
  repair(reconcile(control));
  go(control);
}

void FuncCompiler::branch_on_null(uint32_t depth) {
  Value value = pop();
  (void)use(value);
  if (value.kind == Value::in_reg && value.reg == result_registers[0]) {  // where the label's value goes
    const Reg other = take_gpr();
    code_.mov(true, other, value.reg);
    release(value);
    value.reg = other;
  }
  const Reg reg = use(value);
  code_.test(is_wide(value.type), reg, reg);
  branch_if(depth, Test::e);
  push(value);
}

void FuncCompiler::branch_on_non_null(uint32_t depth) {
  Value value = pop();
  const Reg reg = use(value);
  code_.test(is_wide(value.type), reg, reg);
  push(value);
  branch_if(depth, Test::ne);
  release(pop());
}

// Results to where the caller expects them. Reads operands and state only, so that it may stand behind a condition.
void FuncCompiler::emit_return() {
  const std::span<const wasm::ValueType> results = module().func_type(func_).results;
  const uint32_t first = height() - static_cast<uint32_t>(results.size());
  auto places = code::PlaceAssigner::results();
  moves_.clear();
  bool has_xbuf = false;
  for (uint32_t i = 0; i < results.size(); ++i) {
    const Value& value = stack_[first + i];
    const code::Place place = places.next(results[i]);
    if (place.kind == code::Place::xbuf) {
      const Reg buffer = has_xbuf ? Reg::r11 : xbuf_to_r11();
      has_xbuf = true;
      store_value({buffer, static_cast<int32_t>(place.index * sizeof(code::Value16))}, value);
    } else {
      moves_.push_back({place.kind == code::Place::vector ? vector_result(place.index) : result_registers[place.index], value});
    }
  }
  parallel_move(moves_);
  code_.leave();
  code_.ret();
}

void FuncCompiler::select(const wasm::Instruction&) {
  Test test = pop_condition();
  Value b = pop(), a = pop();
  if (is_vector(a.type)) return select_by_jump(test, a, b);
  if (test == Test::float_eq) {  // as the opposite, which two moves can do
    test = Test::float_ne;
    std::swap(a, b);
  }
  const bool w = is_wide(a.type);
  const Type type = a.type;
  const Reg home = next_home(false);
  if (test != Test::float_ne && ((home != Reg::none && reads(a, home)) || (is_owned(a) && !is_owned(b)))) {
    std::swap(a, b);
    test = invert(test);
  }
  // to = b, then a where the test holds.
  const bool may_take_home = home != Reg::none && !reads(a, home);
  const Reg to = may_take_home ? home : own(b);
  if (may_take_home) {
    copy(to, b);
    release(b);
  }
  with_operand(a, [&](const auto& from) {
    if (test == Test::float_ne) {
      code_.cmov(Condition::p, w, to, from);
      code_.cmov(Condition::ne, w, to, from);
    } else {
      code_.cmov(static_cast<Condition>(test), w, to, from);
    }
  });
  release(a);
  push_reg(type, to);
}

void FuncCompiler::select_by_jump(Test test, Value a, Value b) {
  if (is_owned(a) && !is_owned(b)) {
    std::swap(a, b);
    test = invert(test);
  }
  const Type type = a.type;
  const Reg to = own(b);
  if (const Reg home = home_of(a); home != Reg::none) make_valid(home);  // on both ways
  Position over = 0;
  jump_when(invert(test), over);
  copy(to, a);
  bind(over);
  release(a);
  push_reg(type, to);
}

}  // namespace mote::baseline::x64
