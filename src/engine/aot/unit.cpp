// The LLVM module of one partition (unit.h).
//
// Every function of the module gets the same attributes; why each is there or absent is said where they are made. Debug
// information is the least that carries offsets: one subprogram a function, whose lines are byte offsets in the module.
// Tested by compile_test.cpp.
#include "engine/aot/unit.h"

#include "base/core/format.h"
#include "engine/aot/translator.h"
#include "engine/wasm/walk.h"

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/Attributes.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>

namespace mote::aot {

namespace {

// Every function's attributes. What is absent matters as much: no mustprogress and no willreturn, for an endless loop is a program
// and endless recursion must exhaust the stack.
llvm::AttributeList function_attributes(llvm::LLVMContext& context, bool has_handlers) {
  llvm::AttrBuilder attributes(context);
  if (!has_handlers) attributes.addAttribute(llvm::Attribute::NoUnwind);  // else LLVM would not believe in its landing pads
  attributes.addAttribute(llvm::Attribute::StrictFP);                     // numerics use constrained intrinsics
  attributes.addAttribute(llvm::Attribute::NullPointerIsValid);           // address 0 may be where a linear memory begins
  attributes.addUWTableAttr(llvm::UWTableKind::Async);   // exact frame rows, for traps inside prologues and epilogues
  attributes.addAttribute("frame-pointer", "all");       // unwinding walks frame pointers
  attributes.addAttribute("no-realign-stack");           // so that the frame's shape is fixed
  attributes.addAttribute("no-builtins");                // nothing here is the C library's
  attributes.addAttribute("probe-stack", "inline-asm");  // no frame may step over the guard region
  return llvm::AttributeList::get(context, llvm::AttributeList::FunctionIndex, attributes);
}

bool may_fault(const Source& source) {
  return source.key.memory == code::MemoryMode::guard &&
         std::ranges::any_of(source.module.memories,
                             [](const wasm::MemoryType& memory) { return memory.limits.address == wasm::AddressType::i32; });
}

}  // namespace

Unit::Unit(llvm::LLVMContext& context, const Source& source, const Partition& partition)
    : source_(source),
      partition_(partition),
      module_("wasm", context),
      debug_(module_),
      prototypes_(context, source.module),
      attributes_(function_attributes(context, source.survey.has_handlers)),
      has_volatile_state_(may_fault(source)) {
  make_metadata();
  // Declared in order: LLVM emits functions in the order of declaration, and the linker wants them ascending.
  for (uint32_t own = partition.first; own < partition.last; ++own) (void)function(source.module.imported_funcs + own);
}

void Unit::make_metadata() {
  llvm::MDBuilder builder(context());
  llvm::MDNode* const root = builder.createTBAARoot("mote");
  constexpr std::array<const char*, static_cast<size_t>(Region::count)> names{"memory", "context", "table", "heap", "roots"};
  for (size_t i = 0; i < names.size(); ++i) {
    llvm::MDNode* const type = builder.createTBAAScalarTypeNode(names[i], root);
    regions_[i] = builder.createTBAAStructTagNode(type, type, 0);
  }
  invariant_ = llvm::MDNode::get(context(), {});
  unlikely_ = builder.createBranchWeights(1, 1048575);
  likely_ = builder.createBranchWeights(1048575, 1);

  module_.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  module_.addModuleFlag(llvm::Module::Warning, "Dwarf Version", 5);
  module_.setPICLevel(llvm::PICLevel::SmallPIC);
  file_ = debug_.createFile("wasm", "");
  debug_.createCompileUnit(llvm::dwarf::DW_LANG_C99, file_, "mote", true, "", 0, "", llvm::DICompileUnit::LineTablesOnly);
  subroutine_type_ = debug_.createSubroutineType(debug_.getOrCreateTypeArray({}));
}

llvm::Function& Unit::function(wasm::FuncIndex index) {
  llvm::Function*& function = functions_[index];
  if (function) return *function;
  const Signature& signature = prototypes_.signature(source_.module.funcs[index]);
  const std::string name = format("f{}", index - source_.module.imported_funcs);
  function = llvm::Function::Create(signature.prototype(source_.survey.is_uniform[index]), llvm::GlobalValue::ExternalLinkage, name,
                                    module_);
  function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  function->setDSOLocal(true);
  function->setCallingConv(llvm::CallingConv::PreserveNone);
  function->setAttributes(attributes_);
  function->setAlignment(llvm::Align(16));
  return *function;
}

// "Lines" are byte offsets in the wasm module: one subprogram per function, no other debug information.
llvm::DISubprogram& Unit::subprogram(wasm::FuncIndex index) {
  const auto line = static_cast<unsigned>(source_.module.bodies[index - source_.module.imported_funcs].offset);
  llvm::DISubprogram* const subprogram =
      debug_.createFunction(file_, "", "", file_, line, subroutine_type_, line, llvm::DINode::FlagZero,
                            llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized);
  function(index).setSubprogram(subprogram);
  return *subprogram;
}

llvm::Function& Unit::personality() {
  constexpr const char* name = "mote_personality";
  if (llvm::Function* const known = module_.getFunction(name)) return *known;
  return *llvm::Function::Create(llvm::FunctionType::get(llvm::Type::getInt32Ty(context()), true),
                                 llvm::GlobalValue::ExternalLinkage, name, module_);
}

Result<void> Unit::translate() {
  wasm::Walker walker(source_.module);
  for (uint32_t own = partition_.first; own < partition_.last; ++own) {
    const wasm::FuncIndex func = source_.module.imported_funcs + own;
    FuncTranslator translator(*this, walker, func);
    TRY(wasm::walk(walker, func, translator));
  }
  debug_.finalize();
  return {};
}

}  // namespace mote::aot
