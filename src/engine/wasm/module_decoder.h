// The state of one decode(): the module under construction, the reader, and what later sections check against earlier ones.
// Private to engine/wasm: decode.cpp walks the sections, decode_types.cpp reads the type section, decode_segments.cpp constant
// expressions and segments. Every method leaves its error in `in_`; decode() looks after each section.
#pragma once

#include "engine/wasm/decode.h"
#include "engine/wasm/reader.h"

#include <unordered_map>
#include <vector>

namespace mote::wasm {

class ModuleDecoder {
 public:
  ModuleDecoder(Bytes bytes, Bodies bodies) : bodies_(bodies), in_(bytes, {0, bytes.size()}) { module_.bytes = bytes; }
  [[nodiscard]] Result<Module> decode();

 private:
  // decode.cpp
  void read_header();
  void read_section(uint8_t id, Range content);
  void read_known_section(uint8_t id);
  void read_custom_section(Range content);
  void read_branch_hints();
  void read_imports();
  void read_import();
  void read_functions();
  void read_tables();
  void read_memories();
  void read_globals();
  void read_tags();
  void read_exports();
  void read_start();
  void read_code();
  void check_export_names();
  void check_section_counts();
  [[nodiscard]] TypeIndex read_func_type_index();
  [[nodiscard]] TableType read_table_type();
  [[nodiscard]] MemoryType read_memory_type();
  [[nodiscard]] GlobalType read_global_type();
  [[nodiscard]] TagType read_tag_type();
  [[nodiscard]] Limits read_limits(bool may_be_shared);
  [[nodiscard]] bool read_mutability();
  // An index below `size`; "unknown WHAT INDEX" otherwise.
  [[nodiscard]] uint32_t read_index(size_t size, const char* what);
  void check_total(uint64_t offset, uint64_t total, uint32_t limit, const char* what);
  void escape(FuncIndex index);
  [[nodiscard]] uint32_t type_count() const { return static_cast<uint32_t>(module_.types.size()); }

  // decode_types.cpp
  void read_types();
  void read_recursion_group(uint32_t size);
  void read_sub_type(SubType& type, uint32_t known_types);
  void read_composite_type(SubType& type, uint8_t form, uint32_t known_types);
  [[nodiscard]] FieldType read_field_type(uint32_t known_types);
  void link_supertypes(TypeIndex start);
  void canonicalize(TypeIndex start);
  void check_supertypes(TypeIndex start);
  [[nodiscard]] bool is_structural_subtype(const SubType& sub, const SubType& super) const;
  [[nodiscard]] bool matches_field(const FieldType& sub, const FieldType& super) const;

  // decode_segments.cpp
  [[nodiscard]] ConstExpr read_const_expr(ValueType expected);
  [[nodiscard]] std::optional<ConstOp> read_const_op(uint64_t start);
  void apply_const_op(const ConstOp& op);
  void pop_const(ValueType expected, uint64_t offset);
  void apply_const_struct(const ConstOp& op);
  void apply_const_array(const ConstOp& op);
  void read_elements();
  void read_element_segment(ElementSegment& segment);
  void read_element_exprs(ElementSegment& segment);
  void read_element_funcs(ElementSegment& segment);
  void read_datas();

  Bodies bodies_;
  Module module_;
  Reader in_;
  std::vector<bool> escaped_;
  std::optional<uint32_t> code_count_;
  std::vector<ValueType> const_stack_;

  // Recursion groups seen, by their contents with indices made independent of position.
  struct GroupHash {
    size_t operator()(const std::vector<uint32_t>& key) const;
  };
  std::unordered_map<std::vector<uint32_t>, TypeIndex, GroupHash> groups_;
};

}  // namespace mote::wasm
