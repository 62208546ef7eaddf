// Objects of the collected heap: references, headers, where fields and elements lie, and what casts look at.
//
// A reference (any, extern and exn hierarchies) is 32 bits in registers, frames, globals, tables and objects:
//     0              null
//     bit 0 set      i31: the value in bits 31..1
//     bits 1..0 = 2  a number of the embedder's (externref; Store::externref_number)
//     else           an object: bytes from VMContext::gc_base, a multiple of 8
// any.convert_extern and extern.convert_any change nothing. References of the func hierarchy are FuncRef pointers, 64 bits, also
// in objects: only typed instructions read them, and a FuncRef outlives the heap.
//
// An object is an ObjectHeader and what follows it, 8-aligned, sizes rounded up to 8:
//     struct      fields from 8 on, each at its natural alignment (v128: 8) in order, so a subtype begins as its supertype does
//     array       u32 length at 8; elements from 12 on, from 16 on where they have 8 bytes or more
//     exception   u32 VMTag::id at 8; the tag's parameters from 16 on, as fields
// Compiler and runtime compute offsets by the same functions here. The layout is part of the ABI (abi.h).
// Why so: docs/internals/gc.md. Tested by object_layout_test.cpp, tests/spec.
#pragma once

#include "engine/wasm/module.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mote::code {

using TypeId = uint32_t;  // a canonical type of the engine's registry; equal types of any module have equal ids

enum class ObjectKind : uint32_t { none = 0, struct_ = 1, array = 2, exception = 3 };
struct ObjectHeader {
  TypeId type;  // an exception's: the function type of its tag
  ObjectKind kind;
};
static_assert(sizeof(ObjectHeader) == 8);

inline constexpr uint32_t object_alignment = 8;
inline constexpr uint32_t struct_fields_offset = 8;
inline constexpr uint32_t array_length_offset = 8;
inline constexpr uint32_t exception_tag_offset = 8;
inline constexpr uint32_t exception_fields_offset = 16;
[[nodiscard]] constexpr uint32_t array_elements_offset(uint32_t element_bytes) {
  return element_bytes <= 4 ? 12 : 16;
}
inline constexpr uint32_t i31_bit = 1, host_reference_bits = 2, reference_tag_mask = 3;

// Bytes of a field or element: 1, 2, 4, 8 or 16. Both kinds of reference: 8 where `is_func`, else 4.
[[nodiscard]] uint32_t field_bytes(const wasm::FieldType& field, bool is_func);

// Gives fields their offsets, one after the other.
class FieldPlacer {
 public:
  explicit constexpr FieldPlacer(uint32_t start) : at_(start) {}
  [[nodiscard]] uint32_t next(uint32_t bytes);
  [[nodiscard]] uint32_t object_bytes() const { return (at_ + object_alignment - 1) / object_alignment * object_alignment; }

 private:
  uint32_t at_;
};

// What the collector, casts and builtins know of a type, by TypeId, from VMContext::rtt on. `display[d]` is the ancestor at depth d
// (itself at its own depth), no_type beyond. A type whose ancestor of interest lies deeper is asked by builtin type_matches.
struct TypeRecord {
  static constexpr uint32_t display_depth = 12;
  static constexpr TypeId no_type = UINT32_MAX;
  uint8_t kind;               // ObjectKind of its objects: exception for a function type
  uint8_t element_bytes;      // array
  bool has_collected;         // array: whether elements are references into the heap; others: whether any field is
  bool is_func_element;       // array: elements are FuncRef pointers
  uint32_t size;              // struct, exception: bytes of an object; array: offset of its elements
  const uint32_t* collected;  // struct, exception: their number, then offsets of references into the heap, ascending
  TypeId display[display_depth];
};
static_assert(sizeof(TypeRecord) == 64);

// Offsets of all struct fields and tag parameters of a module, computed once.
class ObjectLayouts {
 public:
  explicit ObjectLayouts(const wasm::Module& module);

  [[nodiscard]] uint32_t field(wasm::TypeIndex struct_type, uint32_t field) const { return offsets_[starts_[struct_type] + field]; }
  [[nodiscard]] uint32_t struct_bytes(wasm::TypeIndex struct_type) const { return sizes_[struct_type]; }
  // A parameter of a tag, by the tag's function type.
  [[nodiscard]] uint32_t exception_field(wasm::TypeIndex func_type, uint32_t param) const {
    return offsets_[starts_[func_type] + param];
  }
  // Bytes of an array type's element.
  [[nodiscard]] uint32_t element_bytes(wasm::TypeIndex array_type) const { return sizes_[array_type]; }

 private:
  // By type index; empty where the module has neither structs, arrays nor tags.
  std::vector<uint32_t> starts_, sizes_, offsets_;
};

// References of the func hierarchy (func, nofunc, concrete function types) are FuncRef pointers, 64 bits; others are 32 bits.
[[nodiscard]] bool is_func_ref(const wasm::Module& module, wasm::ValueType type);
// A reference that the collector may have to follow and change.
[[nodiscard]] inline bool is_collected(const wasm::Module& module, wasm::ValueType type) {
  return type.is_ref() && !is_func_ref(module, type);
}

}  // namespace mote::code
