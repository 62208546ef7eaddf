// Types across modules: recursion groups that are equal get equal numbers, so that functions of one module can be called, and
// imported, with the types of another. Spec: core/valid/conventions (rolling), core/valid/matching.
//
// A group's key spells its types out: references into the group by position, references out of it by number. Equal keys, equal
// types.
#pragma once

#include "engine/wasm/module.h"

#include <map>
#include <string>
#include <vector>

namespace mote::oracle {

using TypeId = uint32_t;

class Types {
 public:
  // The numbers of a module's types, by type index.
  std::vector<TypeId> add(const wasm::Module& module);

  // Value types whose concrete heap types are TypeIds instead of type indices.
  [[nodiscard]] static wasm::ValueType rename(wasm::ValueType type, const std::vector<TypeId>& ids);

  [[nodiscard]] bool matches(TypeId sub, TypeId super) const;
  [[nodiscard]] bool matches(wasm::HeapType sub, wasm::HeapType super) const;
  [[nodiscard]] bool matches(wasm::ValueType sub, wasm::ValueType super) const;
  // The number of a function type that stands alone, such as a host function's.
  TypeId func(const wasm::FuncType& type);
  [[nodiscard]] const wasm::FuncType& func_type(TypeId id) const { return types_[id].func; }

 private:
  struct Type {
    wasm::CompositeKind kind;
    std::optional<TypeId> supertype;
    wasm::FuncType func;  // renamed
  };
  TypeId add_group(const std::string& key, std::vector<Type> types);

  std::vector<Type> types_;
  std::map<std::string, TypeId> groups_;  // key → number of the group's first type
};

}  // namespace mote::oracle
