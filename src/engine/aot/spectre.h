// Masks against speculation past a bounds check (Spectre, variant 1): what a mispredicted check lets through reads nothing.
//
// A mask is a conditional move that depends on the very values that were compared, so it holds whatever the branch predictor did.
// It is inline assembly, which no pass looks into: LLVM folds a select on the branch's own condition away, and may turn one into a
// branch. It touches nothing but its operands and the flags, so it may be moved, shared and removed like arithmetic.
// Guard-mode accesses within the guard region have no check, hence no mask. Tested by spectre_test.cpp.
#pragma once

#include <llvm/IR/IRBuilder.h>

namespace mote::aot {

// `pointer`, or null (never mapped) when `value` > `limit`, unsigned 64 bits.
[[nodiscard]] llvm::Value* null_if_above(llvm::IRBuilder<>& ir, llvm::Value* pointer, llvm::Value* value, llvm::Value* limit);
// `pointer`, or null when `value` >= `limit`.
[[nodiscard]] llvm::Value* null_unless_below(llvm::IRBuilder<>& ir, llvm::Value* pointer, llvm::Value* value, llvm::Value* limit);
// The smaller of two unsigned 32-bit values.
[[nodiscard]] llvm::Value* at_most(llvm::IRBuilder<>& ir, llvm::Value* value, uint32_t limit);

}  // namespace mote::aot
