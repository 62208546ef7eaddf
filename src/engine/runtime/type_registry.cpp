// Hash-consing of recursion groups (type_registry.h). The key of a group is its types as words: kind, finality, supertype, then
// parameters, results or fields, where a reference into the group itself is written as `group_bit | position`. Only a group that
// is new is stored; module types come in order of declaration, so references to earlier groups are already ids.
#include "engine/runtime/type_registry.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <mote/limits.h>

#include <algorithm>
#include <mutex>

namespace mote::runtime {

namespace {

using wasm::CompositeKind;
using wasm::HeapType;
using wasm::SubType;
using wasm::ValueType;

// Marks, in a heap type of a group that is being added, a position in that group. Ids stay below it (2^26 types).
constexpr uint32_t group_bit = 0x0400'0000;

template <class Rewrite>
ValueType rewrite_heap(ValueType type, Rewrite rewrite) {
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  return ValueType::ref(HeapType::concrete(rewrite(type.heap().index())), type.is_nullable());
}

template <class Rewrite>
void rewrite_type(SubType& type, Rewrite rewrite) {
  if (type.supertype) type.supertype = rewrite(*type.supertype);
  for (ValueType& param : type.func.params) param = rewrite_heap(param, rewrite);
  for (ValueType& result : type.func.results) result = rewrite_heap(result, rewrite);
  for (wasm::FieldType& field : type.struct_.fields) field.type = rewrite_heap(field.type, rewrite);
  type.array.element.type = rewrite_heap(type.array.element.type, rewrite);
}

void write_word(std::string& key, uint32_t word) {
  key.append(reinterpret_cast<const char*>(&word), sizeof word);
}

void write_field(std::string& key, const wasm::FieldType& field) {
  write_word(key, field.type.bits());
  write_word(key, static_cast<uint32_t>(field.packed) << 1 | static_cast<uint32_t>(field.is_mutable));
}

void write_type(std::string& key, const SubType& type) {
  write_word(key, static_cast<uint32_t>(type.kind) << 2 | static_cast<uint32_t>(type.is_final) << 1 |
                      static_cast<uint32_t>(type.supertype.has_value()));
  if (type.supertype) write_word(key, *type.supertype);
  switch (type.kind) {
    case CompositeKind::func:
      write_word(key, static_cast<uint32_t>(type.func.params.size()));
      for (const ValueType param : type.func.params) write_word(key, param.bits());
      for (const ValueType result : type.func.results) write_word(key, result.bits());
      break;
    case CompositeKind::struct_:
      for (const wasm::FieldType& field : type.struct_.fields) write_field(key, field);
      break;
    case CompositeKind::array:
      write_field(key, type.array.element);
      break;
  }
  write_word(key, 0xffff'ffff);  // no value type has these bits
}

// Abstract heap types: whether sub is below or equal to super. Spec: core/valid/matching, heap types.
bool matches_abstract(HeapType::Abstract sub, HeapType::Abstract super) {
  if (sub == super) return true;
  switch (sub) {
    case HeapType::none:
      return super == HeapType::any || super == HeapType::eq || super == HeapType::i31 || super == HeapType::struct_ ||
             super == HeapType::array;
    case HeapType::i31:
    case HeapType::struct_:
    case HeapType::array:
      return super == HeapType::eq || super == HeapType::any;
    case HeapType::eq:
      return super == HeapType::any;
    case HeapType::nofunc:
      return super == HeapType::func;
    case HeapType::noextern:
      return super == HeapType::extern_;
    case HeapType::noexn:
      return super == HeapType::exn;
    case HeapType::func:
    case HeapType::extern_:
    case HeapType::any:
    case HeapType::exn:
    case HeapType::bot:  // only in unreachable code
      return false;
  }
  return false;
}

HeapType::Abstract kind_of(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::func:
      return HeapType::func;
    case CompositeKind::struct_:
      return HeapType::struct_;
    case CompositeKind::array:
      return HeapType::array;
  }
  return HeapType::any;
}

}  // namespace

Result<std::vector<TypeId>> TypeRegistry::add(const wasm::Module& module) {
  std::vector<TypeId> ids(module.types.size());
  std::vector<SubType> group;
  const std::unique_lock lock(mutex_);
  for (uint32_t start = 0; start < module.types.size(); start += static_cast<uint32_t>(group.size())) {
    const uint32_t size = module.types[start].group_size;
    ASSERT(size > 0 && size <= module.types.size() - start);
    group.assign(module.types.begin() + start, module.types.begin() + start + size);
    for (SubType& type : group) {
      rewrite_type(type, [&](uint32_t index) { return index >= start ? group_bit | (index - start) : ids[index]; });
    }
    const TypeId first = TRY(add_group(group));
    for (uint32_t i = 0; i < size; ++i) ids[start + i] = first + i;
  }
  return ids;
}

Result<TypeId> TypeRegistry::add(const wasm::FuncType& type) {
  SubType single;
  single.func = type;
  return add(std::move(single));
}

Result<TypeId> TypeRegistry::add(SubType type) {
  const std::unique_lock lock(mutex_);
  return add_group({&type, 1});
}

bool TypeRegistry::is_func_ref(ValueType type) const {
  if (!type.is_ref()) return false;
  const HeapType heap = type.heap();
  if (heap.is_concrete()) return entries_[heap.index()].type.kind == CompositeKind::func;
  return heap.abstract() == HeapType::func || heap.abstract() == HeapType::nofunc;
}

// All types of its group are there.
void TypeRegistry::write_record(TypeId id) {
  const Entry& entry = entries_[id];
  code::TypeRecord& record = reinterpret_cast<code::TypeRecord*>(records_.data())[id];
  record = {};
  for (uint32_t depth = 0; depth < code::TypeRecord::display_depth; ++depth) {
    record.display[depth] = depth < entry.display.size() ? entry.display[depth] : code::TypeRecord::no_type;
  }
  if (entry.type.kind == CompositeKind::array) {
    const wasm::FieldType& element = entry.type.array.element;
    const bool is_func = is_func_ref(element.type);
    record.kind = static_cast<uint8_t>(code::ObjectKind::array);
    record.element_bytes = static_cast<uint8_t>(code::field_bytes(element, is_func));
    record.has_collected = element.type.is_ref() && !is_func;
    record.is_func_element = is_func;
    record.size = code::array_elements_offset(record.element_bytes);
    return;
  }
  const bool is_struct = entry.type.kind == CompositeKind::struct_;
  code::FieldPlacer placer(is_struct ? code::struct_fields_offset : code::exception_fields_offset);
  std::vector<uint32_t> collected(1);
  const auto place = [&](const wasm::FieldType& field) {
    const bool is_func = is_func_ref(field.type);
    const uint32_t offset = placer.next(code::field_bytes(field, is_func));
    if (field.type.is_ref() && !is_func) collected.push_back(offset);
  };
  if (is_struct) {
    for (const wasm::FieldType& field : entry.type.struct_.fields) place(field);
  } else {
    for (const ValueType param : entry.type.func.params) place({.type = param});
  }
  collected[0] = static_cast<uint32_t>(collected.size() - 1);
  record.kind = static_cast<uint8_t>(is_struct ? code::ObjectKind::struct_ : code::ObjectKind::exception);
  record.has_collected = collected[0] != 0;
  record.size = placer.object_bytes();
  static constexpr uint32_t none[] = {0};
  record.collected = record.has_collected ? collected_.emplace_back(std::move(collected)).data() : none;
}

Result<TypeId> TypeRegistry::add_group(std::span<SubType> group) {
  std::string key;
  for (const SubType& type : group) write_type(key, type);
  const auto first = static_cast<TypeId>(entries_.size());
  if (const auto found = groups_.find(key); found != groups_.end()) return found->second;
  static_assert(limits::engine_types.hard < group_bit);
  if (group.size() > limits::engine_types.standard - entries_.size()) {
    return fail(ErrorKind::limit, format("{}: the modules of this engine have {} different types already",
                                         limits::engine_types.name, entries_.size()));
  }
  if (!records_) {
    records_ = TRY(os::Mapping::anonymous(limits::engine_types.standard * sizeof(code::TypeRecord)));
    records_base_.store(reinterpret_cast<const code::TypeRecord*>(records_.data()), std::memory_order_release);
  }
  groups_.emplace(std::move(key), first);
  for (SubType& type : group) {
    rewrite_type(type, [&](uint32_t index) { return index & group_bit ? first + (index & ~group_bit) : index; });
    std::vector<TypeId> display;
    if (type.supertype) display = entries_[*type.supertype].display;
    display.push_back(static_cast<TypeId>(entries_.size()));
    entries_.push_back({std::move(type), std::move(display)});
  }
  for (size_t i = 0; i < group.size(); ++i) write_record(first + static_cast<TypeId>(i));
  return first;
}

const SubType& TypeRegistry::type(TypeId id) const {
  const std::shared_lock lock(mutex_);
  ASSERT(id < entries_.size());
  return entries_[id].type;  // entries never move or change
}

bool TypeRegistry::is_subtype(TypeId sub, TypeId super) const {
  if (sub == super) return true;
  const std::shared_lock lock(mutex_);
  return is_subtype_locked(sub, super);
}

bool TypeRegistry::is_subtype_locked(TypeId sub, TypeId super) const {
  if (sub >= entries_.size() || super >= entries_.size()) return false;  // null_funcref's id matches nothing
  const size_t depth = entries_[super].display.size() - 1;
  const auto& display = entries_[sub].display;
  return depth < display.size() && display[depth] == super;
}

bool TypeRegistry::matches(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (sub.is_concrete() && super.is_concrete()) return is_subtype(sub.index(), super.index());
  if (sub.is_concrete()) return matches_abstract(kind_of(type(sub.index()).kind), super.abstract());
  if (!super.is_concrete()) return matches_abstract(sub.abstract(), super.abstract());
  const CompositeKind kind = type(super.index()).kind;
  return sub.abstract() == (kind == CompositeKind::func ? HeapType::nofunc : HeapType::none);
}

bool TypeRegistry::matches(ValueType sub, ValueType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return (super.is_nullable() || !sub.is_nullable()) && matches(sub.heap(), super.heap());
}

std::string TypeRegistry::text(TypeId id) const {
  const SubType& type = this->type(id);
  auto list = [](const char* word, const std::vector<ValueType>& types) {
    if (types.empty()) return std::string();
    std::string out = format(" ({}", word);
    for (const ValueType value : types) out += " " + wasm::text(value);
    return out + ")";
  };
  auto field = [](const wasm::FieldType& field) {
    const std::string value = field.packed == wasm::PackedKind::i8    ? "i8"
                              : field.packed == wasm::PackedKind::i16 ? "i16"
                                                                      : wasm::text(field.type);
    return field.is_mutable ? "(mut " + value + ")" : value;
  };
  switch (type.kind) {
    case CompositeKind::func:
      return "(func" + list("param", type.func.params) + list("result", type.func.results) + ")";
    case CompositeKind::array:
      return "(array " + field(type.array.element) + ")";
    case CompositeKind::struct_:
      break;
  }
  std::string out = "(struct";
  for (const wasm::FieldType& member : type.struct_.fields) out += " " + field(member);
  return out + ")";
}

ValueType canonical(ValueType type, std::span<const TypeId> ids) {
  return rewrite_heap(type, [&](uint32_t index) { return ids[index]; });
}

}  // namespace mote::runtime
