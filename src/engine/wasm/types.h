// The types of WebAssembly 3.0: value, heap, function, struct, array, sub and recursive types; limits and external types.
//
// ValueType and HeapType are 32-bit values, cheap to copy and compare. Inside one module a concrete heap type is a type index;
// equality *of types* is decided on canonical indices (Module::canonical), since two indices may name the same type.
// Spec: core/syntax/types, core/binary/types. Tested by types_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::wasm {

using TypeIndex = uint32_t;
using FuncIndex = uint32_t;
using TableIndex = uint32_t;
using MemoryIndex = uint32_t;
using GlobalIndex = uint32_t;
using TagIndex = uint32_t;
using ElementIndex = uint32_t;
using DataIndex = uint32_t;
using LocalIndex = uint32_t;

// An abstract heap type, or a type index into the module.
class HeapType {
 public:
  // clang-format off
  enum Abstract : uint32_t {
    func = 0x0800'0000, extern_, any, eq, i31, struct_, array, exn,  // tops and their middles
    none, nofunc, noextern, noexn,                                   // bottoms
    bot,  // below all: what a reference is in unreachable code; in no module and never told to a consumer
  };
  // clang-format on
  constexpr HeapType(Abstract kind) : bits_(kind) {}
  static constexpr HeapType concrete(TypeIndex index) { return HeapType(index, 0); }

  [[nodiscard]] constexpr bool is_concrete() const { return bits_ < 0x0800'0000; }
  [[nodiscard]] constexpr TypeIndex index() const { return bits_; }
  [[nodiscard]] constexpr Abstract abstract() const { return static_cast<Abstract>(bits_); }
  [[nodiscard]] constexpr uint32_t bits() const { return bits_; }
  static constexpr HeapType from_bits(uint32_t bits) { return HeapType(bits, 0); }
  constexpr bool operator==(const HeapType&) const = default;

 private:
  constexpr HeapType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_;  // 28 bits
};
[[nodiscard]] bool matches(HeapType::Abstract sub, HeapType::Abstract super);

enum class ValueKind : uint8_t { i32, i64, f32, f64, v128, ref, bottom };  // bottom: any type, in unreachable code

// kind (3 bits), nullable (1 bit), heap type (28 bits).
class ValueType {
 public:
  constexpr ValueType() : ValueType(ValueKind::bottom) {}
  constexpr ValueType(ValueKind kind) : bits_(static_cast<uint32_t>(kind) << 29) {}
  static constexpr ValueType ref(HeapType heap, bool nullable) {
    return ValueType(static_cast<uint32_t>(ValueKind::ref) << 29 | static_cast<uint32_t>(nullable) << 28 | heap.bits(), 0);
  }
  [[nodiscard]] constexpr ValueKind kind() const { return static_cast<ValueKind>(bits_ >> 29); }
  [[nodiscard]] constexpr bool is_ref() const { return kind() == ValueKind::ref; }
  [[nodiscard]] constexpr bool is_number() const { return kind() <= ValueKind::f64; }
  [[nodiscard]] constexpr bool is_vector() const { return kind() == ValueKind::v128; }
  [[nodiscard]] constexpr bool is_nullable() const { return (bits_ >> 28 & 1) != 0; }
  [[nodiscard]] constexpr bool is_defaultable() const { return !is_ref() || is_nullable(); }
  [[nodiscard]] constexpr HeapType heap() const { return HeapType::from_bits(bits_ & 0x0fff'ffff); }
  [[nodiscard]] constexpr ValueType as_non_null() const { return ValueType(bits_ & ~(1u << 28), 0); }
  [[nodiscard]] constexpr ValueType as_nullable() const { return ValueType(bits_ | 1u << 28, 0); }
  [[nodiscard]] constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const ValueType&) const = default;  // of spelling; see Module::equal_types

 private:
  constexpr ValueType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_;
};

inline constexpr ValueType i32 = ValueKind::i32, i64 = ValueKind::i64, f32 = ValueKind::f32, f64 = ValueKind::f64,
                           v128 = ValueKind::v128, bottom = ValueKind::bottom;
inline constexpr ValueType funcref = ValueType::ref(HeapType::func, true);
inline constexpr ValueType externref = ValueType::ref(HeapType::extern_, true);

struct FuncType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
};

enum class PackedKind : uint8_t { none, i8, i16 };  // none: the field is the value type itself
struct FieldType {
  ValueType type;  // i32 where packed
  PackedKind packed = PackedKind::none;
  bool is_mutable = false;
};
struct StructType {
  std::vector<FieldType> fields;
};
struct ArrayType {
  FieldType element;
};

enum class CompositeKind : uint8_t { func, struct_, array };

struct SubType {
  CompositeKind kind = CompositeKind::func;
  bool is_final = true;
  bool is_shared = false;  // always false: shared-everything threads are not part of 3.0
  std::optional<TypeIndex> supertype;
  uint32_t depth = 0;        // number of supertypes above it
  uint32_t group_start = 0;  // first type index of its recursion group
  uint32_t group_size = 1;
  FuncType func;  // the one that `kind` names
  StructType struct_;
  ArrayType array;
};

enum class AddressType : uint8_t { i32, i64 };

struct Limits {
  AddressType address = AddressType::i32;
  bool is_shared = false;
  uint64_t min = 0;
  std::optional<uint64_t> max;
};
struct MemoryType {
  Limits limits;  // in pages of 64 KiB
};
struct TableType {
  ValueType element;
  Limits limits;  // in elements
};
struct GlobalType {
  ValueType type;
  bool is_mutable = false;
};
struct TagType {
  TypeIndex type = 0;  // a function type without results
};

enum class ExternKind : uint8_t { func, table, memory, global, tag };

}  // namespace mote::wasm
