// Floating point as the specification wants it, on an optimiser that by default treats NaNs as it likes.
//
// Plain LLVM operations fold x * 1, x / 1, x - 0, demote(promote x) and min(x, x) to x, which leaves a signalling NaN where a
// quiet one is due. Constrained intrinsics with maytrap do not, at no measurable cost. llvm.minimum returns unquieted signalling
// NaNs on x86-64 and its constrained form cannot be selected, so minimum and maximum are made by hand.
// Tested by lower_test.cpp.
#include "engine/aot/lower_float.h"

#include "engine/aot/nan.h"

namespace mote::aot {
namespace {

using llvm::Intrinsic::ID;

bool rounds(ID intrinsic) {
  return intrinsic != llvm::Intrinsic::experimental_constrained_ceil &&
         intrinsic != llvm::Intrinsic::experimental_constrained_floor &&
         intrinsic != llvm::Intrinsic::experimental_constrained_trunc &&
         intrinsic != llvm::Intrinsic::experimental_constrained_roundeven &&
         intrinsic != llvm::Intrinsic::experimental_constrained_fpext;
}

llvm::Value* metadata(llvm::IRBuilder<>& ir, llvm::StringRef text) {
  return llvm::MetadataAsValue::get(ir.getContext(), llvm::MDString::get(ir.getContext(), text));
}

llvm::Value* constrained(const Lowering& lowering, ID intrinsic, llvm::ArrayRef<llvm::Type*> types,
                         llvm::ArrayRef<llvm::Value*> operands) {
  llvm::IRBuilder<>& ir = lowering.ir;
  llvm::SmallVector<llvm::Value*, 5> arguments(operands.begin(), operands.end());
  if (rounds(intrinsic)) arguments.push_back(metadata(ir, "round.tonearest"));
  arguments.push_back(metadata(ir, "fpexcept.maytrap"));
  llvm::CallInst* call = ir.CreateIntrinsic(intrinsic, types, arguments);
  call->addFnAttr(llvm::Attribute::StrictFP);
  return lowering.key.canonical_nans != 0 ? mark_arithmetic(ir, call) : call;
}

// A constant of which no lane is a NaN or a zero.
bool is_nonzero_number(const llvm::Value* value) {
  const auto is_plain = [](const llvm::APFloat& number) { return !number.isNaN() && !number.isZero(); };
  if (const auto* number = llvm::dyn_cast<llvm::ConstantFP>(value)) return is_plain(number->getValueAPF());
  const auto* lanes = llvm::dyn_cast<llvm::ConstantDataVector>(value);
  if (lanes == nullptr) return false;
  for (uint32_t lane = 0; lane < lanes->getNumElements(); ++lane) {
    if (!is_plain(lanes->getElementAsAPFloat(lane))) return false;
  }
  return true;
}

llvm::Value* extremum_x86(llvm::IRBuilder<>& ir, Extremum which, llvm::Value* a, llvm::Value* b) {
  llvm::Value* first = which == Extremum::min ? ir.CreateFCmpOLT(a, b) : ir.CreateFCmpOGT(a, b);
  return ir.CreateSelect(first, a, b);
}

}  // namespace

llvm::Value* float_arithmetic(const Lowering& lowering, ID intrinsic, llvm::ArrayRef<llvm::Value*> operands) {
  return constrained(lowering, intrinsic, {operands[0]->getType()}, operands);
}

llvm::Value* float_resize(const Lowering& lowering, llvm::Value* value, llvm::Type* to) {
  bool narrows = to->getScalarSizeInBits() < value->getType()->getScalarSizeInBits();
  ID intrinsic = narrows ? llvm::Intrinsic::experimental_constrained_fptrunc : llvm::Intrinsic::experimental_constrained_fpext;
  return constrained(lowering, intrinsic, {to, value->getType()}, {value});
}

llvm::Value* float_extremum_x86(const Lowering& lowering, Extremum which, llvm::Value* a, llvm::Value* b) {
  return extremum_x86(lowering.ir, which, a, b);
}

llvm::Value* float_extremum(const Lowering& lowering, Extremum which, llvm::Value* a, llvm::Value* b) {
  if (lowering.key.canonical_nans != 0) return opaque_extremum(lowering.ir, which, a, b);
  return expand_extremum(lowering.ir, which, a, b);
}

// Both orders of minps differ only in zeros of opposite sign and NaNs: or-ing their bits gives -0, and-ing +0; NaNs are replaced.
// Against a constant that is no zero, as in clamping, one order does (a clamping loop takes half the time).
llvm::Value* expand_extremum(llvm::IRBuilder<>& ir, Extremum which, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  llvm::Value* forward = extremum_x86(ir, which, a, b);
  llvm::Value* number = forward;
  if (!is_nonzero_number(a) && !is_nonzero_number(b)) {
    llvm::Type* bits = bits_type(type);
    llvm::Value* forward_bits = ir.CreateBitCast(forward, bits);
    llvm::Value* backward_bits = ir.CreateBitCast(extremum_x86(ir, which, b, a), bits);
    llvm::Value* both =
        which == Extremum::min ? ir.CreateOr(forward_bits, backward_bits) : ir.CreateAnd(forward_bits, backward_bits);
    number = ir.CreateBitCast(both, type);
  }
  return ir.CreateSelect(ir.CreateFCmpUNO(a, b), canonical_nan(type), number);
}

llvm::Type* bits_type(llvm::Type* type) {
  return type->getWithNewType(llvm::Type::getIntNTy(type->getContext(), type->getScalarSizeInBits()));
}

llvm::Constant* canonical_nan(llvm::Type* type) {
  return llvm::ConstantFP::getQNaN(type);
}

}  // namespace mote::aot
