// FuncTranslator: the walker's consumer that writes one function as LLVM IR.
//
// Locals are allocas (SROA promotes them) whose values are remembered until paths merge, the operand stack holds SSA values, blocks
// merge by phis. It is told valid, reachable instructions only, so it has no error paths. By subject: translator.cpp (dispatch,
// locals, control), translate_memory.cpp, translate_atomic.cpp, translate_call.cpp, translate_table.cpp,
// translate_object.cpp, translate_cast.cpp, translate_exception.cpp, translate_roots.cpp; numerics are lower.h's.
// Each instruction that can trap, fault or call carries its offset in the module as its debug line; the others carry none. The
// rules and their reasons: docs/internals/optimizing-tier.md. Tested by tests/spec and the differential runs.
#pragma once

#include "engine/aot/unit.h"
#include "engine/code/abi.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/walk.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>

#include <span>
#include <vector>

namespace mote::aot {

class FuncTranslator {
 public:
  FuncTranslator(Unit& unit, const wasm::Walker& walker, wasm::FuncIndex func);
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
    uint32_t handler = no_handler;          // try_table: in handlers_
  };
  static constexpr uint32_t no_handler = UINT32_MAX;
  // A try_table. Calls in it unwind to `pad`, which hands the exception to `dispatch`, as do the pads of try_tables inside it.
  struct Handler {
    uint32_t outer;  // the one around it
    size_t height;   // of the operand stack below its parameters
    llvm::BasicBlock* pad;
    llvm::BasicBlock* dispatch;
    llvm::PHINode* exception;
    std::vector<wasm::Catch> clauses;
  };
  // A local's value, where that is known: until paths merge, gets and sets need no memory. (Promotion would find the same; doing
  // it at once halves what it has to look at, and serves functions too large for it.) A local exists from its first use, for a
  // few bytes can declare 50,000; its home in the frame only when a value must outlive a merge.
  struct Local {
    llvm::Value* initial = nullptr;
    llvm::Value* home = nullptr;
    llvm::Value* value = nullptr;
    uint32_t known = 0;
    bool is_saved = true;
    bool is_rooted = false;  // its home is in the frame's roots
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
  [[nodiscard]] llvm::Value* home(Local& local);
  void save_locals();
  void save_rooted_locals();
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

  // translate_object.cpp
  bool object(const wasm::Instruction& instruction);
  void struct_new(const wasm::Instruction& instruction);
  void struct_get(const wasm::Instruction& instruction);
  void struct_set(const wasm::Instruction& instruction);
  void array_new(const wasm::Instruction& instruction);
  void array_get(const wasm::Instruction& instruction);
  void array_set(const wasm::Instruction& instruction);
  void array_bulk(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* make_in_place(wasm::TypeIndex type, uint32_t bytes);
  [[nodiscard]] llvm::Value* make(code::Builtin builtin, llvm::ArrayRef<llvm::Value*> arguments);
  [[nodiscard]] llvm::Value* object_at(llvm::Value* reference, uint64_t offset);
  [[nodiscard]] llvm::Value* pop_object(wasm::ValueType type, code::TrapCode null);
  [[nodiscard]] llvm::Value* element(wasm::TypeIndex type, llvm::Value* array, llvm::Value* index);
  [[nodiscard]] llvm::Value* load_field(const wasm::FieldType& field, bool is_signed, llvm::Value* place);
  void store_field(const wasm::FieldType& field, llvm::Value* value, llvm::Value* place);
  [[nodiscard]] std::pair<llvm::Value*, llvm::Value*> as_integers(llvm::Value* value);
  [[nodiscard]] llvm::Value* type_id(wasm::TypeIndex type);

  // translate_cast.cpp
  bool cast(const wasm::Instruction& instruction);
  [[nodiscard]] llvm::Value* matches(llvm::Value* reference, wasm::ValueType target, wasm::ValueType source);
  [[nodiscard]] llvm::Value* matches_heap(llvm::Value* reference, wasm::HeapType target, wasm::HeapType source);
  [[nodiscard]] llvm::Value* matches_concrete(llvm::Value* type, wasm::TypeIndex target);
  // `condition` and, only looked at where that holds, `further`; or `condition` or else `further`.
  [[nodiscard]] llvm::Value* and_then(llvm::Value* condition, llvm::function_ref<llvm::Value*()> further);
  [[nodiscard]] llvm::Value* or_else(llvm::Value* condition, llvm::function_ref<llvm::Value*()> further);
  [[nodiscard]] llvm::Value* choose(llvm::Value* condition, bool goes_on_if, llvm::function_ref<llvm::Value*()> further);

  // translate_exception.cpp
  bool exception(const wasm::Instruction& instruction);
  void begin_try(const wasm::Instruction& instruction);
  void finish_try(const Handler& handler, bool is_reachable);
  void write_clause(const wasm::Catch& clause, llvm::Value* exception);
  void throw_tag(wasm::TagIndex tag);
  void throw_reference(llvm::Value* exception);
  // A call in the current try_table, if there is one; goes on behind it.
  [[nodiscard]] llvm::CallBase* call_or_invoke(llvm::FunctionType* type, llvm::Value* code, llvm::ArrayRef<llvm::Value*> arguments);

  // translate_roots.cpp
  void before_safepoint(size_t kept);  // what of the first `kept` operands may move is put into the roots
  void after_safepoint();
  void root_operands(size_t kept);
  [[nodiscard]] bool is_collected_at(size_t place) const;
  [[nodiscard]] llvm::Value* operand_root(size_t number);
  [[nodiscard]] llvm::Value* local_root();
  [[nodiscard]] llvm::Value* load_root(llvm::Value* place);
  void store_root(llvm::Value* value, llvm::Value* place);
  void finish_roots();
  void materialize(size_t first);  // operands from here on are values, and not in the roots
  void shrink(size_t height);      // of the operand stack
  [[nodiscard]] bool has_roots() const { return unit_.source().survey.has_safepoints[func_ - module().imported_funcs]; }
  [[nodiscard]] bool is_collected(wasm::ValueType type) const { return code::is_collected(module(), type); }

  // translate_call.cpp
  bool call(const wasm::Instruction& instruction);
  [[nodiscard]] Callee direct_callee(wasm::FuncIndex index);
  [[nodiscard]] Callee indirect_callee(wasm::TableIndex table, wasm::TypeIndex type, llvm::Value* index);
  [[nodiscard]] Callee referenced_callee(wasm::TypeIndex type, llvm::Value* reference);
  [[nodiscard]] Callee callee_of(llvm::Value* funcref, wasm::TypeIndex type);
  void check_type(llvm::Value* funcref, wasm::TypeIndex type);
  void emit_call(const Callee& callee);
  void emit_call_among(std::span<const KnownElement> elements, const wasm::Instruction& instruction, llvm::Value* index);
  [[nodiscard]] std::span<const KnownElement> known_elements(const wasm::Instruction& instruction) const;
  [[nodiscard]] std::vector<llvm::Value*> call_with(const Callee& callee, size_t first);
  void emit_tail_call(const Callee& callee);
  llvm::Value* builtin(code::Builtin builtin, llvm::ArrayRef<llvm::Value*> arguments);
  [[nodiscard]] llvm::Value* xbuf();

  // Shared by all subjects.
  void push(llvm::Value* value) { stack_.push_back(value); }
  [[nodiscard]] llvm::Value* pop();
  [[nodiscard]] llvm::Value* top() {
    materialize(stack_.size() - 1);
    return stack_.back();
  }
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
  const wasm::Walker& walker_;
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
  std::vector<wasm::LocalIndex> unsaved_locals_, unsaved_rooted_;
  uint32_t locals_known_ = first_known;  // what a Local's `known` must be for its value to hold here; of rooted ones:
  uint32_t rooted_known_ = first_known;
  std::vector<llvm::Value*> stack_;  // null: in operand_roots_, at the number of its place in rooted_
  std::vector<size_t> rooted_;       // places on the stack, ascending
  size_t flushed_ = 0;               // operands below were looked at for roots
  llvm::AllocaInst *local_roots_ = nullptr, *operand_roots_ = nullptr;
  uint32_t local_root_count_ = 0, operand_root_count_ = 0;
  // Operands from `first` on belong to the instruction that makes an object of them: the walker knows their types no more.
  struct Pending {
    size_t first = SIZE_MAX;
    std::span<const wasm::FieldType> fields = {};
    std::span<const wasm::ValueType> types = {};
    const wasm::FieldType* each = nullptr;
  };
  Pending pending_;
  std::vector<Handler> handlers_;
  uint32_t handler_ = no_handler;  // the innermost open one
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
