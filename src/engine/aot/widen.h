// What addresses are made of, in the form that the code generator keeps in registers.
//
// Wasm computes addresses in 32 bits; an access extends them. On x86-64 a 32-bit operation has extended its result already, but the
// instruction selector sees one block at a time: what comes from a phi, every loop's pointer or counter, it extends again at each
// access, by a move that lengthens the path to memory and takes a register. So phis that are extended somewhere become 64-bit phis
// of extended values. Exact whatever wraps: the values are the same.
//
// The base of a memory is loaded once per call and lives through all of it, across calls that leave no register as it was. The
// register allocator then may leave it in the frame as a whole, and reload it for each access of the hottest loop. So each
// innermost loop without calls gets a copy of its own, made before it by inline assembly, which nobody looks through.
//
// Both run after the last pass that would undo them. Tested by widen_test.cpp, tests/spec and the differential runs.
#pragma once

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Function.h>
#include <llvm/Pass.h>

namespace mote::aot {

// Both: true if something changed.
bool widen_phis(llvm::Function& function);
bool pin_bases(llvm::Function& function, const llvm::LoopInfo& loops);

// The two as a pass of code generation, to run between preparation and instruction selection. The pass manager owns it.
[[nodiscard]] llvm::FunctionPass* make_address_pass();

}  // namespace mote::aot
