// Unit: one partition on its way through LLVM: its module, the declarations of what it calls, and what all its functions share
// (attributes, metadata, debug information). A Unit is used by one thread; nothing in it is shared with another.
#pragma once

#include "engine/aot/prototype.h"
#include "engine/aot/survey.h"
#include "engine/code/codegen_key.h"
#include "engine/code/instance_layout.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include <array>
#include <vector>

namespace mote::aot {

// What every partition of a module is compiled from. Borrowed, read only, shared by all threads.
struct Source {
  const wasm::Module& module;
  const Survey& survey;
  const code::InstanceLayout& layout;
  const code::CodegenKey& key;
};

// What an access touches. Accesses of different regions never alias (told to LLVM as TBAA).
enum class Region : uint8_t {
  memory,   // linear memory
  context,  // vmctx, store, globals
  table,    // elements
  heap,     // objects
  roots,    // a frame's references (translate_roots.cpp)
  count,
};

class Unit {
 public:
  Unit(llvm::LLVMContext& context, const Source& source, const Partition& partition);

  // Translates every function of the partition. Bodies are valid (survey), so only a bug of ours makes this fail.
  [[nodiscard]] Result<void> translate();

  [[nodiscard]] llvm::LLVMContext& context() { return module_.getContext(); }
  [[nodiscard]] llvm::Module& module() { return module_; }
  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] const Partition& partition() const { return partition_; }
  [[nodiscard]] Prototypes& prototypes() { return prototypes_; }

  // The LLVM function of an own function, declared on first use.
  [[nodiscard]] llvm::Function& function(wasm::FuncIndex index);
  [[nodiscard]] llvm::DISubprogram& subprogram(wasm::FuncIndex index);
  // What stands in for the C++ personality where a function has landing pads; nothing refers to it in the end.
  [[nodiscard]] llvm::Function& personality();

  [[nodiscard]] llvm::MDNode* region(Region region) const { return regions_[static_cast<size_t>(region)]; }
  [[nodiscard]] llvm::MDNode* invariant() const { return invariant_; }  // for !invariant.load
  [[nodiscard]] llvm::MDNode* unlikely() const { return unlikely_; }    // branch weights 1:1048575
  [[nodiscard]] llvm::MDNode* likely() const { return likely_; }
  // Whether guest-visible state is stored by volatile stores: wherever an access may fault, since LLVM may assume that execution
  // continues after a volatile load and then drops stores that a later one overwrites.
  [[nodiscard]] bool has_volatile_state() const { return has_volatile_state_; }

 private:
  void make_metadata();

  const Source& source_;
  const Partition& partition_;
  llvm::Module module_;
  llvm::DIBuilder debug_;
  Prototypes prototypes_;
  llvm::AttributeList attributes_;
  llvm::DIFile* file_ = nullptr;
  llvm::DISubroutineType* subroutine_type_ = nullptr;
  std::array<llvm::MDNode*, static_cast<size_t>(Region::count)> regions_{};
  llvm::MDNode *invariant_ = nullptr, *unlikely_ = nullptr, *likely_ = nullptr;
  bool has_volatile_state_;
  std::unordered_map<wasm::FuncIndex, llvm::Function*> functions_;
};

}  // namespace mote::aot
