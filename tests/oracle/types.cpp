// Canonical types of the oracle: see types.h.
#include "tests/oracle/types.h"

#include "base/core/format.h"

namespace mote::oracle {
namespace {

// Spells one module's types with the numbers known so far; `first` and `size` bound the group being spelt.
class Speller {
 public:
  Speller(const std::vector<TypeId>& ids, uint32_t first, uint32_t size) : ids_(ids), first_(first), size_(size) {}

  std::string spell(const wasm::SubType& type) const {
    std::string text =
        format("{}{}{}", type.is_final ? 'f' : 'o', static_cast<int>(type.kind), type.supertype ? index(*type.supertype) : "");
    text += '(';
    for (wasm::ValueType param : type.func.params) text += value(param);
    text += ')';
    for (wasm::ValueType result : type.func.results) text += value(result);
    for (const wasm::FieldType& field : type.struct_.fields) text += this->field(field);
    if (type.kind == wasm::CompositeKind::array) text += field(type.array.element);
    return text + ";";
  }

 private:
  std::string index(wasm::TypeIndex index) const {
    return index >= first_ && index < first_ + size_ ? format("r{} ", index - first_) : format("t{} ", ids_[index]);
  }
  std::string value(wasm::ValueType type) const {
    if (!type.is_ref()) return format("n{} ", static_cast<int>(type.kind()));
    std::string heap =
        type.heap().is_concrete() ? index(type.heap().index()) : format("a{} ", static_cast<uint32_t>(type.heap().abstract()));
    return (type.is_nullable() ? "?" : "!") + heap;
  }
  std::string field(const wasm::FieldType& field) const {
    return format("[{}{}{}]", field.is_mutable ? 'm' : 'c', static_cast<int>(field.packed), value(field.type));
  }

  const std::vector<TypeId>& ids_;
  uint32_t first_, size_;
};

wasm::FuncType rename_all(const wasm::FuncType& type, const std::vector<TypeId>& ids) {
  wasm::FuncType renamed = type;
  for (wasm::ValueType& param : renamed.params) param = Types::rename(param, ids);
  for (wasm::ValueType& result : renamed.results) result = Types::rename(result, ids);
  return renamed;
}

}  // namespace

wasm::ValueType Types::rename(wasm::ValueType type, const std::vector<TypeId>& ids) {
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  return wasm::ValueType::ref(wasm::HeapType::concrete(ids[type.heap().index()]), type.is_nullable());
}

std::vector<TypeId> Types::add(const wasm::Module& module) {
  std::vector<TypeId> ids(module.types.size());
  for (uint32_t first = 0; first < module.types.size();) {
    uint32_t size = module.types[first].group_size;
    Speller speller(ids, first, size);
    std::string key;
    for (uint32_t i = first; i < first + size; ++i) key += speller.spell(module.types[i]);
    auto known = groups_.find(key);
    TypeId id = known != groups_.end() ? known->second : static_cast<TypeId>(types_.size());
    for (uint32_t i = 0; i < size; ++i) ids[first + i] = id + i;
    if (known == groups_.end()) {
      std::vector<Type> types;
      for (uint32_t i = first; i < first + size; ++i) {
        const wasm::SubType& type = module.types[i];
        std::optional<TypeId> supertype;
        if (type.supertype) supertype = ids[*type.supertype];
        types.push_back({type.kind, supertype, rename_all(type.func, ids)});
      }
      add_group(key, std::move(types));
    }
    first += size;
  }
  return ids;
}

TypeId Types::func(const wasm::FuncType& type) {
  wasm::SubType sub;
  sub.func = type;
  std::string key = Speller({}, 0, 0).spell(sub);
  auto known = groups_.find(key);
  return known != groups_.end() ? known->second : add_group(key, {{wasm::CompositeKind::func, std::nullopt, type}});
}

TypeId Types::add_group(const std::string& key, std::vector<Type> types) {
  auto id = static_cast<TypeId>(types_.size());
  for (Type& type : types) types_.push_back(std::move(type));
  groups_.emplace(key, id);
  return id;
}

bool Types::matches(TypeId sub, TypeId super) const {
  for (std::optional<TypeId> id = sub; id; id = types_[*id].supertype) {
    if (*id == super) return true;
  }
  return false;
}

bool Types::matches(wasm::HeapType sub, wasm::HeapType super) const {
  using wasm::HeapType;
  if (sub.is_concrete() && super.is_concrete()) return matches(sub.index(), super.index());
  if (sub.is_concrete()) {
    switch (types_[sub.index()].kind) {
      case wasm::CompositeKind::func:
        return super.abstract() == HeapType::func;
      case wasm::CompositeKind::struct_:
        return wasm::matches(HeapType::struct_, super.abstract());
      case wasm::CompositeKind::array:
        return wasm::matches(HeapType::array, super.abstract());
    }
  }
  if (super.is_concrete()) {
    bool is_func = types_[super.index()].kind == wasm::CompositeKind::func;
    return sub.abstract() == (is_func ? HeapType::nofunc : HeapType::none);
  }
  return wasm::matches(sub.abstract(), super.abstract());
}

bool Types::matches(wasm::ValueType sub, wasm::ValueType super) const {
  if (!sub.is_ref() || !super.is_ref()) return sub == super;
  return (super.is_nullable() || !sub.is_nullable()) && matches(sub.heap(), super.heap());
}

}  // namespace mote::oracle
