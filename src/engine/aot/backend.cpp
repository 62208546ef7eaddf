// LLVM's passes and code generators (backend.h).
//
// The pipeline is short on purpose. Guest code was optimised by the compiler that made it, so what pays is promotion of locals,
// removal of repeated address arithmetic and loads, and good instruction selection; a full -O2 takes three times as long for
// equal speed and 35–40 % more code, and its induction variable rewriting doubled the time of one kernel. Never here:
// tailcallelim (turns endless recursion into an endless loop), vectorisers, loop-idiom (makes library calls), the inliner (no
// faster on what we measured, and each frame of a backtrace is one of the stack).
#include "engine/aot/backend.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/aot/compile.h"
#include "engine/aot/locations.h"
#include "engine/aot/nan.h"
#include "engine/aot/unit.h"
#include "engine/aot/widen.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/AliasAnalysis.h>
#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/Analysis/LoopAnalysisManager.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/PassRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Target/TargetOptions.h>
#include <llvm/TargetParser/Triple.h>

#include <array>
#include <mutex>
#include <new>
#include <optional>
#include <string>

namespace mote::aot {

namespace {

constexpr const char* triple = "x86_64-unknown-linux-gnu";

// After promotion of locals (and NaN canonicalisation, which needs that), by effort and level.
constexpr const char* full_passes =
    "early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop(loop-rotate),loop-mssa(licm),gvn,simplifycfg,"
    "instcombine<no-verify-fixpoint>";
constexpr const char* cheap_passes = "early-cse,simplifycfg,instsimplify";

LastWords last_words = nullptr;

void set_up_llvm() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();  // for the masks of spectre.h
    // Merged tails would merge trap sites, and a third of them would lose their offset (+4.5 % code without). And a cmov that
    // reads memory must always read: as a branch around the load it would not trap when the other value is chosen.
    constexpr std::array<const char*, 3> options{"mote-aot", "-enable-tail-merge=false",
                                                 "-x86-cmov-converter-force-mem-operand=false"};
    llvm::cl::ParseCommandLineOptions(options.size(), options.data());
  });
}

std::string cpu_name(uint32_t features) {
  return features == code::cpu_v3 ? "x86-64-v3" : "x86-64-v2";
}

// What the key has beyond the named set.
std::string cpu_extras(uint32_t features) {
  if (features == code::cpu_v3) return {};
  constexpr std::array<std::pair<code::CpuFeature, const char*>, 8> names{{{code::cpu_avx, "+avx"},
                                                                           {code::cpu_avx2, "+avx2"},
                                                                           {code::cpu_bmi1, "+bmi"},
                                                                           {code::cpu_bmi2, "+bmi2"},
                                                                           {code::cpu_lzcnt, "+lzcnt"},
                                                                           {code::cpu_fma, "+fma"},
                                                                           {code::cpu_f16c, "+f16c"},
                                                                           {code::cpu_movbe, "+movbe"}}};
  std::string text;
  for (const auto& [feature, name] : names) {
    if ((features & feature) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

std::unique_ptr<llvm::TargetMachine> make_machine(const code::CodegenKey& key, llvm::CodeGenOptLevel level) {
  std::string error;
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, error);
  ASSERT(target != nullptr);
  llvm::TargetOptions options;
  options.MCOptions.AsmVerbose = false;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu_name(key.cpu_features), cpu_extras(key.cpu_features), options, llvm::Reloc::PIC_, llvm::CodeModel::Small, level));
}

llvm::CodeGenOptLevel level_of(const code::CodegenKey& key) {
  if (key.opt_level == 0) return llvm::CodeGenOptLevel::None;
  if (key.opt_level == 1) return llvm::CodeGenOptLevel::Less;
  return key.opt_level == 2 ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::Aggressive;
}

// Keeps the first error that LLVM reports through its context, instead of printing it and ending the process.
struct ErrorCatcher : llvm::DiagnosticHandler {
  explicit ErrorCatcher(std::optional<std::string>& error) : error(error) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    if (info.getSeverity() != llvm::DS_Error || error) return true;
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    error = text;
    return true;
  }
  std::optional<std::string>& error;
};

// What TargetMachine::addPassesToEmitFile does, with our passes before selection and before the last.
bool add_code_generation(llvm::LLVMTargetMachine& machine, llvm::legacy::PassManager& passes, llvm::raw_pwrite_stream& stream) {
  auto* const module_info = new llvm::MachineModuleInfoWrapperPass(&machine);  // the pass manager owns its passes
  llvm::TargetPassConfig* const config = machine.createPassConfig(passes);
  passes.add(config);
  passes.add(module_info);
  if (machine.getOptLevel() != llvm::CodeGenOptLevel::None) {
    const auto* const preparation = llvm::PassRegistry::getPassRegistry()->getPassInfo(llvm::StringRef("codegenprepare"));
    ASSERT(preparation != nullptr);
    config->insertPass(preparation->getTypeInfo(), make_address_pass());  // behind everything that would undo it
  }
  if (config->addISelPasses()) return false;
  config->addMachinePasses();
  config->setDisableVerify(true);
  config->setInitialized();
  passes.add(make_location_pass());
  if (machine.addAsmPrinter(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile, module_info->getMMI().getContext()))
    return false;
  passes.add(llvm::createFreeMachineFunctionPass());
  return true;
}

}  // namespace

void set_last_words(LastWords handler) {
  last_words = handler;
  llvm::install_fatal_error_handler([](void*, const char* reason, bool) { last_words(ErrorKind::internal, reason); });
  llvm::install_bad_alloc_error_handler([](void*, const char* reason, bool) { last_words(ErrorKind::unavailable, reason); });
  std::set_new_handler([] { last_words(ErrorKind::unavailable, "out of memory"); });
}

// The analysis managers refer to each other, so their order here is theirs in every use of LLVM's pass manager.
struct Backend::State {
  explicit State(const code::CodegenKey& key)
      : key(key), machine(make_machine(key, level_of(key))), library(llvm::Triple(triple)), builder(machine.get()) {
    library.disableAllFunctions();
    functions.registerPass([this] { return llvm::TargetLibraryAnalysis(library); });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    parse(promote, "sroa");
    parse(cheap, cheap_passes);
    parse(full, key.opt_level == 1 ? cheap_passes : full_passes);
    if (key.opt_level == 3) parse(full, full_passes);  // what the first round laid open
  }

  void parse(llvm::FunctionPassManager& passes, const char* text) {
    llvm::Error error = builder.parsePassPipeline(passes, text);
    const bool is_parsed = !error;
    llvm::consumeError(std::move(error));
    ASSERT(is_parsed);
  }

  void optimize(Unit& unit);
  void optimize(llvm::Function& function, Effort effort);
  Result<std::vector<uint8_t>> emit(Unit& unit);
  llvm::TargetMachine& machine_for(const Partition& partition);

  code::CodegenKey key;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::TargetMachine> linear_machine;  // for huge functions; made when the first comes
  llvm::TargetLibraryInfoImpl library;
  llvm::PassBuilder builder;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::FunctionPassManager promote, cheap, full;
};

llvm::TargetMachine& Backend::State::machine_for(const Partition& partition) {
  if (!partition.is_huge) return *machine;
  if (!linear_machine) linear_machine = make_machine(key, llvm::CodeGenOptLevel::None);
  return *linear_machine;
}

void Backend::State::optimize(Unit& unit) {
  const uint32_t first = unit.source().module.imported_funcs;
  for (uint32_t own = unit.partition().first; own < unit.partition().last; ++own) {
    llvm::Function& function = unit.function(first + own);
    optimize(function, unit.source().survey.effort[own]);
    if (unit.has_volatile_state()) annotate_locations(function);
    functions.clear(function, "");
  }
  loops.clear();
  functions.clear();
  components.clear();
  modules.clear();
}

void Backend::State::optimize(llvm::Function& function, Effort effort) {
  const bool is_optimized = key.opt_level > 0 && effort != Effort::none;
  if (is_optimized) (void)promote.run(function, functions);
  if (key.canonical_nans) {
    canonicalize_nans(function);
    functions.invalidate(function, llvm::PreservedAnalyses::none());
  }
  if (is_optimized) (void)(effort == Effort::full ? full : cheap).run(function, functions);
}

Result<std::vector<uint8_t>> Backend::State::emit(Unit& unit) {
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(library));
  if (!add_code_generation(static_cast<llvm::LLVMTargetMachine&>(machine_for(unit.partition())), passes, stream)) {
    return fail(ErrorKind::internal, "this LLVM cannot emit x86-64 objects");
  }
  passes.run(unit.module());
  return std::vector<uint8_t>(object.begin(), object.end());
}

Backend::Backend(const code::CodegenKey& key) {
  set_up_llvm();
  state_ = std::make_unique<State>(key);
}
Backend::~Backend() = default;
Backend::Backend(Backend&&) noexcept = default;
Backend& Backend::operator=(Backend&&) noexcept = default;

const code::CodegenKey& Backend::key() const {
  return state_->key;
}

Result<std::vector<uint8_t>> Backend::compile(const Source& source, const Partition& partition) {
  std::optional<std::string> error;
  llvm::LLVMContext context;
  context.setDiscardValueNames(true);
  context.setDiagnosticHandler(std::make_unique<ErrorCatcher>(error));
  Unit unit(context, source, partition);
  llvm::TargetMachine& machine = state_->machine_for(partition);
  unit.module().setTargetTriple(triple);
  unit.module().setDataLayout(machine.createDataLayout());
  TRY(unit.translate());
#ifndef NDEBUG
  std::string broken;
  llvm::raw_string_ostream stream(broken);
  if (llvm::verifyModule(unit.module(), &stream))
    return fail(ErrorKind::internal, format("LLVM refuses our code: {}", stream.str()));
#endif
  state_->optimize(unit);
  Result<std::vector<uint8_t>> object = state_->emit(unit);
  if (error) return fail(ErrorKind::internal, format("LLVM: {}", *error));
  return object;
}

}  // namespace mote::aot
