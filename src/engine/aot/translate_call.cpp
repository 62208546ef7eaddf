// Calls: direct, imported, indirect, by reference, their tail forms, and builtins (translator.h).
//
// Wasm code calls wasm code by MoteCC and the runtime's builtins by the C ABI. Only direct calls have a choice of prototype, and
// none really: the callee's own (prototype.h). After any call every register but rsp and rbp is gone, r12 included.
// Spec: core/exec/instructions, "Control Instructions".
#include "engine/aot/translator.h"

#include <array>

namespace mote::aot {

namespace {

constexpr std::array<code::BuiltinType, static_cast<size_t>(code::Builtin::count)> builtin_results{
#define MOTE_BUILTIN(name, result, ...) code::BuiltinType::result,
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN
};

}  // namespace

bool FuncTranslator::call(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case wasm::Opcode::call:
      emit_call(direct_callee(instruction.index));
      return true;
    case return_call:
      emit_tail_call(direct_callee(instruction.index));
      return true;
    case call_indirect:
    case return_call_indirect: {
      llvm::Value* const index = pop_address(is_table64(instruction.index));
      const std::span<const KnownElement> known = known_elements(instruction);
      if (!known.empty()) {
        emit_call_among(known, instruction, index);
        return true;
      }
      const Callee callee = indirect_callee(instruction.index, instruction.index2, index);
      instruction.op == call_indirect ? emit_call(callee) : emit_tail_call(callee);
      return true;
    }
    case call_ref:
    case return_call_ref: {
      const Callee callee = referenced_callee(instruction.index, pop());
      instruction.op == call_ref ? emit_call(callee) : emit_tail_call(callee);
      return true;
    }
    default:
      return false;
  }
}

FuncTranslator::Callee FuncTranslator::direct_callee(wasm::FuncIndex index) {
  const Signature& signature = unit_.prototypes().signature(module().funcs[index]);
  if (!module().is_imported(index)) return {signature, &unit_.function(index), vmctx_, unit_.source().survey.is_uniform[index]};
  const uint32_t import = layout().func_import(index);
  return {signature, load_invariant(ir_.getPtrTy(), vmctx_, import + offsetof(code::FuncImport, code)),
          load_invariant(ir_.getPtrTy(), vmctx_, import + offsetof(code::FuncImport, ctx)), false};
}

FuncTranslator::Callee FuncTranslator::indirect_callee(wasm::TableIndex table, wasm::TypeIndex type, llvm::Value* index) {
  llvm::Value* const place = table_element(table, index, code::TrapCode::undefined_element);
  llvm::Value* const entry = load_plain(ir_.getInt64Ty(), place, Region::table, 8);
  // Null, or not resolved yet. An entry that was set to null explicitly fails the type check instead.
  llvm::Value* const resolved = resolve(table, index, entry, [this](llvm::Value* reference) {
    trap_if(ir_.CreateIsNull(reference), code::TrapCode::uninitialized_element);
  });
  llvm::Value* const funcref = ir_.CreateIntToPtr(resolved, ir_.getPtrTy());
  check_type(funcref, type);
  return callee_of(funcref, type);
}

FuncTranslator::Callee FuncTranslator::callee_of(llvm::Value* funcref, wasm::TypeIndex type) {
  const auto field = [&](uint64_t offset) { return load_plain(ir_.getPtrTy(), at(funcref, offset), Region::context, 8); };
  llvm::Value* const code = field(offsetof(code::FuncRef, code));
  return {unit_.prototypes().signature(type), code, field(offsetof(code::FuncRef, ctx)), false};
}

void FuncTranslator::check_type(llvm::Value* funcref, wasm::TypeIndex type) {
  llvm::Value* const actual = load_plain(ir_.getInt32Ty(), at(funcref, offsetof(code::FuncRef, type)), Region::context, 4);
  llvm::Value* const type_ids = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, type_ids));
  llvm::Value* const expected = load_invariant(ir_.getInt32Ty(), type_ids, uint64_t{type} * sizeof(code::TypeId));
  if_unlikely(ir_.CreateICmpNE(actual, expected), [&] {
    const auto mismatch = [&] {
      llvm::Value* const is_null = ir_.CreateICmpEQ(ir_.CreatePtrToInt(funcref, ir_.getInt64Ty()), null_funcref());
      trap_if(is_null, code::TrapCode::uninitialized_element);
      trap_if(ir_.getTrue(), code::TrapCode::indirect_call_type_mismatch);
    };
    if (module().types[type].is_final) return mismatch();
    llvm::Value* const matches = builtin(code::Builtin::type_matches, {actual, expected});
    if_unlikely(ir_.CreateIsNull(matches), mismatch);
  });
}

FuncTranslator::Callee FuncTranslator::referenced_callee(wasm::TypeIndex type, llvm::Value* reference) {
  trap_if(ir_.CreateIsNull(reference), code::TrapCode::null_function_reference);
  return callee_of(ir_.CreateIntToPtr(reference, ir_.getPtrTy()), type);
}

void FuncTranslator::emit_call(const Callee& callee) {
  const size_t first = stack_.size() - callee.signature.params.size();
  materialize(first);
  before_safepoint(first);
  const std::vector<llvm::Value*> results = call_with(callee, first);
  shrink(first);
  after_safepoint();
  stack_.insert(stack_.end(), results.begin(), results.end());
}

// What the table may hold of this type is known: one comparison for each instead of looking there, and a direct call. Everything
// else, which is nearly always a trap, takes the general way.
void FuncTranslator::emit_call_among(std::span<const KnownElement> elements, const wasm::Instruction& instruction,
                                     llvm::Value* index) {
  const Signature& signature = unit_.prototypes().signature(instruction.index2);
  const size_t first = stack_.size() - signature.params.size();
  materialize(first);
  before_safepoint(first);
  llvm::BasicBlock* const next = new_block(false);
  llvm::SmallVector<llvm::PHINode*, 2> merged;
  const auto call = [&](const Callee& callee) {
    const std::vector<llvm::Value*> results = call_with(callee, first);
    if (merged.empty()) {
      for (llvm::Value* const result : results) merged.push_back(llvm::PHINode::Create(result->getType(), 2, "", next));
    }
    for (size_t i = 0; i < results.size(); ++i) merged[i]->addIncoming(results[i], ir_.GetInsertBlock());
    ir_.CreateBr(next);
  };
  for (const KnownElement& element : elements) {
    llvm::BasicBlock *const here = new_block(), *const otherwise = new_block();
    const bool is_last = &element == &elements.back();
    ir_.CreateCondBr(ir_.CreateICmpEQ(index, ir_.getInt64(element.index)), here, otherwise, is_last ? unit_.likely() : nullptr);
    ir_.SetInsertPoint(here);
    call(direct_callee(element.func));
    ir_.SetInsertPoint(otherwise);
  }
  call(indirect_callee(instruction.index, instruction.index2, index));
  next->insertInto(&function_);
  ir_.SetInsertPoint(next);
  shrink(first);
  after_safepoint();
  stack_.insert(stack_.end(), merged.begin(), merged.end());
}

std::span<const KnownElement> FuncTranslator::known_elements(const wasm::Instruction& instruction) const {
  const Survey& survey = unit_.source().survey;
  const bool is_small = survey.effort[func_ - module().imported_funcs] == Effort::full;
  if (!is_small || instruction.op != wasm::Opcode::call_indirect) return {};
  const auto found = survey.known_elements.find({instruction.index, module().canonical[instruction.index2]});
  return found == survey.known_elements.end() ? std::span<const KnownElement>() : found->second;
}

// A call with the operands from `first` on, which stay where they are.
std::vector<llvm::Value*> FuncTranslator::call_with(const Callee& callee, size_t first) {
  const auto values = llvm::ArrayRef(stack_).drop_front(first);
  const auto buffer = [this] { return xbuf(); };
  const Prototypes& prototypes = unit_.prototypes();
  const std::vector<llvm::Value*> arguments =
      prototypes.pack(ir_, callee.signature, callee.is_uniform, callee.context, values, buffer);
  llvm::CallBase* const call = call_or_invoke(callee.signature.prototype(callee.is_uniform), callee.code, arguments);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  return prototypes.unpack_results(ir_, callee.signature, call, buffer);
}

// The frame is gone when the callee starts: guaranteed by musttail, for which both sides have the uniform prototype. Results in
// xbuf pass through untouched.
void FuncTranslator::emit_tail_call(const Callee& callee) {
  const size_t first = stack_.size() - callee.signature.params.size();
  materialize(first);
  const std::vector<llvm::Value*> arguments = unit_.prototypes().pack(
      ir_, callee.signature, true, callee.context, llvm::ArrayRef(stack_).drop_front(first), [this] { return xbuf(); });
  llvm::CallInst* const call = locate(ir_.CreateCall(callee.signature.uniform, callee.code, arguments));
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (call->getType()->isVoidTy()) {
    ir_.CreateRetVoid();
  } else {
    ir_.CreateRet(call);
  }
}

llvm::Value* FuncTranslator::builtin(code::Builtin builtin, llvm::ArrayRef<llvm::Value*> arguments) {
  const auto number = static_cast<size_t>(builtin);
  std::vector<llvm::Value*> all{vmctx_};
  std::vector<llvm::Type*> types{ir_.getPtrTy()};
  for (llvm::Value* const argument : arguments) {
    all.push_back(argument);
    types.push_back(argument->getType());
  }
  llvm::Type* result = ir_.getVoidTy();
  if (builtin_results[number] == code::BuiltinType::i32) result = ir_.getInt32Ty();
  if (builtin_results[number] == code::BuiltinType::i64) result = ir_.getInt64Ty();
  llvm::Value* const builtins = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, builtins));
  llvm::Value* const code = load_invariant(ir_.getPtrTy(), builtins, number * sizeof(void*));
  llvm::FunctionType* const type = llvm::FunctionType::get(result, types, false);
  if (builtin == code::Builtin::throw_ref) return call_or_invoke(type, code, all);
  return locate(ir_.CreateCall(type, code, all));
}

// The exchange buffer of the stack that this function runs on.
llvm::Value* FuncTranslator::xbuf() {
  llvm::Value* const store = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, store));
  return load_plain(ir_.getPtrTy(), at(store, offsetof(code::StoreContext, xbuf)), Region::context, 8);
}

}  // namespace mote::aot
