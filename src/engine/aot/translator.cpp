// Dispatch, locals, globals and control flow (translator.h).
//
// Blocks: a label's target block is made when the label is, with a phi for each value that a branch to it brings, and placed when
// the block ends; a phi that got one value or none goes away again. The walker tells nothing between an unconditional transfer
// and the next `else` or `end` it knows of, so the builder's block may be finished in between.
// Spec: core/exec/instructions, "Control Instructions", "Variable Instructions".
#include "engine/aot/translator.h"

#include "base/core/assert.h"
#include "engine/aot/lower.h"
#include "engine/aot/spectre.h"
#include "engine/code/fuel.h"

namespace mote::aot {

namespace {

// Instructions after which a block is cut in functions that get no optimisation: instruction selection works on whole blocks,
// and a block of millions of instructions would take it gigabytes.
constexpr uint32_t longest_run = 2048;

}  // namespace

FuncTranslator::FuncTranslator(Unit& unit, const wasm::Walker& walker, wasm::FuncIndex func)
    : unit_(unit),
      walker_(walker),
      func_(func),
      signature_(unit.prototypes().signature(unit.source().module.funcs[func])),
      function_(unit.function(func)),
      subprogram_(unit.subprogram(func)),
      ir_(unit.context()),
      vmctx_(function_.getArg(0)),
      memory_bases_(unit.source().module.memories.size()) {
  begin_function();
}

void FuncTranslator::begin_function() {
  offset_ = module().bodies[func_ - module().imported_funcs].offset;
  ir_.SetInsertPoint(new_block());
  // Overflow arguments are read here, before anything that can call.
  params_ =
      unit_.prototypes().unpack(ir_, signature_, unit_.source().survey.is_uniform[func_], function_, [this] { return xbuf(); });
  llvm::BasicBlock* const body = new_block();
  entry_end_ = ir_.CreateBr(body);
  ir_.SetInsertPoint(body);

  const wasm::FuncType& type = module().func_type(func_);
  labels_.push_back({Label::Kind::function, new_block(false), {}, 0, {{}, type.results}});
  for (llvm::Type* const result : signature_.result_types) {
    labels_.back().merged.push_back(llvm::PHINode::Create(result, 2, "", labels_.back().target));
  }
  poll();
}

void FuncTranslator::instruction(const wasm::Instruction& instruction) {
  offset_ = instruction.offset;
  location_ = nullptr;
  if (key().fuel) charge_fuel(instruction);
  if (unit_.partition().is_huge && ++run_ > longest_run && instruction.end_reachable) {
    llvm::BasicBlock* const next = new_block();
    ir_.CreateBr(next);
    ir_.SetInsertPoint(next);
    run_ = 0;
  }
  if (is_numeric(instruction.op)) {
    numeric(instruction);
    return;
  }
  const bool is_known = variable(instruction) || memory(instruction) || control(instruction) || call(instruction) ||
                        table(instruction) || reference(instruction) || object(instruction) || cast(instruction) ||
                        exception(instruction) || atomic(instruction);
  ASSERT(is_known);
}

void FuncTranslator::numeric(const wasm::Instruction& instruction) {
  const size_t count = wasm::info(instruction.op).param_count;
  const auto trap_on = [this](llvm::Value* condition, code::TrapCode code) { trap_if(condition, code); };
  const Lowering lowering{ir_, key(), trap_on};
  llvm::Value* const result = lower_numeric(lowering, instruction, llvm::ArrayRef(stack_).take_back(count));
  shrink(stack_.size() - count);
  push(result);
}

// Locals, globals, drop and select.
bool FuncTranslator::variable(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case local_get:
      push(get_local(instruction));
      return true;
    case local_set:
      set_local(instruction, pop());
      return true;
    case local_tee:
      set_local(instruction, top());
      return true;
    case global_get:
      this->global_get(instruction);
      return true;
    case global_set:
      this->global_set(instruction);
      return true;
    case drop:
      (void)pop();
      return true;
    case select:
    case select_t: {
      llvm::Value* const condition = ir_.CreateICmpNE(pop(), ir_.getInt32(0));
      llvm::Value* const otherwise = pop();
      llvm::Value* const chosen = pop();
      push(ir_.CreateSelect(condition, chosen, otherwise));
      return true;
    }
    default:
      return false;
  }
}

FuncTranslator::Local& FuncTranslator::local(const wasm::Instruction& instruction) {
  Local& local = locals_[instruction.index];
  if (!local.initial) {
    local.initial = instruction.index < params_.size() ? params_[instruction.index]
                                                       : llvm::Constant::getNullValue(unit_.prototypes().type(instruction.type));
    local.value = local.initial;
    local.known = first_known;
    local.is_rooted = has_roots() && is_collected(instruction.type);
    if (local.is_rooted && rooted_known_ != first_known) (void)home(local);
  }
  return local;
}

llvm::Value* FuncTranslator::home(Local& local) {
  if (!local.home) {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(entry_end_);
    local.home = local.is_rooted ? local_root() : ir_.CreateAlloca(local.initial->getType());
    local.is_rooted ? store_root(local.initial, local.home) : static_cast<void>(ir_.CreateStore(local.initial, local.home));
  }
  return local.home;
}

llvm::Value* FuncTranslator::get_local(const wasm::Instruction& instruction) {
  Local& local = this->local(instruction);
  const uint32_t known = local.is_rooted ? rooted_known_ : locals_known_;
  if (local.known != known) {
    local.value = local.is_rooted ? load_root(home(local)) : ir_.CreateLoad(local.initial->getType(), home(local));
    local.known = known;
  }
  return local.value;
}

void FuncTranslator::set_local(const wasm::Instruction& instruction, llvm::Value* value) {
  Local& local = this->local(instruction);
  local.value = value;
  local.known = local.is_rooted ? rooted_known_ : locals_known_;
  if (local.is_saved) (local.is_rooted ? unsaved_rooted_ : unsaved_locals_).push_back(instruction.index);
  local.is_saved = false;
}

// Before control may leave for a place where paths merge.
void FuncTranslator::save_locals() {
  for (const wasm::LocalIndex index : unsaved_locals_) {
    Local& local = locals_[index];
    ir_.CreateStore(local.value, home(local));
    local.is_saved = true;
  }
  unsaved_locals_.clear();
  save_rooted_locals();
}

void FuncTranslator::save_rooted_locals() {
  for (const wasm::LocalIndex index : unsaved_rooted_) {
    Local& local = locals_[index];
    store_root(local.value, home(local));
    local.is_saved = true;
  }
  unsaved_rooted_.clear();
}

// Where paths merge. What is unsaved here belongs to a path that has ended.
void FuncTranslator::forget_locals() {
  for (const wasm::LocalIndex index : unsaved_locals_) locals_[index].is_saved = true;
  for (const wasm::LocalIndex index : unsaved_rooted_) locals_[index].is_saved = true;
  unsaved_locals_.clear();
  unsaved_rooted_.clear();
  ++locals_known_;
  ++rooted_known_;
}

// An imported global is reached through a pointer, an own one lies in the vmctx.
llvm::Value* FuncTranslator::global_address(wasm::GlobalIndex index) {
  if (index < module().imported_globals) return load_invariant(ir_.getPtrTy(), vmctx_, layout().global(index));
  return at(vmctx_, layout().global(index));
}

void FuncTranslator::global_get(const wasm::Instruction& instruction) {
  const wasm::Global& global = module().globals[instruction.index];
  llvm::Type* const type = unit_.prototypes().type(global.type.type);
  if (!global.type.is_mutable && global.init.size() == 1) {
    const wasm::ConstOp& init = global.init[0];
    if (init.kind == wasm::ConstOp::i32_const) return push(ir_.getInt32(static_cast<uint32_t>(init.low)));
    if (init.kind == wasm::ConstOp::i64_const) return push(ir_.getInt64(init.low));
  }
  llvm::Value* const address = global_address(instruction.index);
  const uint64_t alignment = type->isVectorTy() ? 16 : type->getPrimitiveSizeInBits() / 8;
  if (global.type.is_mutable || is_collected(global.type.type)) return push(load_plain(type, address, Region::context, alignment));
  push(load_invariant(type, address, 0));  // set before any code of the instance runs, and no collector changes it
}

void FuncTranslator::global_set(const wasm::Instruction& instruction) {
  llvm::Value* const value = pop();
  const uint64_t alignment = value->getType()->isVectorTy() ? 16 : value->getType()->getPrimitiveSizeInBits() / 8;
  store_plain(value, global_address(instruction.index), Region::context, alignment);
}

bool FuncTranslator::reference(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case ref_null:
      push(llvm::Constant::getNullValue(unit_.prototypes().type(instruction.type)));
      return true;
    case ref_is_null:
      push(ir_.CreateZExt(ir_.CreateIsNull(pop()), ir_.getInt32Ty()));
      return true;
    case ref_func:
      push(builtin(code::Builtin::ref_func, {ir_.getInt32(instruction.index)}));
      return true;
    case ref_as_non_null:
      trap_if(ir_.CreateIsNull(top()), code::TrapCode::null_reference);
      return true;
    case br_on_null: {
      llvm::Value* const reference = pop();
      branch_if(ir_.CreateIsNull(reference), instruction.index, nullptr);
      push(reference);
      return true;
    }
    case br_on_non_null:
      branch_if(ir_.CreateIsNotNull(top()), instruction.index, nullptr);
      (void)pop();
      return true;
    default:
      return false;
  }
}

bool FuncTranslator::control(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case nop:
      return true;
    case unreachable:
      trap(code::TrapCode::unreachable);
      return true;
    case block:
    case loop:
    case if_:
      begin_block(instruction);
      return true;
    case else_:
      begin_else(instruction);
      return true;
    case end:
      end_block(instruction);
      return true;
    case br:
      branch(instruction.index);
      return true;
    case br_if: {
      llvm::Value* const condition = ir_.CreateICmpNE(pop(), ir_.getInt32(0));
      branch_if(condition, instruction.index, hint());
      return true;
    }
    case br_table:
      branch_table(instruction.targets);
      return true;
    case return_:
      branch(static_cast<uint32_t>(labels_.size() - 1));
      return true;
    default:
      return false;
  }
}

void FuncTranslator::begin_block(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const wasm::BlockType& type = instruction.block;
  llvm::Value* const condition = instruction.op == if_ ? ir_.CreateICmpNE(pop(), ir_.getInt32(0)) : nullptr;
  if (instruction.op != block) save_locals();
  const size_t height = stack_.size() - type.params.size();
  if (instruction.op != block) materialize(height);  // loop and if: for merges
  if (has_roots()) root_operands(height);            // so that all paths that leave it agree where they are
  const bool is_loop = instruction.op == loop;
  const Label::Kind kind = is_loop ? Label::Kind::loop : instruction.op == if_ ? Label::Kind::if_ : Label::Kind::block;
  Label& label = labels_.emplace_back(Label{kind, new_block(is_loop), {}, height, type});
  for (const wasm::ValueType merged : is_loop ? type.params : type.results) {
    label.merged.push_back(llvm::PHINode::Create(unit_.prototypes().type(merged), 2, "", label.target));
  }
  if (is_loop) {
    bring(label);
    ir_.SetInsertPoint(label.target);
    forget_locals();
    std::copy(label.merged.begin(), label.merged.end(), stack_.begin() + static_cast<ptrdiff_t>(height));
    poll();
  } else if (condition) {
    label.params.assign(stack_.begin() + static_cast<ptrdiff_t>(height), stack_.end());
    llvm::BasicBlock* const then = new_block();
    label.otherwise = new_block(false);
    ir_.CreateCondBr(condition, then, label.otherwise, hint());
    ir_.SetInsertPoint(then);
  }
}

void FuncTranslator::begin_else(const wasm::Instruction& instruction) {
  Label& label = labels_.back();
  if (instruction.end_reachable) bring(label);
  forget_locals();
  label.otherwise->insertInto(&function_);
  ir_.SetInsertPoint(label.otherwise);
  label.otherwise = nullptr;
  shrink(label.height);
  stack_.insert(stack_.end(), label.params.begin(), label.params.end());
}

void FuncTranslator::end_block(const wasm::Instruction& instruction) {
  Label& label = labels_.back();
  if (label.handler != no_handler) {
    handler_ = handlers_[label.handler].outer;
    finish_try(handlers_[label.handler], instruction.end_reachable);
  }
  if (label.kind == Label::Kind::loop) {
    if (!instruction.end_reachable) {
      forget_locals();
      ir_.SetInsertPoint(new_block());
      shrink(label.height);
      for (const wasm::ValueType result : label.type.results) push(llvm::PoisonValue::get(unit_.prototypes().type(result)));
    }
    labels_.pop_back();
    return;
  }
  const bool is_function = label.kind == Label::Kind::function;
  if (instruction.end_reachable && !is_function && !label.otherwise && label.target->use_empty()) {  // no branch comes here
    delete label.target;
    labels_.pop_back();
    return;
  }
  if (instruction.end_reachable) bring(label);
  forget_locals();
  shrink(label.height);
  if (label.otherwise) {  // an if without else: its parameters are its results
    label.otherwise->insertInto(&function_);
    ir_.SetInsertPoint(label.otherwise);
    stack_.insert(stack_.end(), label.params.begin(), label.params.end());
    bring(label);
    shrink(label.height);
  }
  label.target->insertInto(&function_);
  ir_.SetInsertPoint(label.target);
  for (llvm::PHINode* const merged : label.merged) {
    if (merged->getNumIncomingValues() > 1) {
      push(merged);
      continue;
    }
    // Nothing, or one thing only, comes here: no phi is needed (and an empty one is not allowed).
    push(merged->getNumIncomingValues() == 0 ? llvm::PoisonValue::get(merged->getType()) : merged->getIncomingValue(0));
    merged->eraseFromParent();
  }
  labels_.pop_back();
  if (is_function) end_function();
}

void FuncTranslator::end_function() {
  finish_roots();
  unit_.prototypes().emit_return(ir_, signature_, stack_, [this] { return xbuf(); });
}

// Ends the current block with a jump to the label, which gets the values on top of the stack.
void FuncTranslator::bring(Label& label) {
  if (label.kind != Label::Kind::function) save_locals();
  const size_t first = stack_.size() - label.merged.size();
  materialize(first);
  for (size_t i = 0; i < label.merged.size(); ++i) label.merged[i]->addIncoming(stack_[first + i], ir_.GetInsertBlock());
  ir_.CreateBr(label.target);
}

void FuncTranslator::branch(uint32_t depth) {
  bring(labels_[labels_.size() - 1 - depth]);
}

void FuncTranslator::branch_if(llvm::Value* condition, uint32_t depth, llvm::MDNode* weights) {
  Label& label = labels_[labels_.size() - 1 - depth];
  if (label.kind != Label::Kind::function) save_locals();
  const size_t first = stack_.size() - label.merged.size();
  materialize(first);
  for (size_t i = 0; i < label.merged.size(); ++i) label.merged[i]->addIncoming(stack_[first + i], ir_.GetInsertBlock());
  llvm::BasicBlock* const next = new_block();
  ir_.CreateCondBr(condition, label.target, next, weights);
  ir_.SetInsertPoint(next);
}

// With masks, the index is made at most that of the default, which is then a case like the others, and nothing is left to check:
// LLVM reads the jump table without a comparison, so there is none to mispredict.
//
// A phi needs one entry per edge, so targets that merge values get one block between per distinct depth: entries stay in
// proportion to distinct targets, however long the table is.
void FuncTranslator::branch_table(std::span<const uint32_t> depths) {
  llvm::Value* const index = pop();
  save_locals();
  materialize(stack_.size() - labels_[labels_.size() - 1 - depths.back()].merged.size());  // all targets take as many values
  llvm::BasicBlock* const origin = ir_.GetInsertBlock();
  std::unordered_map<uint32_t, llvm::BasicBlock*> between;
  const auto target = [&](uint32_t depth) {
    Label& label = labels_[labels_.size() - 1 - depth];
    if (label.merged.empty()) return label.target;
    llvm::BasicBlock*& block = between[depth];
    if (!block) {
      block = new_block();
      ir_.SetInsertPoint(block);
      bring(label);
    }
    return block;
  };
  const std::span<const uint32_t> cases = depths.first(depths.size() - 1);
  const bool is_masked = key().spectre != 0;
  llvm::BasicBlock* otherwise = target(depths.back());
  llvm::BasicBlock* const last = otherwise;
  if (is_masked) {
    otherwise = new_block();
    llvm::IRBuilder<>(otherwise).CreateUnreachable();
  }
  ir_.SetInsertPoint(origin);
  llvm::Value* const chosen = is_masked ? at_most(ir_, index, static_cast<uint32_t>(cases.size())) : index;
  llvm::SwitchInst* const choice = ir_.CreateSwitch(chosen, otherwise, static_cast<unsigned>(depths.size()));
  for (size_t i = 0; i < cases.size(); ++i) {
    llvm::BasicBlock* const block = target(cases[i]);
    if (block != otherwise) choice->addCase(ir_.getInt32(static_cast<uint32_t>(i)), block);
  }
  if (is_masked) choice->addCase(ir_.getInt32(static_cast<uint32_t>(cases.size())), last);
}

// What the module's branch hints say of the current instruction: weights, or null.
llvm::MDNode* FuncTranslator::hint() {
  const auto hints = module().branch_hints.find(func_);
  if (hints == module().branch_hints.end()) return nullptr;
  const uint64_t here = offset_ - module().bodies[func_ - module().imported_funcs].offset;
  while (hints_read_ < hints->second.size() && hints->second[hints_read_].offset < here) ++hints_read_;
  if (hints_read_ == hints->second.size() || hints->second[hints_read_].offset != here) return nullptr;
  return hints->second[hints_read_].likely ? unit_.likely() : unit_.unlikely();
}

// Charges what the run has cost, where it ends (fuel.h).
void FuncTranslator::charge_fuel(const wasm::Instruction& instruction) {
  pending_fuel_ += code::fuel_cost(instruction.op);
  if (!code::ends_fuel_run(instruction.op) || pending_fuel_ == 0) return;
  llvm::Value* const store = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, store));
  llvm::Value* const fuel = at(store, offsetof(code::StoreContext, fuel));
  llvm::Value* const left = ir_.CreateSub(load_plain(ir_.getInt64Ty(), fuel, Region::context, 8), ir_.getInt64(pending_fuel_));
  store_plain(left, fuel, Region::context, 8);
  pending_fuel_ = 0;
}

// At a function's entry and a loop's start: fuel left, epoch not reached?
void FuncTranslator::poll() {
  if (!key().fuel && !key().epochs) return;
  llvm::Value* const store = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, store));
  if (key().fuel) {
    llvm::Value* const left = load_plain(ir_.getInt64Ty(), at(store, offsetof(code::StoreContext, fuel)), Region::context, 8);
    if_unlikely(ir_.CreateICmpSLT(left, ir_.getInt64(0)), [this] { builtin(code::Builtin::out_of_fuel, {}); });
  }
  if (key().epochs) {
    // Another thread advances it: an atomic load, which no pass moves out of the loop.
    llvm::Value* const epoch = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, epoch));
    llvm::LoadInst* const now = ir_.CreateAlignedLoad(ir_.getInt64Ty(), epoch, llvm::Align(8));
    now->setAtomic(llvm::AtomicOrdering::Monotonic);
    llvm::Value* const deadline =
        load_plain(ir_.getInt64Ty(), at(store, offsetof(code::StoreContext, epoch_deadline)), Region::context, 8);
    if_unlikely(ir_.CreateICmpUGE(now, deadline), [this] { builtin(code::Builtin::epoch_reached, {}); });
  }
}

llvm::Value* FuncTranslator::pop() {
  llvm::Value* const value = top();
  stack_.pop_back();
  return value;
}

llvm::Value* FuncTranslator::pop_address(bool is_64) {
  llvm::Value* const value = pop();
  return is_64 ? value : ir_.CreateZExt(value, ir_.getInt64Ty());
}

llvm::BasicBlock* FuncTranslator::new_block(bool is_placed) {
  return llvm::BasicBlock::Create(unit_.context(), "", is_placed ? &function_ : nullptr);
}

// nomerge: every site keeps its own instruction, since the program counter is what tells the offset.
void FuncTranslator::trap(code::TrapCode code) {
  llvm::CallInst* const call = ir_.CreateIntrinsic(llvm::Intrinsic::ubsantrap, {}, {ir_.getInt8(static_cast<uint8_t>(code))});
  call->addFnAttr(llvm::Attribute::NoMerge);
  call->setDoesNotReturn();
  locate(call);
  ir_.CreateUnreachable();
}

void FuncTranslator::trap_if(llvm::Value* condition, code::TrapCode code) {
  llvm::BasicBlock* const trapping = new_block();
  llvm::BasicBlock* const next = new_block();
  ir_.CreateCondBr(condition, trapping, next, unit_.unlikely());
  ir_.SetInsertPoint(trapping);
  trap(code);
  ir_.SetInsertPoint(next);
}

void FuncTranslator::if_unlikely(llvm::Value* condition, llvm::function_ref<void()> body) {
  llvm::BasicBlock* const taken = new_block();
  llvm::BasicBlock* const next = new_block();
  ir_.CreateCondBr(condition, taken, next, unit_.unlikely());
  ir_.SetInsertPoint(taken);
  body();
  ir_.CreateBr(next);
  ir_.SetInsertPoint(next);
}

llvm::Value* FuncTranslator::at(llvm::Value* base, uint64_t offset) {
  return offset == 0 ? base : ir_.CreateConstGEP1_64(ir_.getInt8Ty(), base, offset);
}

// For what does not change while the instance lives: bases, type ids, imports, builtins; never lengths.
llvm::Value* FuncTranslator::load_invariant(llvm::Type* type, llvm::Value* base, uint64_t offset) {
  llvm::LoadInst* const load =
      ir_.CreateAlignedLoad(type, at(base, offset), llvm::Align(type->getPrimitiveSizeInBits() == 32 ? 4 : 8));
  load->setMetadata(llvm::LLVMContext::MD_invariant_load, unit_.invariant());
  return load;
}

llvm::Value* FuncTranslator::load_plain(llvm::Type* type, llvm::Value* pointer, Region region, uint64_t alignment) {
  llvm::LoadInst* const load = ir_.CreateAlignedLoad(type, pointer, llvm::Align(alignment));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(region));
  return load;
}

void FuncTranslator::store_plain(llvm::Value* value, llvm::Value* pointer, Region region, uint64_t alignment) {
  llvm::StoreInst* const store = ir_.CreateAlignedStore(value, pointer, llvm::Align(alignment), unit_.has_volatile_state());
  store->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(region));
}

}  // namespace mote::aot
