// Instance: one instantiated module. A C++ object and, apart, its VMContext: the memory that compiled code sees.
//
// Made by instantiate(); owned by its store until the store ends, since others may hold references into it. References to its own
// functions are made on first use. Spec: core/exec/runtime (module instances). Tested by instantiate_test.cpp.
#pragma once

#include "engine/runtime/global.h"
#include "engine/runtime/host_func.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/module.h"
#include "engine/runtime/stop.h"
#include "engine/runtime/table.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::runtime {

// Anything that can be exported or imported, of one store. `func` and the others are null except the one that `kind` names.
struct Extern {
  wasm::ExternKind kind = wasm::ExternKind::func;
  const code::FuncRef* func = nullptr;
  Table* table = nullptr;
  Memory* memory = nullptr;
  Global* global = nullptr;
  Tag* tag = nullptr;
};

class Instance {
 public:
  Instance(Store& store, std::shared_ptr<const Module> module);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] const Module& module() const { return *module_; }
  [[nodiscard]] code::VMContext& vmctx() const { return *reinterpret_cast<code::VMContext*>(block_.get()); }
  [[nodiscard]] static Instance& of(const code::VMContext& vmctx) { return *static_cast<Instance*>(vmctx.instance); }

  [[nodiscard]] std::optional<Extern> find_export(std::string_view name);
  // By index in the module's index spaces.
  [[nodiscard]] const code::FuncRef* func(wasm::FuncIndex index);  // of any escaped function and of the start function
  [[nodiscard]] Table* table(wasm::TableIndex index) const { return tables_[index]; }
  [[nodiscard]] Memory* memory(wasm::MemoryIndex index) const { return memories_[index]; }
  [[nodiscard]] size_t memory_count() const { return memories_.size(); }
  [[nodiscard]] Global* global(wasm::GlobalIndex index);
  [[nodiscard]] Tag* tag(wasm::TagIndex index) const;

  // For pooled stores (engine/pool): the parts of its block that guests change, bases of memories and tables among them, which stay
  // as they are. Not function references, which are made on first use and then stay too.
  [[nodiscard]] std::array<MutableBytes, 3> changing_parts() const;
  // Whether this is a reference to a function that lies in this instance, and to which.
  [[nodiscard]] std::optional<wasm::FuncIndex> index_of(const code::FuncRef* ref) const;
  [[nodiscard]] code::Value16& own_global(wasm::GlobalIndex index) const {
    return *at<code::Value16>(module_->layout().global(index));
  }
  [[nodiscard]] std::span<uint64_t> dropped_bits() const;

  // data.drop and elem.drop; a dropped segment has size 0.
  [[nodiscard]] Bytes data(wasm::DataIndex index) const;
  void drop_data(wasm::DataIndex index);
  [[nodiscard]] uint64_t element_count(wasm::ElementIndex index) const;
  void drop_element(wasm::ElementIndex index);
  // One entry of an element segment, whose expressions were validated.
  [[nodiscard]] Ref element(wasm::ElementIndex segment, uint64_t index);
  // Evaluates the segments that make objects, once: each entry is the same object wherever it is used.
  [[nodiscard]] Run<void> evaluate_elements();
  // What evaluate_elements() made, by segment; empty: the segment makes no objects.
  [[nodiscard]] std::vector<std::vector<uint32_t>>& element_objects() { return element_objects_; }
  [[nodiscard]] const std::vector<std::vector<uint32_t>>& element_objects() const { return element_objects_; }
  // table.init: false when either range is out of bounds, and then nothing was written.
  [[nodiscard]] bool init_table(wasm::TableIndex table, wasm::ElementIndex segment, uint64_t to, uint64_t from, uint64_t count);
  [[nodiscard]] code::Value16 global_value(wasm::GlobalIndex index) const;
  // Own globals and segments that refer to objects.
  void visit_roots(code::RootVisitor& visitor);

 private:
  friend class Instantiation;

  template <class T>
  [[nodiscard]] T* at(uint32_t offset) const {
    return reinterpret_cast<T*>(block_.get() + offset);
  }
  struct Free {
    void operator()(uint8_t* block) const { std::free(block); }
  };

  Store& store_;
  std::shared_ptr<const Module> module_;
  std::unique_ptr<uint8_t[], Free> block_;  // layout().size() bytes: VMContext and what follows it
  std::vector<Table*> tables_;
  std::vector<Memory*> memories_;
  std::vector<Global*> globals_;  // imported ones; own ones from the first time they are asked for, then also in …
  std::vector<std::unique_ptr<Global>> own_globals_;
  std::vector<std::vector<uint32_t>> element_objects_;
  std::vector<std::shared_ptr<const HostFunc>> host_funcs_;
  std::vector<const code::FuncRef*> imported_funcs_;  // null where a HostBinding serves and no reference was made yet
};

}  // namespace mote::runtime
