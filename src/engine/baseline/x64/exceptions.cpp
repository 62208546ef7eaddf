// try_table, throw, throw_ref (compiler.h).
//
// A try_table costs nothing on the way: the calls in it are noted with their return addresses, and behind the body there is a
// landing pad, where the runtime goes on with the exception in rax when such a call throws. There all locals and operands are in
// their slots. The pad compares the exception's tag with those of the clauses, puts the values where the clause's label expects
// them, and jumps there; what no clause takes goes to the pad of the try_table around, or is thrown again.
// Spec: core/exec/instructions, "try_table", "throw_ref". Docs: docs/internals/exceptions.md.
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

bool FuncCompiler::exception(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case try_table:
      begin_try(instruction);
      return true;
    case throw_:
      throw_tag(instruction.index);
      return true;
    case wasm::Opcode::throw_ref:
      throw_reference(pop());
      return true;
    default:
      return false;
  }
}

// Labels are those around the try_table. What a branch from the pad finds is decided now, as for any branch to them.
void FuncCompiler::begin_try(const wasm::Instruction& instruction) {
  begin_block(instruction, Control::Kind::block);
  const State here = state_;
  state_ = {0, homes_ | context_registers};  // at the pad
  Try handler{.outer = try_, .first_clause = static_cast<uint32_t>(clauses_.size())};
  for (const wasm::Catch& one : instruction.catches) {
    Control& control = controls_[controls_.size() - 2 - one.depth];
    Clause clause{.kind = one.kind, .tag = one.tag, .height = control.height, .types = control.label()};
    if (control.kind == Control::Kind::function) {
      clause.returns = true;
    } else {
      clause.fix = reconcile(control);
      clause.is_in_register = is_in_register(control);
      clause.target = control.target;
      if (control.kind != Control::Kind::loop) {
        clause.next = control.clause;
        control.clause = static_cast<uint32_t>(clauses_.size());
      }
    }
    clauses_.push_back(clause);
    if (one.kind >= wasm::Catch::catch_all) break;  // those behind it take nothing
  }
  handler.clause_count = static_cast<uint32_t>(clauses_.size()) - handler.first_clause;
  state_ = here;
  try_ = static_cast<uint32_t>(tries_.size());
  tries_.push_back(handler);
  controls_.back().handler = try_;
}

void FuncCompiler::throw_tag(wasm::TagIndex tag) {
  const wasm::TypeIndex type = module().tags[tag].type;
  const std::vector<wasm::ValueType>& params = module().types[type].func.params;
  if (!params.empty()) pending_ = {.first = height() - static_cast<uint32_t>(params.size()), .types = params};
  Value arguments[] = {number(tag)};
  make(code::Builtin::exception_new, arguments);
  pending_ = {};
  for (auto i = static_cast<uint32_t>(params.size()); i-- > 0;) {
    Value value = pop();
    const auto offset = static_cast<int32_t>(layout().objects().exception_field(type, i));
    store_field({.type = params[i]}, {heap_base(), offset, Reg::rax, 0}, value);
  }
  throw_reference({.kind = Value::in_reg, .type = Type::i32, .reg = Reg::rax});
}

void FuncCompiler::throw_reference(Value exception) {
  Value arguments[] = {exception};
  builtin(code::Builtin::throw_ref, arguments);
}

// The inner ones first: they may pass exceptions on to the outer ones.
void FuncCompiler::write_pads() {
  for (auto i = static_cast<uint32_t>(tries_.size()); i-- > 0;) {
    if (tries_[i].is_used) write_pad(tries_[i]);
  }
  // A pad's jump to the one around it: that lies behind it, and its place is known now.
  for (const Try& handler : tries_) {
    if (handler.is_used && handler.outer != nothing && handler.pass_on != 0)
      code_.patch(handler.pass_on, tries_[handler.outer].pad);
  }
}

void FuncCompiler::write_pad(Try& handler) {
  row();
  handler.pad = code_.position();
  state_ = {0, homes_ | context_registers};
  free_ = temporaries_;
  for (uint32_t i = handler.first_clause; i < handler.first_clause + handler.clause_count; ++i) {
    const Clause& clause = clauses_[i];
    write_clause(clause);
    if (clause.kind >= wasm::Catch::catch_all) return;  // takes everything
  }
  if (handler.outer != nothing) {
    handler.pass_on = code_.jmp();
    tries_[handler.outer].is_used = true;
    return;
  }
  code_.mov(false, Reg::rsi, Reg::rax);
  code_.load(true, Reg::rdi, {Reg::rbp, vmctx_slot});
  code_.load(true, Reg::rax, {Reg::rdi, offsetof(code::VMContext, builtins)});
  code_.call_indirect(Mem{Reg::rax, static_cast<int32_t>(static_cast<size_t>(code::Builtin::throw_ref) * sizeof(void*))});
}

// The exception stays in rax for the clauses that follow.
void FuncCompiler::write_clause(const Clause& clause) {
  const bool has_tag = clause.kind <= wasm::Catch::catch_ref;
  Position next = 0;
  code_.load(true, Reg::r12, {Reg::rbp, vmctx_slot});
  if (has_tag) {
    code_.load(true, Reg::rdx, {Reg::r12, offsetof(code::VMContext, gc_base)});
    code_.load(false, Reg::rdx, {Reg::rdx, static_cast<int32_t>(code::exception_tag_offset), Reg::rax, 0});
    code_.load(true, Reg::rcx, {Reg::r12, static_cast<int32_t>(layout().tag(clause.tag))});
    code_.alu(Alu::cmp, false, Reg::rdx, Mem{Reg::rcx, offsetof(code::VMTag, id)});
    next = code_.jcc(Condition::ne);
  }
  state_ = {bit(Reg::r12), homes_ | context_registers};
  load_payload(clause);
  if (clause.returns) {
    while (height() > 0) release(pop());
    push_slots(clause.types);
    emit_return();
    while (height() > 0) release(pop());
  } else {
    repair(clause.fix);
    if (clause.is_in_register) {
      const Type type = type_of(clause.types[0]);
      load_register(type, is_vector(type) ? vector_result(0) : result_registers[0], operand_slot(clause.height));
    }
    code_.jmp_to(clause.target);
  }
  if (has_tag) code_.patch(next, code_.position());
  state_ = {0, homes_ | context_registers};
}

// To the label's slots: parameters of the tag, then the exception where the clause asks for it.
void FuncCompiler::load_payload(const Clause& clause) {
  uint32_t place = clause.height;
  if (clause.kind <= wasm::Catch::catch_ref) {
    const wasm::TypeIndex type = module().tags[clause.tag].type;
    const std::vector<wasm::ValueType>& params = module().types[type].func.params;
    if (!params.empty()) code_.load(true, Reg::rdx, {Reg::r12, offsetof(code::VMContext, gc_base)});
    for (uint32_t i = 0; i < params.size(); ++i) {
      const Type kind = type_of(params[i]);
      const Type through = kind == Type::i32 ? Type::f32 : kind == Type::i64 ? Type::f64 : kind;
      load_register(through, scratch_vector,
                    {Reg::rdx, static_cast<int32_t>(layout().objects().exception_field(type, i)), Reg::rax, 0});
      store_register(through, operand_slot(place++), scratch_vector);
    }
  }
  const bool wants_reference = clause.kind == wasm::Catch::catch_ref || clause.kind == wasm::Catch::catch_all_ref;
  if (wants_reference) code_.store(false, operand_slot(place), Reg::rax);
}

void FuncCompiler::write_handlers(uint32_t frame_bytes) {
  for (const Thrower& thrower : throwers_) {
    unit_.roots.handlers.push_back({thrower.behind, tries_[thrower.handler].pad, -static_cast<int32_t>(frame_bytes)});
  }
}

}  // namespace mote::baseline::x64
