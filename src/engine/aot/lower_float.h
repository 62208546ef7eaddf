// Floating-point building blocks that scalar and vector lowering share; each works on float, double and vectors of them.
// Private to lowering (lower.h). Arithmetic results carry the mark of nan.h when key.canonical_nans is set.
#pragma once

#include "engine/aot/lower.h"

#include <llvm/IR/Intrinsics.h>

namespace mote::aot {

// One constrained intrinsic (fpexcept.maytrap): the optimiser keeps x * 1, x - 0 and the like, which quiet a signalling NaN, but
// may still merge, hoist and drop. Operations that round take to nearest, ties to even.
[[nodiscard]] llvm::Value* float_arithmetic(const Lowering& lowering, llvm::Intrinsic::ID intrinsic,
                                            llvm::ArrayRef<llvm::Value*> operands);
// demote and promote.
[[nodiscard]] llvm::Value* float_resize(const Lowering& lowering, llvm::Value* value, llvm::Type* to);

enum class Extremum : uint8_t { min, max };
// fmin and fmax of the specification: NaN if either is NaN (always the canonical one), -0 below +0.
[[nodiscard]] llvm::Value* float_extremum(const Lowering& lowering, Extremum which, llvm::Value* a, llvm::Value* b);
// Its instructions, where `float_extremum` may only leave an opaque call until NaNs are canonicalised (nan.h).
[[nodiscard]] llvm::Value* expand_extremum(llvm::IRBuilder<>& ir, Extremum which, llvm::Value* a, llvm::Value* b);
// The x86 instructions minps and maxps: b where either is NaN or both are zeros.
[[nodiscard]] llvm::Value* float_extremum_x86(const Lowering& lowering, Extremum which, llvm::Value* a, llvm::Value* b);

// The integer type of the same shape: float → i32, <2 x double> → <2 x i64>.
[[nodiscard]] llvm::Type* bits_type(llvm::Type* type);
[[nodiscard]] llvm::Constant* canonical_nan(llvm::Type* type);

}  // namespace mote::aot
