// See object_shape.h.
#include "tests/differential/object_shape.h"

#include <algorithm>

namespace mote::differential {

using wasm::CompositeKind;
using wasm::HeapType;
using wasm::ValueType;

namespace {

constexpr uint32_t most_fields = 5;

}  // namespace

ObjectShape::ObjectShape(Choices& choices) {
  make_data_types(choices);
  make_tags(choices);
  make_funcs(choices);
  const auto all = static_cast<uint32_t>(structs.size() + arrays.size());
  globals = {{wasm::i32, true}, {wasm::i64, true}};
  for (uint32_t count = 2 + choices.below(4); count != 0; --count) globals.push_back({some_type(choices, all, 0), true});
  tables = {wasm::funcref, ValueType::ref(HeapType::any, true), some_type(choices, all, 0)};
  if (!tables[2].is_ref()) tables[2] = ValueType::ref(HeapType::concrete(choices.below(all)), true);
  for (const uint32_t array : arrays) {
    const ValueType element = types[array].array.element.type;
    if (element.is_ref() && element.is_nullable()) elements.push_back(element);
  }
  elements.push_back(ValueType::ref(HeapType::i31, true));
}

bool ObjectShape::is_sub(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (!sub.is_concrete() && !super.is_concrete()) return wasm::matches(sub.abstract(), super.abstract());
  if (!sub.is_concrete()) return sub == HeapType::none && is_data(super.index());
  const wasm::SubType& type = types[sub.index()];
  if (super.is_concrete()) return type.supertype && is_sub(HeapType::concrete(*type.supertype), super);
  const HeapType::Abstract kinds[] = {HeapType::func, HeapType::struct_, HeapType::array};
  return wasm::matches(kinds[static_cast<size_t>(type.kind)], super.abstract());
}

bool ObjectShape::is_sub(ValueType sub, ValueType super) const {
  if (!sub.is_ref() || !super.is_ref()) return sub == super;
  return (super.is_nullable() || !sub.is_nullable()) && is_sub(sub.heap(), super.heap());
}

bool ObjectShape::is_default(uint32_t type) const {
  if (types[type].kind == CompositeKind::array) return types[type].array.element.type.is_defaultable();
  return std::ranges::all_of(types[type].struct_.fields, [](const wasm::FieldType& field) { return field.type.is_defaultable(); });
}

ValueType ObjectShape::some_type(Choices& choices, uint32_t below, uint32_t non_null_below) const {
  static constexpr HeapType::Abstract abstract[] = {HeapType::any,   HeapType::eq,      HeapType::i31,  HeapType::struct_,
                                                    HeapType::array, HeapType::extern_, HeapType::func, HeapType::exn};
  static constexpr ValueType numbers[] = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128};
  const uint32_t kind = choices.below(10);
  if (kind < 3) return numbers[choices.below(5)];
  if (kind < 6 || below == 0) return ValueType::ref(abstract[choices.below(8)], true);
  if (kind == 9 && non_null_below != 0) return ValueType::ref(HeapType::concrete(choices.below(non_null_below)), false);
  return ValueType::ref(HeapType::concrete(choices.below(below)), true);
}

wasm::FieldType ObjectShape::field(Choices& choices, uint32_t self, uint32_t group_end) const {
  wasm::FieldType field{.type = wasm::i32, .is_mutable = choices.below(4) != 3};
  const uint32_t packed = choices.below(8);
  if (packed == 6) field.packed = wasm::PackedKind::i8;
  if (packed == 7) field.packed = wasm::PackedKind::i16;
  if (packed < 6) field.type = some_type(choices, group_end, self);  // a non-null one to an earlier type: it can be made
  return field;
}

void ObjectShape::make_data_types(Choices& choices) {
  for (uint32_t count = 2 + choices.below(3); count != 0; --count) groups.push_back(1 + choices.below(3));
  for (const uint32_t size : groups) {
    const auto start = static_cast<uint32_t>(types.size());
    for (uint32_t self = start; self < start + size; ++self) {
      wasm::SubType type{.kind = choices.below(5) < 3 ? CompositeKind::struct_ : CompositeKind::array, .is_final = false};
      // The first two types are one of each kind, so that all kinds of references have something to refer to.
      if (self < 2) type.kind = self == 0 ? CompositeKind::struct_ : CompositeKind::array;
      std::vector<uint32_t>& alike = type.kind == CompositeKind::struct_ ? structs : arrays;
      if (!alike.empty() && choices.below(3) != 0) {
        const uint32_t super = choices.pick(alike);
        if (!types[super].is_final) type.supertype = super;
      }
      if (type.kind == CompositeKind::array) {
        type.array.element = type.supertype ? types[*type.supertype].array.element : field(choices, self, start + size);
      } else {
        if (type.supertype) type.struct_ = types[*type.supertype].struct_;
        const size_t more = type.struct_.fields.size() + choices.below(most_fields);
        while (type.struct_.fields.size() < more) type.struct_.fields.push_back(field(choices, self, start + size));
      }
      type.is_final = choices.below(4) == 3;
      alike.push_back(self);
      types.push_back(std::move(type));
    }
  }
}

uint32_t ObjectShape::add_func_type(wasm::FuncType type) {
  types.push_back({.kind = CompositeKind::func, .func = std::move(type)});
  return static_cast<uint32_t>(types.size() - 1);
}

void ObjectShape::make_tags(Choices& choices) {
  const auto all = static_cast<uint32_t>(structs.size() + arrays.size());
  imported_tags = choices.below(3);
  for (uint32_t i = 0, count = imported_tags + 1 + choices.below(3); i < count; ++i) {
    wasm::FuncType type;
    const uint32_t below = i < imported_tags ? 0 : all;  // the host's have no concrete types
    for (uint32_t params = choices.below(4); params != 0; --params) type.params.push_back(some_type(choices, below, 0));
    tags.push_back(add_func_type(type));
    wasm::FuncType block{{}, type.params};
    tag_blocks.push_back(add_func_type(block));
    block.results.push_back(ValueType::ref(HeapType::exn, false));
    tag_exn_blocks.push_back(add_func_type(block));
  }
}

void ObjectShape::make_funcs(Choices& choices) {
  const auto all = static_cast<uint32_t>(structs.size() + arrays.size());
  const auto some_func = [&](uint32_t below) {
    wasm::FuncType type;
    for (uint32_t params = choices.below(4); params != 0; --params) type.params.push_back(some_type(choices, below, below));
    for (uint32_t results = choices.below(3); results != 0; --results) type.results.push_back(some_type(choices, below, below));
    return add_func_type(std::move(type));
  };
  imported_funcs = 1 + choices.below(2);
  for (uint32_t i = 0; i < imported_funcs; ++i) funcs.push_back(some_func(0));
  digest = imported_funcs;
  funcs.push_back(add_func_type({{ValueType::ref(HeapType::any, true), wasm::i32}, {wasm::i64}}));
  for (uint32_t i = 0; i < imported_funcs; ++i) funcs.push_back(funcs[i]);  // for the upper instance to import
  for (uint32_t count = 2 + choices.below(4); count != 0; --count) funcs.push_back(some_func(all));
}

}  // namespace mote::differential
