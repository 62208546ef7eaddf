// What a module of object_program.h declares: data types, tags, functions, globals, tables, segments.
#pragma once

#include "engine/wasm/types.h"
#include "tests/differential/choices.h"

#include <vector>

namespace mote::differential {

struct ObjectShape {
  using Type = wasm::ValueType;

  explicit ObjectShape(Choices& choices);

  std::vector<wasm::SubType> types;       // data types first, then function types
  std::vector<uint32_t> structs, arrays;  // type indices
  std::vector<uint32_t> groups;           // sizes of the data types' recursion groups
  std::vector<uint32_t> funcs;            // type indices; imported ones first, then digest
  std::vector<uint32_t> tags;             // type indices; imported ones first
  std::vector<uint32_t> tag_blocks;       // by tag: type index of [] -> [its values]
  std::vector<uint32_t> tag_exn_blocks;   // … and the exception
  std::vector<wasm::GlobalType> globals;  // 0: steps, 1: the sum of what was seen
  std::vector<Type> tables;               // element types; 0 holds the functions
  std::vector<Type> elements;             // passive segments: element types
  uint32_t imported_funcs = 1, imported_tags = 0, digest = 0;

  static constexpr uint32_t steps_global = 0, sum_global = 1, table_size = 8, element_count = 6, data_size = 64;

  [[nodiscard]] const wasm::FuncType& func_type(uint32_t func) const { return types[funcs[func]].func; }
  [[nodiscard]] bool is_data(uint32_t type) const { return types[type].kind != wasm::CompositeKind::func; }
  // By declared supertypes; two types that are equal under other names are not found, which is safe.
  [[nodiscard]] bool is_sub(wasm::HeapType sub, wasm::HeapType super) const;
  [[nodiscard]] bool is_sub(Type sub, Type super) const;
  [[nodiscard]] bool is_default(uint32_t type) const;  // every field has a default value
  // Below any: what digest takes.
  [[nodiscard]] bool is_any(Type type) const { return type.is_ref() && is_sub(type.heap(), wasm::HeapType::any); }
  // A type of locals, fields, parameters. Concrete references are to types below `below`; without any: abstract ones only.
  [[nodiscard]] Type some_type(Choices& choices, uint32_t below, uint32_t non_null_below) const;

 private:
  void make_data_types(Choices& choices);
  [[nodiscard]] wasm::FieldType field(Choices& choices, uint32_t self, uint32_t group_end) const;
  uint32_t add_func_type(wasm::FuncType type);
  void make_tags(Choices& choices);
  void make_funcs(Choices& choices);
};

}  // namespace mote::differential
