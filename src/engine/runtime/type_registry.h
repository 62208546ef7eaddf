// TypeRegistry: one number for each type of the engine, whatever module it came from.
//
// Recursion groups are canonicalised (iso-recursive equality: references inside the group count from its start, references to
// earlier types are their ids) and hash-consed, so two types are equal exactly when their ids are. Entries live as long as the
// registry and never move. Each has a TypeRecord, which compiled code and the collector read without a lock. Thread-safe. Spec:
// core/valid/conventions (rolling and unrolling), core/valid/matching. Tested by type_registry_test.cpp.
#pragma once

#include "base/os/memory_map.h"
#include "engine/code/instance_layout.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mote::runtime {

using code::TypeId;

class TypeRegistry {
 public:
  // Ids of all types of a module, by type index. Fails with kind limit (limits::engine_types), or unavailable.
  [[nodiscard]] Result<std::vector<TypeId>> add(const wasm::Module& module);
  // A final function type without a module: what host functions have. Concrete heap types in it are TypeIds.
  [[nodiscard]] Result<TypeId> add(const wasm::FuncType& type);
  // Likewise any type that is alone in its group.
  [[nodiscard]] Result<TypeId> add(wasm::SubType type);
  // By TypeId. Null before the first type.
  [[nodiscard]] const code::TypeRecord* records() const { return records_base_.load(std::memory_order_acquire); }

  // The type with every concrete heap type (and its supertype) given as a TypeId. The reference stays valid.
  [[nodiscard]] const wasm::SubType& type(TypeId id) const;
  [[nodiscard]] bool is_subtype(TypeId sub, TypeId super) const;  // reflexive
  // For value types whose concrete heap types are TypeIds: see canonical().
  [[nodiscard]] bool matches(wasm::ValueType sub, wasm::ValueType super) const;
  [[nodiscard]] bool matches(wasm::HeapType sub, wasm::HeapType super) const;

  // "(func (param i32) (result i64))", for messages.
  [[nodiscard]] std::string text(TypeId id) const;

 private:
  struct Entry {
    wasm::SubType type;
    std::vector<TypeId> display;  // the type's supertypes by depth, itself last
  };
  [[nodiscard]] Result<TypeId> add_group(
      std::span<wasm::SubType> group);  // rewritten to ids, with group-relative references marked
  void write_record(TypeId id);
  [[nodiscard]] bool is_func_ref(wasm::ValueType type) const;  // with the lock held
  [[nodiscard]] bool is_subtype_locked(TypeId sub, TypeId super) const;

  mutable std::shared_mutex mutex_;
  std::deque<Entry> entries_;
  std::unordered_map<std::string, TypeId> groups_;  // serialised group → id of its first type
  os::Mapping records_;                             // TypeRecord[limits::engine_types], of which entries_.size() are written
  std::atomic<const code::TypeRecord*> records_base_ = nullptr;
  std::deque<std::vector<uint32_t>> collected_;  // what TypeRecord::collected points to
};

// A module's value type with concrete heap types replaced by TypeIds.
[[nodiscard]] wasm::ValueType canonical(wasm::ValueType type, std::span<const TypeId> ids);

}  // namespace mote::runtime
