// The masks as inline assembly (spectre.h), in the syntax of AT&T: `cmp b, a` compares a with b.
#include "engine/aot/spectre.h"

#include <llvm/IR/InlineAsm.h>

namespace mote::aot {

namespace {

llvm::Value* assembly(llvm::IRBuilder<>& ir, const char* text, const char* constraints, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::SmallVector<llvm::Type*, 4> types;
  for (const llvm::Value* const operand : operands) types.push_back(operand->getType());
  llvm::FunctionType* const type = llvm::FunctionType::get(operands[0]->getType(), types, false);
  llvm::CallInst* const mask = ir.CreateCall(type, llvm::InlineAsm::get(type, text, constraints, false), operands);
  mask->setDoesNotAccessMemory();
  mask->setDoesNotThrow();
  return mask;
}

// Output 0 begins as operand 1 (the pointer); operands 2 to 4 are value, limit and null.
constexpr const char* pointer_constraints = "=r,0,r,re,r,~{flags}";  // a limit that is known stands in the comparison

}  // namespace

llvm::Value* null_if_above(llvm::IRBuilder<>& ir, llvm::Value* pointer, llvm::Value* value, llvm::Value* limit) {
  return assembly(ir, "cmpq $3, $2\n\tcmovaq $4, $0", pointer_constraints, {pointer, value, limit, ir.getInt64(0)});
}

llvm::Value* null_unless_below(llvm::IRBuilder<>& ir, llvm::Value* pointer, llvm::Value* value, llvm::Value* limit) {
  return assembly(ir, "cmpq $3, $2\n\tcmovaeq $4, $0", pointer_constraints, {pointer, value, limit, ir.getInt64(0)});
}

llvm::Value* at_most(llvm::IRBuilder<>& ir, llvm::Value* value, uint32_t limit) {
  return assembly(ir, "cmpl $2, $0\n\tcmoval $2, $0", "=r,0,r,~{flags}", {value, ir.getInt32(limit)});
}

}  // namespace mote::aot
