// The memory layout that compiled code and runtime share: the instance (VMContext, "vmctx"), what it points at, and offsets.
//
// Part of the ABI (abi.h). Fixed parts are plain structs with checked offsets; the part that depends on a module's counts is
// computed by InstanceLayout, by the same class for compiler and runtime.
//   VMContext | memories[] | tables[] | func_imports[] | global_imports[] | tags[] | (16) globals[] | memory_defs[] | table_defs[]
//             | funcrefs[] | host_bindings[] | dropped bitmaps
// Bases of memories and tables never move while an instance lives; lengths change and live in one place (the definition).
// A shared memory's definition lies outside every instance, for it may outlive each of them: it is reached through memory(i) + 8 as
// an imported memory's is, also where the module defines it. Other threads change its length; a plain load of 8 bytes reads it.
#pragma once

#include "engine/code/object_layout.h"
#include "engine/wasm/module.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mote::code {

struct Value16 {  // one value of any type in memory
  alignas(16) uint8_t bytes[16];
};

struct MemoryDef {
  uint8_t* base;
  uint64_t length;  // bytes
};
struct TableDef {
  void* base;       // FuncRef*[] for tables of the func hierarchy, uint32_t[] for all others (object_layout.h)
  uint64_t length;  // elements
};
// A function reference. `code` follows MoteCC with r12 = ctx. In func tables 0 means null *or not yet resolved*
// (builtin table_get_func decides); &null_funcref of the runtime never leaves tables: table.get turns it into 0.
struct FuncRef {
  const void* code;
  void* ctx;
  TypeId type;
  uint32_t id;       // unique in the store
  const void* host;  // the host function behind it, else null
};
// In tables with lazy entries, an explicit null is this value (an address that is never a FuncRef's), so that 0 can mean
// "unresolved". Compiled code tests only for 0 before it dereferences: a real FuncRef whose type matches nothing stands at that
// address (VMContext::null_funcref), so the type check fails; on that path the trap is uninitialized_element (see aot/calls).
struct MemoryImport {
  uint8_t* base;
  MemoryDef* def;
};
struct FuncImport {
  const void* code;
  void* ctx;
};
struct VMTag {
  uint32_t id;  // unique in the store
  TypeId type;
};

// Per store, shared by its instances.
struct StoreContext {
  std::atomic<uint32_t> interrupt;  // 0: bits of Interrupt
  uint32_t gc_bump;                 // 4: where the next object lies, from gc_base …
  uint32_t gc_limit;                // 8: … and what its end must not exceed; else builtin struct_new allocates
  uint32_t reserved_0;
  int64_t fuel;              // 16: counts down; < 0 is exhausted
  uint64_t epoch_deadline;   // 24
  uint8_t* host_limit;       // 32: a host call or builtin needs rsp above this
  uint8_t* guard_low;        // 40: guard region of the current guest stack
  uint8_t* guard_high;       // 48
  Value16* xbuf;             // 56
  void* last_exit_fp;        // 64: frame and return address of the guest when it left for a builtin or host function
  const void* last_exit_pc;  // 72
  void* activation;          // 80: runtime::Activation of the innermost entry
  void* owner;               // 88: runtime::Store
  // Where an exception is caught, for the trampolines: a landing pad with its frame and stack pointer; 0: nowhere.
  const void* landing_pc;  // 96
  void* landing_fp;        // 104
  void* landing_sp;        // 112
  uint64_t landing_exn;    // 120: the reference, which the pad gets in rax
};
static_assert(offsetof(StoreContext, fuel) == 16 && offsetof(StoreContext, epoch_deadline) == 24 &&
              offsetof(StoreContext, host_limit) == 32 && offsetof(StoreContext, xbuf) == 56 &&
              offsetof(StoreContext, last_exit_fp) == 64 && offsetof(StoreContext, activation) == 80 &&
              offsetof(StoreContext, landing_pc) == 96 && offsetof(StoreContext, landing_fp) == 104 &&
              offsetof(StoreContext, landing_sp) == 112 && offsetof(StoreContext, landing_exn) == 120 &&
              offsetof(StoreContext, gc_bump) == 4 && offsetof(StoreContext, gc_limit) == 8);
enum Interrupt : uint8_t { interrupt_kill = 1, interrupt_preempt = 2 };

inline constexpr uint32_t vmctx_magic = 0x65746f6d;  // "mote"

struct alignas(16) VMContext {
  uint32_t magic;               // 0
  uint32_t flags;               // 4
  StoreContext* store;          // 8
  MemoryDef mem0;               // 16: definition of memory 0 when it is the instance's own and unshared; else only `base` is valid
  TableDef tab0;                // 32: likewise for table 0 (its base as well)
  const TypeId* type_ids;       // 48: by the module's type index
  const void* const* builtins;  // 56: by code::Builtin
  uint8_t* gc_base;             // 64: of the store's heap, where references count from; invariant, null without a heap
  const TypeRecord* rtt;        // 72: by TypeId; invariant
  const std::atomic<uint64_t>* epoch;  // 80
  void* instance;                      // 88: runtime::Instance
  const FuncRef* null_funcref;         // 96: see FuncRef
  uint64_t reserved[1];                // 104
};
static_assert(sizeof(VMContext) == 112 && offsetof(VMContext, mem0) == 16 && offsetof(VMContext, tab0) == 32 &&
              offsetof(VMContext, type_ids) == 48 && offsetof(VMContext, builtins) == 56 && offsetof(VMContext, epoch) == 80 &&
              offsetof(VMContext, instance) == 88 && offsetof(VMContext, null_funcref) == 96);

// Offsets from the vmctx of everything that depends on a module. All instances of a module share one.
class InstanceLayout {
 public:
  explicit InstanceLayout(const wasm::Module& module);

  // Memory: `base` at memory(i), pointer to its MemoryDef at memory(i) + 8 (for an own, unshared memory it points into this vmctx).
  [[nodiscard]] uint32_t memory(wasm::MemoryIndex index) const { return memories_ + index * sizeof(MemoryImport); }
  // Table: a pointer to its TableDef (for an own table it points into this vmctx).
  [[nodiscard]] uint32_t table(wasm::TableIndex index) const { return tables_ + index * sizeof(void*); }
  // Where the definition of an own (unshared) memory or table lies: mem0/tab0 for index 0, behind the arrays for others.
  [[nodiscard]] uint32_t memory_def(wasm::MemoryIndex index) const;
  [[nodiscard]] uint32_t table_def(wasm::TableIndex index) const;
  // FuncImport of an imported function.
  [[nodiscard]] uint32_t func_import(wasm::FuncIndex index) const { return func_imports_ + index * sizeof(FuncImport); }
  // Imported global: a pointer to the value. Own global: the value itself, 16 bytes.
  [[nodiscard]] uint32_t global(wasm::GlobalIndex index) const {
    return index < imported_globals_ ? global_imports_ + index * sizeof(void*)
                                     : globals_ + (index - imported_globals_) * sizeof(Value16);
  }
  [[nodiscard]] uint32_t tag(wasm::TagIndex index) const { return tags_ + index * sizeof(void*); }
  // FuncRef slot number n of Module::escaped.
  [[nodiscard]] uint32_t funcref(uint32_t slot) const { return funcrefs_ + slot * sizeof(FuncRef); }
  // HostBinding n, one per imported function (64 bytes each; only those bound to host functions are used).
  [[nodiscard]] uint32_t host_binding(wasm::FuncIndex index) const { return host_bindings_ + index * host_binding_size; }
  [[nodiscard]] uint32_t dropped_data() const { return dropped_data_; }  // one bit per segment
  [[nodiscard]] uint32_t dropped_elem() const { return dropped_elem_; }
  // Objects of the module's struct and array types and exceptions of its tags.
  [[nodiscard]] const ObjectLayouts& objects() const { return objects_; }
  [[nodiscard]] uint32_t size() const { return size_; }  // bytes, a multiple of 16
  // What guests change besides mem0, tab0 and the dropped bits (which end at size()): own globals, lengths of memories and tables.
  [[nodiscard]] uint32_t variables() const { return globals_; }
  [[nodiscard]] uint32_t variables_end() const { return funcrefs_; }

  static constexpr uint32_t host_binding_size = 64;

 private:
  ObjectLayouts objects_;
  uint32_t imported_memories_, imported_tables_, imported_globals_;
  uint32_t memories_, tables_, func_imports_, global_imports_, tags_, globals_, memory_defs_, table_defs_, funcrefs_,
      host_bindings_, dropped_data_, dropped_elem_, size_;
};

}  // namespace mote::code
