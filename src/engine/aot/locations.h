// Keeps the offset of every access that may fault, through code generation. Used by the back end; tested by compile_test.cpp and
// by the differential runs, which compare the offsets of traps.
//
// A volatile access carries its offset as debug location, but the instruction selector folds loads into what uses them (cmp, and,
// movzx … with a memory operand) and combines them with extensions; the machine instruction then has the *user's* location, or
// none. What survives everything is the memory operand with its alias information. So each access that may fault gets its
// location once more as an annotation there, and at the end every machine instruction takes the location that it accesses for.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/Pass.h>

namespace mote::aot {

// Annotates the volatile accesses of a function; after the last pass on IR, since they would not know the annotation.
void annotate_locations(llvm::Function& function);

// The machine pass that puts the annotations into place; to run after all others. The pass manager owns it.
[[nodiscard]] llvm::FunctionPass* make_location_pass();

}  // namespace mote::aot
