// See jit_test.h.
#include "engine/aot/jit_test.h"

#include "base/core/assert.h"
#include "engine/aot/nan.h"

#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>

namespace mote::aot {
namespace {

constexpr const char* triple = "x86_64-unknown-linux-gnu";
constexpr const char* pipeline =
    "function(early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop(loop-rotate),loop-mssa(licm),gvn,simplifycfg,"
    "instcombine<no-verify-fixpoint>)";

std::string text(llvm::Error error) {
  return llvm::toString(std::move(error));
}

llvm::orc::JITTargetMachineBuilder target(const code::CodegenKey& key) {
  llvm::orc::JITTargetMachineBuilder builder{llvm::Triple(triple)};
  builder.setCPU((key.cpu_features & code::cpu_avx2) != 0 ? "x86-64-v3" : "x86-64-v2");
  builder.setRelocationModel(llvm::Reloc::PIC_);
  builder.setCodeGenOptLevel(key.opt_level == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default);
  return builder;
}

void run_passes(llvm::Module& module, llvm::TargetMachine& machine, const char* text) {
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::TargetLibraryInfoImpl library;
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  ASSERT(!builder.parsePassPipeline(passes, text));
  passes.run(module, modules);
}

}  // namespace

JitModule::JitModule(const code::CodegenKey& key) : key_(key), context_(std::make_unique<llvm::LLVMContext>()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  module_ = std::make_unique<llvm::Module>("test", *context_);
  jit_ = llvm::cantFail(llvm::orc::LLJITBuilder()
                            .setJITTargetMachineBuilder(target(key))
                            .setLinkProcessSymbolsByDefault(false)
                            .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                            .create());
  module_->setDataLayout(jit_->getDataLayout());
  module_->setTargetTriple(triple);
}

void JitModule::add(const std::string& name, const Body& body) {
  llvm::IRBuilder<> ir(*context_);
  auto* type = llvm::FunctionType::get(ir.getInt32Ty(), {ir.getPtrTy(), ir.getPtrTy()}, false);
  auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, *module_);
  function->addFnAttr(llvm::Attribute::StrictFP);
  function->addFnAttr("no-builtins");
  ir.SetInsertPoint(llvm::BasicBlock::Create(*context_, "", function));
  auto trap_if = [&](llvm::Value* condition, code::TrapCode trap) {
    auto* trapped = llvm::BasicBlock::Create(*context_, "", function);
    auto* next = llvm::BasicBlock::Create(*context_, "", function);
    ir.CreateCondBr(condition, trapped, next);
    ir.SetInsertPoint(trapped);
    ir.CreateRet(ir.getInt32(static_cast<uint32_t>(trap)));
    ir.SetInsertPoint(next);
  };
  body(Lowering{ir, key_, trap_if}, function->getArg(0), function->getArg(1));
  ir.CreateRet(ir.getInt32(0));
}

std::string JitModule::optimize() {
  std::string problems;
  llvm::raw_string_ostream stream(problems);
  if (llvm::verifyModule(*module_, &stream)) return problems;
  auto machine = llvm::cantFail(target(key_).createTargetMachine());
  if (key_.opt_level > 0) run_passes(*module_, *machine, "function(sroa)");
  if (key_.canonical_nans != 0) {
    for (llvm::Function& function : *module_) canonicalize_nans(function);
    if (llvm::verifyModule(*module_, &stream)) return problems;
  }
  if (key_.opt_level > 0) run_passes(*module_, *machine, pipeline);
  return problems;
}

std::string JitModule::compile() {
  std::vector<std::string> names;
  for (llvm::Function& function : *module_) {
    if (!function.isDeclaration()) names.push_back(function.getName().str());
  }
  if (llvm::Error error = jit_->addIRModule({std::move(module_), std::move(context_)})) return text(std::move(error));
  for (const std::string& name : names) {
    if (auto symbol = jit_->lookup(name); !symbol) return text(symbol.takeError());
  }
  return "";
}

Compiled JitModule::get(const std::string& name) {
  return llvm::cantFail(jit_->lookup(name)).toPtr<Compiled>();
}

llvm::Value* JitModule::load(const Lowering& lowering, llvm::Value* base, uint32_t slot, llvm::Type* type) {
  return lowering.ir.CreateAlignedLoad(type, lowering.ir.CreateConstGEP1_32(lowering.ir.getInt8Ty(), base, slot * 16),
                                       llvm::Align(8));
}

void JitModule::store(const Lowering& lowering, llvm::Value* base, uint32_t slot, llvm::Value* value) {
  lowering.ir.CreateAlignedStore(value, lowering.ir.CreateConstGEP1_32(lowering.ir.getInt8Ty(), base, slot * 16), llvm::Align(8));
}

std::vector<code::CodegenKey> test_keys() {
  std::vector<code::CodegenKey> keys;
  for (uint32_t features : {code::cpu_v2, code::cpu_v3}) {
    if (features == code::cpu_v3 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) continue;
    keys.push_back({.cpu_features = features});
    keys.push_back({.deterministic_relaxed_simd = 1, .cpu_features = features});
    keys.push_back({.canonical_nans = 1, .cpu_features = features});
    keys.push_back({.opt_level = 0, .cpu_features = features});
  }
  return keys;
}

}  // namespace mote::aot
