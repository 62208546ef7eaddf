// ref.test, ref.cast, br_on_cast (translator.h): what a reference is, from the least that its static type leaves open.
// Spec: core/exec/instructions, "Reference Instructions"; code/object_layout.h.
#include "engine/aot/translator.h"

namespace mote::aot {

using wasm::HeapType;

bool FuncTranslator::cast(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case ref_test:
    case ref_test_null: {
      llvm::Value* const is_match = matches(pop(), instruction.type, instruction.type2);
      push(ir_.CreateZExt(is_match, ir_.getInt32Ty()));
      return true;
    }
    case ref_cast:
    case ref_cast_null:
      trap_if(ir_.CreateNot(matches(top(), instruction.type, instruction.type2)), code::TrapCode::cast_failure);
      return true;
    case br_on_cast:
    case br_on_cast_fail: {
      llvm::Value* const is_match = matches(top(), instruction.type, instruction.type2);
      branch_if(instruction.op == br_on_cast ? is_match : ir_.CreateNot(is_match), instruction.index, nullptr);
      return true;
    }
    default:
      return false;
  }
}

llvm::Value* FuncTranslator::choose(llvm::Value* condition, bool goes_on_if, llvm::function_ref<llvm::Value*()> further) {
  if (auto* const known = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
    return known->isOne() == goes_on_if ? further() : condition;
  }
  llvm::BasicBlock* const before = ir_.GetInsertBlock();
  llvm::BasicBlock* const inside = new_block();
  llvm::BasicBlock* const next = new_block();
  goes_on_if ? ir_.CreateCondBr(condition, inside, next) : ir_.CreateCondBr(condition, next, inside);
  ir_.SetInsertPoint(inside);
  llvm::Value* const result = further();
  llvm::BasicBlock* const last = ir_.GetInsertBlock();
  ir_.CreateBr(next);
  ir_.SetInsertPoint(next);
  llvm::PHINode* const merged = ir_.CreatePHI(ir_.getInt1Ty(), 2);
  merged->addIncoming(ir_.getInt1(!goes_on_if), before);
  merged->addIncoming(result, last);
  return merged;
}
llvm::Value* FuncTranslator::and_then(llvm::Value* condition, llvm::function_ref<llvm::Value*()> further) {
  return choose(condition, true, further);
}
llvm::Value* FuncTranslator::or_else(llvm::Value* condition, llvm::function_ref<llvm::Value*()> further) {
  return choose(condition, false, further);
}

llvm::Value* FuncTranslator::matches(llvm::Value* reference, wasm::ValueType target, wasm::ValueType source) {
  const auto of_heap = [&] { return matches_heap(reference, target.heap(), source.heap()); };
  if (!source.is_nullable()) return of_heap();
  if (target.is_nullable()) return or_else(ir_.CreateIsNull(reference), of_heap);
  return and_then(ir_.CreateIsNotNull(reference), of_heap);
}

// Of a reference that is not null.
llvm::Value* FuncTranslator::matches_heap(llvm::Value* reference, HeapType target, HeapType source) {
  if (module().matches(source, target)) return ir_.getTrue();
  if (reference->getType()->isIntegerTy(64)) {  // the func hierarchy
    if (!target.is_concrete()) return ir_.getFalse();
    llvm::Value* const func = ir_.CreateIntToPtr(reference, ir_.getPtrTy());
    return matches_concrete(load_plain(ir_.getInt32Ty(), at(func, offsetof(code::FuncRef, type)), Region::context, 4),
                            target.index());
  }
  const auto tag = [&] { return ir_.CreateAnd(reference, code::reference_tag_mask); };
  if (target == HeapType(HeapType::eq)) return ir_.CreateICmpNE(tag(), ir_.getInt32(code::host_reference_bits));
  if (target == HeapType(HeapType::i31)) return ir_.CreateTrunc(reference, ir_.getInt1Ty());
  const bool wants_kind = target == HeapType(HeapType::struct_) || target == HeapType(HeapType::array);
  if (!target.is_concrete() && !wants_kind) return ir_.getFalse();  // none, noextern, noexn
  const bool is_object = source.is_concrete() || source == HeapType(HeapType::struct_) || source == HeapType(HeapType::array);
  return and_then(is_object ? ir_.getTrue() : ir_.CreateIsNull(tag()), [&]() -> llvm::Value* {
    if (target.is_concrete())
      return matches_concrete(load_plain(ir_.getInt32Ty(), object_at(reference, 0), Region::heap, 4), target.index());
    const auto kind = target == HeapType(HeapType::struct_) ? code::ObjectKind::struct_ : code::ObjectKind::array;
    llvm::Value* const actual =
        load_plain(ir_.getInt32Ty(), object_at(reference, offsetof(code::ObjectHeader, kind)), Region::heap, 4);
    return ir_.CreateICmpEQ(actual, ir_.getInt32(static_cast<uint32_t>(kind)));
  });
}

// Whether the type with this id is the module's type, or below it.
llvm::Value* FuncTranslator::matches_concrete(llvm::Value* type, wasm::TypeIndex target) {
  const wasm::SubType& wanted = module().types[target];
  llvm::Value* const id = type_id(target);
  llvm::Value* const is_same = ir_.CreateICmpEQ(type, id);
  if (wanted.is_final) return is_same;
  return or_else(is_same, [&]() -> llvm::Value* {
    if (wanted.depth >= code::TypeRecord::display_depth) {
      return ir_.CreateIsNotNull(builtin(code::Builtin::type_matches, {type, id}));
    }
    llvm::Value* const records = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, rtt));
    llvm::Value* const offset = ir_.CreateMul(ir_.CreateZExt(type, ir_.getInt64Ty()), ir_.getInt64(sizeof(code::TypeRecord)));
    llvm::Value* const record = ir_.CreateGEP(ir_.getInt8Ty(), records, offset);
    const uint64_t ancestor = offsetof(code::TypeRecord, display) + wanted.depth * sizeof(code::TypeId);
    return ir_.CreateICmpEQ(load_plain(ir_.getInt32Ty(), at(record, ancestor), Region::context, 4), id);
  });
}

}  // namespace mote::aot
