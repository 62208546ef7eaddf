// ref.test, ref.cast, br_on_cast (compiler.h): what a reference is, from the least that its static type leaves open.
// Spec: core/exec/instructions, "Reference Instructions"; code/object_layout.h.
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

using wasm::HeapType;

bool FuncCompiler::cast(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case ref_test:
    case ref_test_null: {
      Value value = pop();
      const Reg result = match_to_register(use_extended(value), instruction.type, instruction.type2);
      release(value);
      push_reg(Type::i32, result);
      return true;
    }
    case ref_cast:
    case ref_cast_null: {
      Value value = pop();
      const Reg reg = use_extended(value);
      match(reg, instruction.type, instruction.type2,
            [this](Condition condition) { trap_if(condition, code::TrapCode::cast_failure); });
      push(value);
      return true;
    }
    case br_on_cast:
    case br_on_cast_fail: {
      Value value = pop();
      const Reg result = match_to_register(use_extended(value), instruction.type, instruction.type2);
      code_.test(false, result, result);
      release(result);
      push(value);
      branch_if(instruction.index, instruction.op == br_on_cast ? Test::ne : Test::e);
      return true;
    }
    default:
      return false;
  }
}

// 1 or 0, in a temporary.
Reg FuncCompiler::match_to_register(Reg reference, wasm::ValueType target, wasm::ValueType source) {
  const Reg result = take_gpr();
  code_.mov_imm(result, 0);
  std::vector<Position> failed;
  match(reference, target, source, [&](Condition condition) { failed.push_back(code_.jcc(condition)); });
  code_.mov_imm(result, 1);
  for (const Position position : failed) code_.patch(position, code_.position());
  return result;
}

// Goes on where the reference is of the target type; `fail_if(condition)` leaves where it is not.
template <class Fail>
void FuncCompiler::match(Reg reference, wasm::ValueType target, wasm::ValueType source, Fail fail_if) {
  // On all ways, not only on those that need it: loading the one and spilling for the other are not to be jumped over.
  (void)vmctx();
  const Reg type = take_gpr();
  std::vector<Position> pass;
  const bool is_func = code::is_func_ref(module(), source);
  const auto fail_always = [&] {
    code_.alu(Alu::cmp, true, Reg::rsp, Reg::rsp);
    fail_if(Condition::e);
  };
  if (source.is_nullable()) {
    code_.test(is_func, reference, reference);
    target.is_nullable() ? pass.push_back(code_.jcc(Condition::e)) : fail_if(Condition::e);
  }
  const HeapType to = target.heap(), from = source.heap();
  if (module().matches(from, to)) {
    // nothing is left open
  } else if (is_func) {
    if (to.is_concrete()) {
      code_.load(false, type, {reference, offsetof(code::FuncRef, type)});
      match_concrete(type, to.index(), pass, fail_if);
    } else {
      fail_always();  // nofunc
    }
  } else if (to == HeapType(HeapType::eq)) {
    code_.mov(false, Reg::r11, reference);
    code_.alu_imm(Alu::and_, false, Reg::r11, static_cast<int32_t>(code::reference_tag_mask));
    code_.alu_imm(Alu::cmp, false, Reg::r11, static_cast<int32_t>(code::host_reference_bits));
    fail_if(Condition::e);
  } else if (to == HeapType(HeapType::i31)) {
    code_.test_imm(reference, code::i31_bit);
    fail_if(Condition::e);
  } else if (!to.is_concrete() && to.abstract() != HeapType::struct_ && to.abstract() != HeapType::array) {
    fail_always();  // none, noextern, noexn
  } else {
    const bool is_object = from.is_concrete() || from.abstract() == HeapType::struct_ || from.abstract() == HeapType::array;
    if (!is_object) {
      code_.test_imm(reference, code::reference_tag_mask);
      fail_if(Condition::ne);
    }
    const Reg base = heap_base();
    if (to.is_concrete()) {
      code_.load(false, type, {base, 0, reference, 0});
      match_concrete(type, to.index(), pass, fail_if);
    } else {
      const auto kind = to.abstract() == HeapType::struct_ ? code::ObjectKind::struct_ : code::ObjectKind::array;
      code_.alu_imm(Alu::cmp, false, Mem{base, 4, reference, 0}, static_cast<int32_t>(kind));
      fail_if(Condition::ne);
    }
  }
  for (const Position position : pass) code_.patch(position, code_.position());
  release(type);
}

// `type` holds a TypeId, and may be changed.
template <class Fail>
void FuncCompiler::match_concrete(Reg type, wasm::TypeIndex target, std::vector<Position>& pass, Fail fail_if) {
  const wasm::SubType& wanted = module().types[target];
  code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, type_ids)});
  code_.load(false, Reg::r11, {Reg::r11, static_cast<int32_t>(target * sizeof(code::TypeId))});
  code_.alu(Alu::cmp, false, type, Reg::r11);
  if (wanted.is_final) return fail_if(Condition::ne);
  pass.push_back(code_.jcc(Condition::e));
  if (wanted.depth < code::TypeRecord::display_depth) {
    static_assert(sizeof(code::TypeRecord) == 64);
    code_.shift_imm(Shift::shl, true, type, 6);
    code_.alu(Alu::add, true, type, Mem{vmctx(), offsetof(code::VMContext, rtt)});
    code_.alu(Alu::cmp, false, Reg::r11,
              Mem{type, static_cast<int32_t>(offsetof(code::TypeRecord, display) + wanted.depth * sizeof(code::TypeId))});
    return fail_if(Condition::ne);
  }
  code_.push(type);
  code_.push(Reg::r11);
  call_stub(code::Builtin::type_matches);
  code_.test(false, Reg::r11, Reg::r11);
  fail_if(Condition::e);
}

}  // namespace mote::baseline::x64
