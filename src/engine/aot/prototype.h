// MoteCC (engine/code/convention.h) in LLVM's words: prototypes, and how values get into arguments and out of results.
//
// A function type has two prototypes that use the same registers:
//   typed    ret(ptr ctx, its integers…, its vectors…)      integers first, since LLVM numbers registers by class anyway
//   uniform  ret(ptr ctx, i64 × 8, <2 x i64> × 8)           unused positions are poison
// LLVM demands equal prototypes of caller and callee in a guaranteed tail call, so whoever makes a tail call, and whoever is
// named by a direct one, is *defined* uniform (Survey::is_uniform), and every direct call of it uses that prototype: a direct
// call with another prototype than the definition's is undefined behaviour that InstCombine does exploit.
// Tested by tests/abi, which compares the registers with the table of the baseline tier.
#pragma once

#include "engine/code/convention.h"
#include "engine/wasm/module.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/IRBuilder.h>

#include <memory>
#include <unordered_map>
#include <vector>

namespace mote::aot {

// One function type, ready to be called or defined.
struct Signature {
  llvm::FunctionType* typed;
  llvm::FunctionType* uniform;
  std::vector<llvm::Type*> param_types, result_types;  // in the order of the wasm type
  std::vector<code::Place> params, results;
  [[nodiscard]] llvm::FunctionType* prototype(bool is_uniform) const { return is_uniform ? uniform : typed; }
};

class Prototypes {
 public:
  Prototypes(llvm::LLVMContext& context, const wasm::Module& module);

  // i32, i64, float, double, <2 x i64>; references of the func hierarchy are i64, others i32.
  [[nodiscard]] llvm::Type* type(wasm::ValueType type) const;
  [[nodiscard]] const Signature& signature(wasm::TypeIndex type);

  // Turns values into arguments after the context, and what does not fit into stores to `xbuf` (called only then).
  [[nodiscard]] std::vector<llvm::Value*> pack(llvm::IRBuilder<>& ir, const Signature& signature, bool is_uniform,
                                               llvm::Value* context, llvm::ArrayRef<llvm::Value*> values,
                                               llvm::function_ref<llvm::Value*()> xbuf) const;
  // The parameters of a function that is being defined, in the order of the wasm type.
  [[nodiscard]] std::vector<llvm::Value*> unpack(llvm::IRBuilder<>& ir, const Signature& signature, bool is_uniform,
                                                 llvm::Function& function, llvm::function_ref<llvm::Value*()> xbuf) const;
  void emit_return(llvm::IRBuilder<>& ir, const Signature& signature, llvm::ArrayRef<llvm::Value*> values,
                   llvm::function_ref<llvm::Value*()> xbuf) const;
  [[nodiscard]] std::vector<llvm::Value*> unpack_results(llvm::IRBuilder<>& ir, const Signature& signature, llvm::Value* returned,
                                                         llvm::function_ref<llvm::Value*()> xbuf) const;

 private:
  [[nodiscard]] llvm::Type* return_type(const Signature& signature) const;
  [[nodiscard]] llvm::Value* widen(llvm::IRBuilder<>& ir, llvm::Value* value) const;
  [[nodiscard]] llvm::Value* narrow(llvm::IRBuilder<>& ir, llvm::Value* value, llvm::Type* type) const;

  const wasm::Module& module_;
  llvm::Type *i32_, *i64_, *f32_, *f64_, *v128_, *ptr_;
  std::unordered_map<wasm::TypeIndex, std::unique_ptr<Signature>> signatures_;
};

}  // namespace mote::aot
