// Compiles small functions in this process, for the tests of lowering: the way the tier does it (short pipeline, one of the two
// named CPU levels), but through LLVM's JIT. No symbol of the process is visible to generated code, so a library call of any
// kind fails the test that made it.
#pragma once

#include "engine/aot/lower.h"
#include "engine/aot/lower_reference.h"

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mote::aot {

// (operands, results): the trap code, or 0.
using Compiled = uint32_t (*)(const Bits* operands, Bits* results);

class JitModule {
 public:
  explicit JitModule(const code::CodegenKey& key);

  // Builds a function: `body` gets the lowering and the addresses of operands and results; what it returns in i32 is not needed.
  using Body = std::function<void(const Lowering& lowering, llvm::Value* operands, llvm::Value* results)>;
  void add(const std::string& name, const Body& body);
  // Canonicalises and, unless key.opt_level is 0, optimises. Empty on success, else what the verifier says.
  [[nodiscard]] std::string optimize();
  // After optimize(): compiles all functions. Empty on success, else what went wrong (an undefined symbol, by name).
  [[nodiscard]] std::string compile();
  [[nodiscard]] Compiled get(const std::string& name);
  [[nodiscard]] llvm::Module& module() { return *module_; }

  static llvm::Value* load(const Lowering& lowering, llvm::Value* base, uint32_t slot, llvm::Type* type);
  static void store(const Lowering& lowering, llvm::Value* base, uint32_t slot, llvm::Value* value);

 private:
  code::CodegenKey key_;
  std::unique_ptr<llvm::LLVMContext> context_;
  std::unique_ptr<llvm::Module> module_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

// The keys worth testing on this machine: v2 and, where it runs, v3; deterministic relaxed SIMD; canonical NaNs.
[[nodiscard]] std::vector<code::CodegenKey> test_keys();

}  // namespace mote::aot
