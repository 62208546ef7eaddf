// wasm::Module: what a decoded module is. Built by decode() (decode.h), never changed afterwards, safe to share between threads.
//
// Names and segments borrow from the bytes that were decoded: whoever owns a Module keeps those bytes alive and unmoved.
// Function bodies are ranges; they are read by the walker (walk.h), which is also what validates them.
// Spec: core/syntax/modules.
#pragma once

#include "base/core/bytes.h"
#include "engine/wasm/types.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mote::wasm {

// A byte range of the module.
struct Range {
  uint64_t offset = 0;
  uint64_t size = 0;
};

// One instruction of a constant expression. decode() has checked it.
struct ConstOp {
  // clang-format off
  enum Kind : uint8_t {
    i32_const, i64_const, f32_const, f64_const, v128_const, global_get, ref_null, ref_func,
    i32_add, i32_sub, i32_mul, i64_add, i64_sub, i64_mul,
    ref_i31, struct_new, struct_new_default, array_new, array_new_default, array_new_fixed, any_convert_extern, extern_convert_any,
  };
  // clang-format on
  Kind kind = i32_const;
  uint32_t index = 0;   // global, function or type index; heap type bits of ref.null
  uint32_t count = 0;   // array.new_fixed
  uint64_t low = 0;     // constant bits
  uint64_t high = 0;    // upper half of v128.const
  uint64_t offset = 0;  // in the module
};
using ConstExpr = std::vector<ConstOp>;  // postfix order

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind = ExternKind::func;
  uint32_t index = 0;  // in the index space of its kind
  uint64_t offset = 0;
};
struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::func;
  uint32_t index = 0;
};
struct Global {
  GlobalType type;
  ConstExpr init;  // empty for imports
};
struct Table {
  TableType type;
  ConstExpr init;  // empty: null
};

enum class SegmentMode : uint8_t { passive, active, declarative };

struct ElementSegment {
  SegmentMode mode = SegmentMode::passive;
  ValueType type = funcref;
  TableIndex table = 0;
  ConstExpr offset;              // active only
  std::vector<FuncIndex> funcs;  // either function indices …
  std::vector<ConstExpr> exprs;  // … or expressions (then funcs is empty)
  [[nodiscard]] size_t size() const { return exprs.empty() ? funcs.size() : exprs.size(); }
};
struct DataSegment {
  SegmentMode mode = SegmentMode::passive;
  MemoryIndex memory = 0;
  ConstExpr offset;  // active only
  Bytes bytes;       // borrowed
  uint64_t at = 0;   // offset of the bytes in the module
};
// One function body: offset of its first byte (the locals vector) and size, without the size field itself.
struct Body {
  uint64_t offset = 0;
  uint32_t size = 0;
};
struct CustomSection {
  std::string_view name;
  Range content;
};
// From `metadata.code.branch_hint`, sorted by offset (relative to the body's start, Body::offset).
struct BranchHint {
  uint32_t offset = 0;
  bool likely = false;
};

struct Module {
  Bytes bytes;  // borrowed: the whole binary

  std::vector<SubType> types;
  std::vector<TypeIndex> canonical;  // per type: the first type of this module that is equal to it
  std::vector<Import> imports;
  std::vector<TypeIndex> funcs;  // imported first
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<TagType> tags;
  std::vector<Export> exports;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> datas;
  std::optional<FuncIndex> start;
  std::optional<uint32_t> data_count;
  std::vector<Body> bodies;            // one per own function
  std::vector<CustomSection> customs;  // all, in order
  Range code_section;                  // content of the code section: DWARF offsets count from here
  std::unordered_map<FuncIndex, std::vector<BranchHint>> branch_hints;

  uint32_t imported_funcs = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0, imported_tags = 0;

  // Functions whose reference may exist at run time: exported, in element segments, in ref.func of constant expressions or
  // declared. Sorted, without repetition. Only these may be named by ref.func in a body (C.refs of the specification) —
  // start alone does not count — and only these get a funcref slot in an instance.
  std::vector<FuncIndex> escaped;
  [[nodiscard]] bool is_escaped(FuncIndex index) const;

  [[nodiscard]] const FuncType& func_type(FuncIndex index) const { return types[funcs[index]].func; }
  [[nodiscard]] bool is_imported(FuncIndex index) const { return index < imported_funcs; }

  // Type relations inside this module; indices must be in range. Spec: core/valid/matching.
  [[nodiscard]] bool equal_types(ValueType a, ValueType b) const;
  [[nodiscard]] bool matches(ValueType sub, ValueType super) const;
  [[nodiscard]] bool matches(HeapType sub, HeapType super) const;
};

// How the specification writes them: "(ref null func)", "i32", "[i32 i64] -> [f32]", "(sub final (func …))".
[[nodiscard]] std::string text(ValueType type);
[[nodiscard]] std::string text(HeapType type);
[[nodiscard]] std::string text(std::span<const ValueType> types);
[[nodiscard]] std::string text(const FuncType& type);
[[nodiscard]] std::string text(const SubType& type);
[[nodiscard]] std::string text(const Limits& limits);
[[nodiscard]] const char* text(ExternKind kind);

}  // namespace mote::wasm
