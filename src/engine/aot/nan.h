// NaN canonicalisation (CodegenKey::canonical_nans): every NaN that a program can observe, and that arithmetic made, is the
// positive quiet one with an otherwise empty payload. Bits that were loaded, given or reinterpreted stay as they are.
//
// Lazily: lowering marks each arithmetic result with a call of an opaque function; the pass finds the marked values whose bits
// nobody looks at (arithmetic and comparisons do not) and replaces the others where they are looked at: by stores, calls,
// returns, reinterpretation, sign operations, bitwise operations, or a merge with a value that is not marked.
// Measured: docs/internals/numerics.md. Tested by nan_test.cpp.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>

namespace mote::aot {

// Marks `value` (float, double, <4 x float>, <2 x double>) as a result of arithmetic.
[[nodiscard]] llvm::Value* mark_arithmetic(llvm::IRBuilder<>& ir, llvm::Value* value);

// min and max with canonical NaNs: a call of an opaque function that canonicalize_nans() expands. Its instructions must not be
// there before: they read the bits of operands, though not of NaNs, and would have those canonicalised. Nor will llvm.minimum do,
// which LLVM 19 mishandles next to any other two-operand intrinsic on the same operands (a find of the differential runs).
enum class Extremum : uint8_t;
[[nodiscard]] llvm::Value* opaque_extremum(llvm::IRBuilder<>& ir, Extremum which, llvm::Value* a, llvm::Value* b);

// Removes every mark of the function and expands its opaque extrema. Must run, once and after SROA, on every function when
// key.canonical_nans is set.
void canonicalize_nans(llvm::Function& function);

}  // namespace mote::aot
