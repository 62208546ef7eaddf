// try_table, throw, throw_ref (translator.h).
//
// A call inside a try_table is an invoke that unwinds to the try_table's pad: zero cost where nothing is thrown. The pad gets the
// exception in a register; the dispatch compares its tag with those of the clauses, loads the values, and branches to the clause's
// label. What no clause takes goes to the dispatch of the try_table around, or is thrown again.
// Spec: core/exec/instructions, "try_table", "throw_ref". Docs: docs/internals/exceptions.md.
#include "engine/aot/translator.h"

namespace mote::aot {

bool FuncTranslator::exception(const wasm::Instruction& instruction) {
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

void FuncTranslator::begin_try(const wasm::Instruction& instruction) {
  wasm::Instruction block = instruction;
  block.op = wasm::Opcode::block;
  begin_block(block);
  function_.setPersonalityFn(&unit_.personality());
  Handler handler{.outer = handler_,
                  .height = labels_.back().height,
                  .pad = new_block(false),
                  .dispatch = new_block(false),
                  .exception = nullptr,
                  .clauses = {instruction.catches.begin(), instruction.catches.end()}};
  handler.exception = llvm::PHINode::Create(ir_.getInt32Ty(), 2, "", handler.dispatch);
  handler_ = static_cast<uint32_t>(handlers_.size());
  labels_.back().handler = handler_;
  handlers_.push_back(std::move(handler));
}

llvm::CallBase* FuncTranslator::call_or_invoke(llvm::FunctionType* type, llvm::Value* code,
                                               llvm::ArrayRef<llvm::Value*> arguments) {
  if (handler_ == no_handler) return locate(ir_.CreateCall(type, code, arguments));
  llvm::BasicBlock* const next = new_block();
  llvm::InvokeInst* const call = locate(ir_.CreateInvoke(type, code, next, handlers_[handler_].pad, arguments));
  ir_.SetInsertPoint(next);
  return call;
}

void FuncTranslator::throw_tag(wasm::TagIndex tag) {
  const wasm::TypeIndex type = module().tags[tag].type;
  const std::vector<wasm::ValueType>& params = module().types[type].func.params;
  if (!params.empty()) pending_ = {.first = stack_.size() - params.size(), .types = params};
  llvm::Value* const made = make(code::Builtin::exception_new, {ir_.getInt32(tag)});
  pending_ = {};
  for (auto i = static_cast<uint32_t>(params.size()); i-- > 0;) {
    llvm::Value* const value = pop();
    store_field({.type = params[i]}, value, object_at(made, layout().objects().exception_field(type, i)));
  }
  throw_reference(made);
}

void FuncTranslator::throw_reference(llvm::Value* exception) {
  before_safepoint(0);
  builtin(code::Builtin::throw_ref, {exception});
  ir_.CreateUnreachable();
}

// Behind the try_table, whose labels are still open. What the normal path knows does not hold in the pad, nor the other way round.
void FuncTranslator::finish_try(const Handler& handler, bool is_reachable) {
  if (handler.pad->use_empty() && handler.exception->getNumIncomingValues() == 0) {
    handler.exception->eraseFromParent();
    delete handler.pad;
    delete handler.dispatch;
    return;
  }
  if (is_reachable) save_locals();
  forget_locals();
  llvm::BasicBlock* const behind = ir_.GetInsertBlock();
  if (is_reachable) materialize(handler.height);
  const std::vector<llvm::Value*> results(stack_.begin() + static_cast<ptrdiff_t>(handler.height), stack_.end());
  if (handler.pad->use_empty()) {
    delete handler.pad;
  } else {
    handler.pad->insertInto(&function_);
    ir_.SetInsertPoint(handler.pad);
    llvm::LandingPadInst* const landed = ir_.CreateLandingPad(llvm::StructType::get(ir_.getPtrTy(), ir_.getInt32Ty()), 0);
    landed->setCleanup(true);
    handler.exception->addIncoming(ir_.CreatePtrToInt(ir_.CreateExtractValue(landed, 0), ir_.getInt32Ty()), handler.pad);
    ir_.CreateBr(handler.dispatch);
  }
  handler.dispatch->insertInto(&function_);
  ir_.SetInsertPoint(handler.dispatch);
  shrink(handler.height);
  bool takes_all = false;
  for (const wasm::Catch& clause : handler.clauses) {
    if (takes_all) break;
    write_clause(clause, handler.exception);
    takes_all = clause.kind >= wasm::Catch::catch_all;
  }
  if (!takes_all && handler.outer != no_handler) {
    handlers_[handler.outer].exception->addIncoming(handler.exception, ir_.GetInsertBlock());
    ir_.CreateBr(handlers_[handler.outer].dispatch);
  } else if (!takes_all) {
    const uint32_t open = std::exchange(handler_, no_handler);
    builtin(code::Builtin::throw_ref, {handler.exception});
    handler_ = open;
    ir_.CreateUnreachable();
  }
  forget_locals();
  shrink(handler.height);
  stack_.insert(stack_.end(), results.begin(), results.end());
  ir_.SetInsertPoint(behind);
}

// The label is one of those around the try_table, which is still open itself.
void FuncTranslator::write_clause(const wasm::Catch& clause, llvm::Value* exception) {
  const bool has_tag = clause.kind <= wasm::Catch::catch_ref;
  const size_t height = stack_.size();
  llvm::BasicBlock* next = nullptr;
  if (has_tag) {
    llvm::Value* const thrown = load_plain(ir_.getInt32Ty(), object_at(exception, code::exception_tag_offset), Region::heap, 4);
    llvm::Value* const tag = load_invariant(ir_.getPtrTy(), vmctx_, layout().tag(clause.tag));
    llvm::Value* const wanted = load_invariant(ir_.getInt32Ty(), tag, offsetof(code::VMTag, id));
    llvm::BasicBlock* const taken = new_block();
    next = new_block();
    ir_.CreateCondBr(ir_.CreateICmpEQ(thrown, wanted), taken, next);
    ir_.SetInsertPoint(taken);
    const wasm::TypeIndex type = module().tags[clause.tag].type;
    const std::vector<wasm::ValueType>& params = module().types[type].func.params;
    for (uint32_t i = 0; i < params.size(); ++i) {
      push(load_field({.type = params[i]}, false, object_at(exception, layout().objects().exception_field(type, i))));
    }
  }
  if (clause.kind == wasm::Catch::catch_ref || clause.kind == wasm::Catch::catch_all_ref) push(exception);
  bring(labels_[labels_.size() - 2 - clause.depth]);
  shrink(height);
  if (next) ir_.SetInsertPoint(next);
}

}  // namespace mote::aot
