// See nan.h. Words used here: a value is *arithmetic* if it is marked, or can only be one of marked values and constants that are
// not NaN, through phis, selects, casts between v128 and float lanes, and lane moves. Such values may keep odd NaNs while only
// arithmetic and comparisons read them. A *mixed* value is made by the same instructions from arithmetic and other values: reading
// its bits reads theirs. Everything else that reads an arithmetic value observes it, and gets it canonicalised.
#include "engine/aot/nan.h"

#include "engine/aot/lower_float.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/Module.h>

namespace mote::aot {
namespace {

namespace intrinsic = llvm::Intrinsic;
constexpr llvm::StringLiteral mark_prefix = "mote.arithmetic.";
constexpr llvm::StringLiteral min_prefix = "mote.min.";
constexpr llvm::StringLiteral max_prefix = "mote.max.";

bool calls(const llvm::Value* value, llvm::StringRef prefix) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(value);
  return call != nullptr && call->getCalledFunction() != nullptr && call->getCalledFunction()->getName().starts_with(prefix);
}

bool is_mark(const llvm::Value* value) {
  return calls(value, mark_prefix);
}

// Its result is a number or the canonical NaN.
bool is_extremum(const llvm::Value* value) {
  return calls(value, min_prefix) || calls(value, max_prefix);
}

// A call of a pure function that no pass knows, named for the type of its operands.
llvm::CallInst* opaque_call(llvm::IRBuilder<>& ir, llvm::StringRef prefix, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::Type* type = operands[0]->getType();
  std::string name = prefix.str();
  if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type)) name += "v" + std::to_string(vector->getNumElements());
  name += "f" + std::to_string(type->getScalarSizeInBits());
  const llvm::SmallVector<llvm::Type*, 2> types(operands.size(), type);
  llvm::Module* module = ir.GetInsertBlock()->getModule();
  llvm::FunctionCallee callee = module->getOrInsertFunction(name, llvm::FunctionType::get(type, types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  function->setWillReturn();
  function->setSpeculatable();
  return ir.CreateCall(callee, operands);
}

void expand_extrema(llvm::Function& function) {
  for (llvm::Instruction& call : llvm::make_early_inc_range(llvm::instructions(function))) {
    if (!is_extremum(&call)) continue;
    llvm::IRBuilder<> ir(&call);
    const Extremum which = calls(&call, min_prefix) ? Extremum::min : Extremum::max;
    call.replaceAllUsesWith(expand_extremum(ir, which, call.getOperand(0), call.getOperand(1)));
    call.eraseFromParent();
  }
}

// An instruction whose result has only bits of its operands, each lane of one lane.
bool is_move(const llvm::Value* value) {
  return llvm::isa<llvm::PHINode, llvm::SelectInst, llvm::BitCastInst, llvm::ExtractElementInst, llvm::InsertElementInst,
                   llvm::ShuffleVectorInst>(value);
}

// The operands that those bits come from.
llvm::SmallVector<const llvm::Value*, 4> sources(const llvm::Instruction* move) {
  if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(move)) return {phi->op_begin(), phi->op_end()};
  if (const auto* select = llvm::dyn_cast<llvm::SelectInst>(move)) return {select->getTrueValue(), select->getFalseValue()};
  if (llvm::isa<llvm::InsertElementInst, llvm::ShuffleVectorInst>(move)) return {move->getOperand(0), move->getOperand(1)};
  return {move->getOperand(0)};
}

// Instructions that never tell one NaN from another.
bool ignores_payload(const llvm::Instruction* user) {
  if (is_mark(user) || is_extremum(user) ||
      llvm::isa<llvm::FCmpInst, llvm::FPToSIInst, llvm::FPToUIInst, llvm::ConstrainedFPIntrinsic>(user))
    return true;
  const auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(user);
  if (call == nullptr) return false;
  switch (call->getIntrinsicID()) {
    case intrinsic::fptosi_sat:
    case intrinsic::fptoui_sat:
    case intrinsic::x86_sse2_cvttps2dq:
    case intrinsic::x86_sse2_cvttpd2dq:
      return true;
    default:
      return false;
  }
}

// Without a NaN in any lane of `bits` bits but the canonical one; or its lanes do not matter.
bool is_number(const llvm::Value* value, uint32_t bits) {
  if (is_extremum(value)) return value->getType()->getScalarSizeInBits() == bits;
  if (llvm::isa<llvm::UndefValue, llvm::SIToFPInst, llvm::UIToFPInst>(value)) return true;
  const auto* constant = llvm::dyn_cast<llvm::Constant>(value);
  if (constant == nullptr) return false;
  if (constant->isNullValue()) return true;
  if (const auto* number = llvm::dyn_cast<llvm::ConstantFP>(constant)) return !number->isNaN();
  const auto* data = llvm::dyn_cast<llvm::ConstantDataSequential>(constant);
  if (data == nullptr) return false;
  const llvm::fltSemantics& format = bits == 32 ? llvm::APFloat::IEEEsingle() : llvm::APFloat::IEEEdouble();
  llvm::StringRef raw = data->getRawDataValues();
  for (size_t at = 0; at < raw.size(); at += bits / 8) {
    uint64_t lane = 0;
    memcpy(&lane, raw.data() + at, bits / 8);
    if (llvm::APFloat(format, llvm::APInt(bits, lane)).isNaN()) return false;
  }
  return true;
}

class Canonicalizer {
 public:
  explicit Canonicalizer(llvm::Function& function) : function_(function) {}

  void run() {
    find_candidates();
    drop_mixed();
    demand_mixed();
    canonicalize_observed();
    for (llvm::Instruction* mark : marks_) {
      mark->replaceAllUsesWith(mark->getOperand(0));
      mark->eraseFromParent();
    }
  }

 private:
  // Whether moves keep a value of this kind of lane apart from others: float lanes of that width, or the v128 they travel in.
  static bool carries(llvm::Type* type, uint32_t bits) {
    if (type->isVectorTy() && type->getScalarType()->isIntegerTy(64)) return true;
    return type->getScalarType()->isFloatingPointTy() && type->getScalarSizeInBits() == bits;
  }

  // Every move that a marked value reaches, with the width of its float lanes.
  void find_candidates() {
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      if (is_mark(&instruction)) {
        marks_.push_back(&instruction);
        width_[&instruction] = instruction.getType()->getScalarSizeInBits();
      }
    }
    llvm::SmallVector<llvm::Instruction*, 32> work(marks_);
    while (!work.empty()) {
      llvm::Instruction* value = work.pop_back_val();
      for (llvm::User* user : value->users()) {
        auto* move = llvm::cast<llvm::Instruction>(user);
        if (!is_move(move) || !carries(move->getType(), width_[value]) || width_.contains(move)) continue;
        width_[move] = width_[value];
        work.push_back(move);
      }
    }
  }

  bool is_mixed(const llvm::Value* value) const {
    const auto* instruction = llvm::dyn_cast<llvm::Instruction>(value);
    return instruction != nullptr && mixed_.contains(instruction);
  }

  bool is_arithmetic(const llvm::Value* value, uint32_t bits) const {
    auto found = width_.find(value);
    return found != width_.end() ? found->second == bits && !is_mixed(value) : is_number(value, bits);
  }

  // Candidates with a source that is neither arithmetic nor a number are mixed; so, again, are those made of them.
  void drop_mixed() {
    llvm::SetVector<llvm::Instruction*> work;
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      if (width_.contains(&instruction) && !is_mark(&instruction)) work.insert(&instruction);
    }
    while (!work.empty()) {
      llvm::Instruction* move = work.pop_back_val();
      uint32_t bits = width_[move];
      if (llvm::all_of(sources(move), [&](const llvm::Value* source) { return is_arithmetic(source, bits); })) continue;
      mixed_.insert(move);
      for (llvm::User* user : move->users()) {
        if (width_.contains(user) && !is_mark(user) && !is_mixed(user)) work.insert(llvm::cast<llvm::Instruction>(user));
      }
    }
  }

  // The mixed values whose bits are read, directly or through other mixed values.
  void demand_mixed() {
    llvm::SmallVector<const llvm::Instruction*, 16> work;
    for (const llvm::Instruction* move : mixed_) {
      if (llvm::any_of(move->users(), [&](const llvm::User* user) { return observes(user, width_[move]); })) work.push_back(move);
    }
    while (!work.empty()) {
      const llvm::Instruction* move = work.pop_back_val();
      if (!demanded_.insert(move).second) continue;
      for (const llvm::Value* source : sources(move)) {
        if (is_mixed(source)) work.push_back(llvm::cast<llvm::Instruction>(source));
      }
    }
  }

  // Whether `user` reads bits, directly or (once demand_mixed is done) through mixed values, of an operand with such lanes.
  bool observes(const llvm::User* user, uint32_t bits) const {
    const auto* instruction = llvm::cast<llvm::Instruction>(user);
    auto found = width_.find(instruction);
    if (found == width_.end() || is_mark(instruction)) return !ignores_payload(instruction);
    return found->second != bits || demanded_.contains(instruction);
  }

  void canonicalize_observed() {
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function_))) {
      auto found = width_.find(&instruction);
      if (found == width_.end() || is_mixed(&instruction)) continue;
      llvm::SmallVector<llvm::Use*, 8> uses;
      for (llvm::Use& use : instruction.uses()) {
        if (observes(use.getUser(), found->second)) uses.push_back(&use);
      }
      for (llvm::Use* use : uses) use->set(canonical(&instruction, found->second, *use));
    }
  }

  // The canonical value, made where `use` reads it: not where it is defined, which may be in a loop. Equal ones are merged by the
  // passes that follow. One value for all edges of a phi from the same block, as LLVM demands.
  llvm::Value* canonical(llvm::Instruction* value, uint32_t bits, const llvm::Use& use) {
    auto* user = llvm::cast<llvm::Instruction>(use.getUser());
    llvm::Instruction* before = user;
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(user)) before = phi->getIncomingBlock(use)->getTerminator();
    llvm::Value*& made = made_[{value, before}];
    if (made != nullptr) return made;
    llvm::IRBuilder<> ir(before);
    llvm::Type* type = value->getType();
    bool travels_as_v128 = type->getScalarType()->isIntegerTy();
    llvm::Type* floats =
        travels_as_v128 ? llvm::FixedVectorType::get(bits == 32 ? ir.getFloatTy() : ir.getDoubleTy(), 128 / bits) : type;
    llvm::Value* lanes = ir.CreateBitCast(value, floats);
    llvm::Value* selected = ir.CreateSelect(ir.CreateFCmpUNO(lanes, lanes), canonical_nan(floats), lanes);
    made = ir.CreateBitCast(selected, type);
    return made;
  }

  llvm::Function& function_;
  llvm::SmallVector<llvm::Instruction*, 32> marks_;
  llvm::DenseMap<const llvm::Value*, uint32_t> width_;  // of the float lanes, of every arithmetic and mixed value
  llvm::SetVector<const llvm::Instruction*> mixed_;
  llvm::DenseSet<const llvm::Instruction*> demanded_;
  llvm::DenseMap<std::pair<llvm::Instruction*, llvm::Instruction*>, llvm::Value*> made_;  // value and where → canonical value
};

}  // namespace

llvm::Value* mark_arithmetic(llvm::IRBuilder<>& ir, llvm::Value* value) {
  return opaque_call(ir, mark_prefix, {value});
}

llvm::Value* opaque_extremum(llvm::IRBuilder<>& ir, Extremum which, llvm::Value* a, llvm::Value* b) {
  return opaque_call(ir, which == Extremum::min ? min_prefix : max_prefix, {a, b});
}

void canonicalize_nans(llvm::Function& function) {
  Canonicalizer(function).run();
  expand_extrema(function);
}

}  // namespace mote::aot
