// A frame's references (translator.h): where the collector finds and changes them.
//
// Two arrays in the frame, one for locals and one for operands, zeroed at the entry; a stackmap in the entry block tells where they
// are, and how long: a few bytes a function, nothing a call. A local of a collected type has its home there instead of a variable
// of its own. Before a safepoint (a call, or the making of an object) the references among the operands that stay are stored, and
// after it whoever uses one loads it. That the arrays' address escapes into the stackmap makes LLVM keep both: any call may read
// and write them. Operands below a block are stored when it begins, so that all paths agree where they are. What is stale still is
// a reference that was valid at every collection since, so it does no harm but to keep garbage. Functions without safepoints have
// no roots, and their references are values like any other. Why not statepoints: docs/internals/gc.md.
#include "engine/aot/translator.h"

#include <llvm/IR/Intrinsics.h>

#include <algorithm>

namespace mote::aot {

bool FuncTranslator::is_collected_at(size_t place) const {
  if (place < pending_.first) return is_collected(walker_.operand(place));
  if (pending_.each) return is_collected(pending_.each->type);
  const size_t index = place - pending_.first;
  return is_collected(pending_.fields.empty() ? pending_.types[index] : pending_.fields[index].type);
}

void FuncTranslator::before_safepoint(size_t kept) {
  if (handler_ != no_handler) {
    save_locals();  // the pad is a place where paths merge
  } else {
    save_rooted_locals();
  }
  root_operands(kept);
}

void FuncTranslator::after_safepoint() {
  ++rooted_known_;
}

// Each operand is looked at once, however many safepoints it lives over.
void FuncTranslator::root_operands(size_t kept) {
  for (size_t place = flushed_; place < kept; ++place) {
    llvm::Value*& value = stack_[place];
    if (!value || !is_collected_at(place) || llvm::isa<llvm::Constant>(value)) continue;
    store_root(value, operand_root(rooted_.size()));
    rooted_.push_back(place);
    value = nullptr;
  }
  flushed_ = std::max(flushed_, kept);
}

void FuncTranslator::materialize(size_t first) {
  if (flushed_ > first) flushed_ = first;
  while (!rooted_.empty() && rooted_.back() >= first) {
    stack_[rooted_.back()] = load_root(operand_root(rooted_.size() - 1));
    rooted_.pop_back();
  }
}

void FuncTranslator::shrink(size_t height) {
  while (!rooted_.empty() && rooted_.back() >= height) rooted_.pop_back();
  flushed_ = std::min(flushed_, height);
  stack_.resize(height);
}

// The arrays get their length when the function has ended.
llvm::Value* FuncTranslator::operand_root(size_t number) {
  const auto place = static_cast<uint32_t>(number);
  operand_root_count_ = std::max(operand_root_count_, place + 1);
  if (!operand_roots_) {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(entry_end_);
    operand_roots_ = ir_.CreateAlloca(ir_.getInt32Ty(), ir_.getInt32(1));
  }
  return at(operand_roots_, uint64_t{place} * sizeof(uint32_t));
}

// A new one; the builder stands in the entry block.
llvm::Value* FuncTranslator::local_root() {
  if (!local_roots_) local_roots_ = ir_.CreateAlloca(ir_.getInt32Ty(), ir_.getInt32(1));
  return at(local_roots_, uint64_t{local_root_count_++} * sizeof(uint32_t));
}

llvm::Value* FuncTranslator::load_root(llvm::Value* place) {
  return load_plain(ir_.getInt32Ty(), place, Region::roots, 4);
}
void FuncTranslator::store_root(llvm::Value* value, llvm::Value* place) {
  llvm::StoreInst* const store = ir_.CreateAlignedStore(value, place, llvm::Align(4));
  store->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(Region::roots));
}

// stackmap(own function, 0, the arrays and their lengths): read by link_roots.cpp.
void FuncTranslator::finish_roots() {
  const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  std::vector<llvm::Value*> arguments{ir_.getInt64(func_ - module().imported_funcs), ir_.getInt32(0)};
  llvm::Instruction* last = nullptr;
  for (const auto& [roots, count] : {std::pair(local_roots_, local_root_count_), std::pair(operand_roots_, operand_root_count_)}) {
    if (!roots) continue;
    roots->setOperand(0, ir_.getInt32(count));
    // To the front: other instructions of the entry may use it already, and the zeros come before them all.
    roots->moveBefore(&*function_.getEntryBlock().begin());
    arguments.push_back(roots);
    arguments.push_back(ir_.getInt32(count));
    if (!last) last = roots;
  }
  const bool needs_size = !handlers_.empty();  // the frame's size, for its landing pads
  if (!last && !needs_size) return;
  ir_.SetInsertPoint(last ? last->getNextNode() : &*function_.getEntryBlock().begin());
  for (const auto& [roots, count] : {std::pair(local_roots_, local_root_count_), std::pair(operand_roots_, operand_root_count_)}) {
    if (!roots) continue;
    llvm::CallInst* const zero =
        ir_.CreateMemSetInline(roots, llvm::Align(4), ir_.getInt8(0), ir_.getInt64(uint64_t{count} * sizeof(uint32_t)));
    zero->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(Region::roots));
  }
  ir_.CreateIntrinsic(llvm::Intrinsic::experimental_stackmap, {}, arguments);
}

}  // namespace mote::aot
