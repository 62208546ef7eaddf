// Widening of phis, and bases in loops (widen.h).
//
// A phi that is widened needs its incoming values extended where they are defined, in the block of the operation that extends them
// for free; those that are phis again are widened too. What is left of the narrow phi is a truncation, which costs nothing: it
// names the low half of the register.
#include "engine/aot/widen.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

namespace mote::aot {

namespace {

bool is_extended(const llvm::PHINode& phi) {
  for (const llvm::User* const user : phi.users()) {
    if (llvm::isa<llvm::ZExtInst>(user) && user->getType()->isIntegerTy(64)) return true;
  }
  return false;
}

class Widening {
 public:
  explicit Widening(llvm::Function& function) : function_(function), wide_type_(llvm::Type::getInt64Ty(function.getContext())) {}

  bool run() {
    find_invoked();
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      auto* const phi = llvm::dyn_cast<llvm::PHINode>(&instruction);
      if (phi && phi->getType()->isIntegerTy(32) && is_extended(*phi) && !invoked_.contains(phi)) (void)wide_phi(*phi);
    }
    for (size_t i = 0; i < phis_.size(); ++i) fill(*phis_[i].first, *phis_[i].second);  // which may make more of them
    for (const auto& [narrow, wide] : phis_) replace(*narrow, *wide);
    return !phis_.empty();
  }

 private:
  // An invoke ends its block, so there is no place behind it to extend its result.
  void find_invoked() {
    llvm::SmallVector<const llvm::Value*, 16> work;
    for (const llvm::Instruction& instruction : llvm::instructions(function_)) {
      if (llvm::isa<llvm::InvokeInst>(instruction) && instruction.getType()->isIntegerTy(32)) work.push_back(&instruction);
    }
    while (!work.empty()) {
      for (const llvm::User* const user : work.pop_back_val()->users()) {
        const auto* const phi = llvm::dyn_cast<llvm::PHINode>(user);
        if (phi && invoked_.insert(phi).second) work.push_back(phi);
      }
    }
  }

  llvm::PHINode* wide_phi(llvm::PHINode& narrow) {
    llvm::Value*& wide = wide_[&narrow];
    if (!wide) {
      auto* const phi = llvm::PHINode::Create(wide_type_, narrow.getNumIncomingValues(), "", narrow.getIterator());
      wide = phi;
      phis_.emplace_back(&narrow, phi);
    }
    return llvm::cast<llvm::PHINode>(wide);
  }

  llvm::Value* extended(llvm::Value* value) {
    if (auto* const constant = llvm::dyn_cast<llvm::ConstantInt>(value))
      return llvm::ConstantInt::get(wide_type_, constant->getZExtValue());
    if (auto* const phi = llvm::dyn_cast<llvm::PHINode>(value)) return wide_phi(*phi);
    llvm::Value*& wide = wide_[value];
    if (wide) return wide;
    llvm::BasicBlock& entry = function_.getEntryBlock();
    auto* const definition = llvm::dyn_cast<llvm::Instruction>(value);
    const llvm::BasicBlock::iterator place = definition ? std::next(definition->getIterator()) : entry.getFirstInsertionPt();
    llvm::BasicBlock* const block = definition ? definition->getParent() : &entry;
    llvm::IRBuilder<> builder(block, place);
    builder.SetCurrentDebugLocation({});
    wide = builder.CreateZExt(value, wide_type_);
    return wide;
  }

  void fill(llvm::PHINode& narrow, llvm::PHINode& wide) {
    for (unsigned i = 0; i < narrow.getNumIncomingValues(); ++i) {
      wide.addIncoming(extended(narrow.getIncomingValue(i)), narrow.getIncomingBlock(i));
    }
  }

  void replace(llvm::PHINode& narrow, llvm::PHINode& wide) {
    for (llvm::User* const user : llvm::make_early_inc_range(narrow.users())) {
      auto* const extension = llvm::dyn_cast<llvm::ZExtInst>(user);
      if (!extension || extension->getType() != wide_type_) continue;
      extension->replaceAllUsesWith(&wide);
      extension->eraseFromParent();
    }
    if (!narrow.use_empty()) {
      llvm::IRBuilder<> builder(wide.getParent(), wide.getParent()->getFirstInsertionPt());
      builder.SetCurrentDebugLocation({});
      narrow.replaceAllUsesWith(builder.CreateTrunc(&wide, narrow.getType()));
    }
    narrow.eraseFromParent();
  }

  llvm::Function& function_;
  llvm::Type* wide_type_;
  llvm::DenseMap<llvm::Value*, llvm::Value*> wide_;
  llvm::DenseSet<const llvm::PHINode*> invoked_;  // phis that the result of an invoke comes into, through other phis too
  llvm::SmallVector<std::pair<llvm::PHINode*, llvm::PHINode*>, 16> phis_;  // narrow and wide
};

// A call leaves no register as it was.
bool calls(const llvm::Loop& loop) {
  for (const llvm::BasicBlock* const block : loop.blocks()) {
    for (const llvm::Instruction& instruction : *block) {
      const auto* const call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call && !call->isInlineAsm() && !llvm::isa<llvm::IntrinsicInst>(call)) return true;
    }
  }
  return false;
}

bool pin(llvm::LoadInst& base, const llvm::Loop& loop) {
  llvm::SmallVector<llvm::Use*, 8> uses;
  for (llvm::Use& use : base.uses()) {
    if (loop.contains(llvm::cast<llvm::Instruction>(use.getUser()))) uses.push_back(&use);
  }
  if (uses.empty()) return false;
  llvm::FunctionType* const type = llvm::FunctionType::get(base.getType(), {base.getType()}, false);
  llvm::IRBuilder<> builder(loop.getLoopPreheader()->getTerminator());
  builder.SetCurrentDebugLocation({});
  llvm::CallInst* const copy = builder.CreateCall(type, llvm::InlineAsm::get(type, "", "=r,0", false), {&base});
  copy->setDoesNotAccessMemory();
  copy->setDoesNotThrow();
  for (llvm::Use* const use : uses) use->set(copy);
  return true;
}

class AddressPass final : public llvm::FunctionPass {
 public:
  static char id;
  AddressPass() : FunctionPass(id) {}
  [[nodiscard]] llvm::StringRef getPassName() const override { return "addresses in registers"; }
  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.addRequired<llvm::LoopInfoWrapperPass>();
    usage.setPreservesCFG();
  }
  bool runOnFunction(llvm::Function& function) override {
    const bool is_widened = widen_phis(function);
    return pin_bases(function, getAnalysis<llvm::LoopInfoWrapperPass>().getLoopInfo()) || is_widened;
  }
};

char AddressPass::id = 0;

}  // namespace

bool widen_phis(llvm::Function& function) {
  return Widening(function).run();
}

bool pin_bases(llvm::Function& function, const llvm::LoopInfo& loops) {
  llvm::SmallVector<llvm::LoadInst*, 4> bases;
  for (llvm::Instruction& instruction : function.getEntryBlock()) {
    auto* const load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
    if (load && load->getType()->isPointerTy() && load->hasMetadata(llvm::LLVMContext::MD_invariant_load)) bases.push_back(load);
  }
  if (bases.empty()) return false;
  bool is_changed = false;
  for (const llvm::Loop* const loop : loops.getLoopsInPreorder()) {
    if (!loop->isInnermost() || !loop->getLoopPreheader() || calls(*loop)) continue;
    for (llvm::LoadInst* const base : bases) is_changed |= pin(*base, *loop);
  }
  return is_changed;
}

llvm::FunctionPass* make_address_pass() {
  return new AddressPass;
}

}  // namespace mote::aot
