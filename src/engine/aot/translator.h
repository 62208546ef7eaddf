// FuncTranslator: the walker's consumer that writes one function as LLVM IR.
//
// Locals are allocas (SROA promotes them) whose values are remembered until paths merge, the operand stack holds SSA values, blocks
// merge by phis. It is told valid, reachable instructions only, so it has no error paths. By subject: translator.cpp (dispatch,
// locals, control), translate_memory.cpp, translate_atomic.cpp, translate_call.cpp, translate_table.cpp; numerics are lower.h's.
// Each instruction that can trap, fault or call carries its offset in the module as its debug line; the others carry none. The
// rules and their reasons: docs/internals/optimizing-tier.md. Tested by tests/spec and the differential runs.
#pragma once

#include "engine/aot/unit.h"
#include "engine/code/abi.h"
#include "engine/wasm/instruction.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>

#include <span>
#include <vector>

namespace mote::aot {

class FuncTranslator {
 public:
  FuncTranslator(Unit& unit, wasm::FuncIndex func);
  void instruction(const wasm::Instruction& instruction);

 private:
  static constexpr uint32_t first_known = 1;

  // A block, loop or if that was begun, or the function itself.
  struct Label {
    enum class Kind : uint8_t { block, loop, if_, function };
    Kind kind;
    llvm::BasicBlock* target;                     // where a branch goes: a loop's header, else what follows the end
    llvm::SmallVector<llvm::PHINode*, 2> merged;  // what it brings there
    size_t height;                                // of the operand stack below the block's parameters
    wasm::BlockType type;
    llvm::BasicBlock* otherwise = nullptr;  // if: its else part, until that was begun
    std::vector<llvm::Value*> params = {};  // if: for the else part
  };
  // A local's value, where that is known: until paths merge, gets and sets need no memory. (Promotion would find the same; doing
  // it at once halves what it has to look at, and serves functions too large for it.) A local exists from its first use, for a
  // few bytes can declare 50,000; its home in the frame only when a value must outlive a merge.
  struct Local {
    llvm::Value* initial = nullptr;
    llvm::AllocaInst* home = nullptr;
    llvm::Value* value = nullptr;
    uint32_t known = 0;
    bool is_saved = true;
  };
  using Comparisons = llvm::SmallVector<std::pair<llvm::Value*, llvm::Value*>, 2>;
  // A table, as seen from this function.
  struct Extent {
    llvm::Value* base;
    llvm::Value* length;
  };
  struct Callee {
    const Signature& signature;
    llvm::Value* code;
    llvm::Value* context;
    bool is_uniform;
  };

  // translator.cpp
  void begin_function();
  bool control(const wasm::Instruction& instruction);
  bool variable(const wasm::Instruction& instruction);
  bool reference(const wasm::Instruction& instruction);
  void numeric(const wasm::Instruction& instruction);
  void begin_block(const wasm::Instruction& instruction);
  void begin_else(const wasm::Instruction& instruction);
  void end_block(const wasm::Instruction& instruction);
  void end_function();
  void branch(uint32_t depth);
  void branch_if(llvm::Value* condition, uint32_t depth, llvm::MDNode* weights);
  void branch_table(std::span<const uint32_t> depths);
  void bring(Label& label);
  [[nodiscard]] llvm::MDNode* hint();
  [[nodiscard]] Local& local(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* get_local(const wasm::Instruction& instruction);
  void set_local(const wasm::Instruction& instruction, llvm::Value* value);
  [[nodiscard]] llvm::AllocaInst* home(Local& local);
  void save_locals();
  void forget_locals();
  void global_get(const wasm::Instruction& instruction);
  void global_set(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* global_address(wasm::GlobalIndex index);
  void charge_fuel(const wasm::Instruction& instruction);
  void poll();

  // translate_memory.cpp
  bool memory(const wasm::Instruction& instruction);
  bool scalar_load(const wasm::Instruction& instruction);
  bool scalar_store(const wasm::Instruction& instruction);
  bool vector_access(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* address(const wasm::MemArg& memarg, llvm::Value* index, uint32_t size);
  [[nodiscard]] Comparisons check_bounds(const wasm::MemArg& memarg, llvm::Value* index, uint32_t size);
  [[nodiscard]] llvm::Value* load(const wasm::MemArg& memarg, llvm::Type* type);
  void store(const wasm::MemArg& memarg, llvm::Value* value);
  [[nodiscard]] llvm::Value* memory_base(wasm::MemoryIndex index);
  [[nodiscard]] llvm::Value* memory_length(wasm::MemoryIndex index);
  [[nodiscard]] bool may_fault(wasm::MemoryIndex index) const;
  [[nodiscard]] bool is_shared(wasm::MemoryIndex index) const { return module().memories[index].limits.is_shared; }
  [[nodiscard]] bool is_memory64(wasm::MemoryIndex index) const;

  // translate_atomic.cpp
  bool atomic(const wasm::Instruction& instruction);
  void atomic_load(const wasm::Instruction& instruction);
  void atomic_store(const wasm::Instruction& instruction);
  void atomic_update(const wasm::Instruction& instruction);
  void atomic_exchange_if_equal(const wasm::Instruction& instruction);
  void wait_or_notify(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* atomic_address(const wasm::MemArg& memarg, uint32_t size);
  void push_extended(const wasm::Instruction& instruction, llvm::Value* value);

  // translate_table.cpp
  bool table(const wasm::Instruction& instruction);
  [[nodiscard]] Extent table_extent(wasm::TableIndex index);
  [[nodiscard]] llvm::Value* table_element(wasm::TableIndex table, llvm::Value* index, code::TrapCode otherwise);
  [[nodiscard]] llvm::Value* resolve(wasm::TableIndex table, llvm::Value* index, llvm::Value* entry,
                                     llvm::function_ref<void(llvm::Value*)> inspect);
  [[nodiscard]] llvm::Value* null_funcref();
  [[nodiscard]] bool is_table64(wasm::TableIndex index) const;

  // translate_call.cpp
  bool call(const wasm::Instruction& instruction);
  [[nodiscard]] Callee direct_callee(wasm::FuncIndex index);
  [[nodiscard]] Callee indirect_callee(wasm::TableIndex table, wasm::TypeIndex type, llvm::Value* index);
  [[nodiscard]] Callee referenced_callee(wasm::TypeIndex type, llvm::Value* reference);
  [[nodiscard]] Callee callee_of(llvm::Value* funcref, wasm::TypeIndex type);
  void check_type(llvm::Value* funcref, wasm::TypeIndex type);
  void emit_call(const Callee& callee);
  void emit_tail_call(const Callee& callee);
  llvm::Value* builtin(code::Builtin builtin, llvm::ArrayRef<llvm::Value*> arguments);
  [[nodiscard]] llvm::Value* xbuf();

  // Shared by all subjects.
  void push(llvm::Value* value) { stack_.push_back(value); }
  [[nodiscard]] llvm::Value* pop();
  [[nodiscard]] llvm::Value* pop_address(bool is_64);  // zero-extended to 64 bits
  void trap(code::TrapCode code);                      // ends the block
  void trap_if(llvm::Value* condition, code::TrapCode code);
  // Runs `body` in a block of its own when `condition` holds, off the likely path; then goes on.
  void if_unlikely(llvm::Value* condition, llvm::function_ref<void()> body);
  [[nodiscard]] llvm::Value* at(llvm::Value* base, uint64_t offset);
  [[nodiscard]] llvm::Value* load_invariant(llvm::Type* type, llvm::Value* base, uint64_t offset);
  [[nodiscard]] llvm::Value* load_plain(llvm::Type* type, llvm::Value* pointer, Region region, uint64_t alignment);
  void store_plain(llvm::Value* value, llvm::Value* pointer, Region region, uint64_t alignment);  // guest-visible state
  [[nodiscard]] llvm::BasicBlock* new_block(bool is_placed = true);
  template <class Instruction>
  Instruction* locate(Instruction* instruction);  // gives it the current offset
  [[nodiscard]] const wasm::Module& module() const { return unit_.source().module; }
  [[nodiscard]] const code::InstanceLayout& layout() const { return unit_.source().layout; }
  [[nodiscard]] const code::CodegenKey& key() const { return unit_.source().key; }

  Unit& unit_;
  wasm::FuncIndex func_;
  const Signature& signature_;
  llvm::Function& function_;
  llvm::DISubprogram& subprogram_;
  llvm::IRBuilder<> ir_;
  llvm::Value* vmctx_;
  llvm::BranchInst* entry_end_ = nullptr;  // ends the entry block; what is loaded once per call goes before it
  std::vector<llvm::Value*> memory_bases_;
  std::vector<llvm::Value*> params_;
  llvm::DenseMap<wasm::LocalIndex, Local> locals_;
  std::vector<wasm::LocalIndex> unsaved_locals_;
  uint32_t locals_known_ = first_known;  // what a Local's `known` must be for its value to hold here
  std::vector<llvm::Value*> stack_;
  std::vector<Label> labels_;
  uint64_t offset_ = 0;                   // of the current instruction
  llvm::DILocation* location_ = nullptr;  // made from it when first needed
  uint32_t pending_fuel_ = 0;
  uint32_t hints_read_ = 0;
  uint32_t run_ = 0;  // instructions in the current block, where blocks are kept short
};

template <class Instruction>
Instruction* FuncTranslator::locate(Instruction* instruction) {
  if (!location_) location_ = llvm::DILocation::get(unit_.context(), static_cast<unsigned>(offset_), 0, &subprogram_);
  instruction->setDebugLoc(location_);
  return instruction;
}

}  // namespace mote::aot
