// Values and types as an embedder sees them.
//
// Plain data, safe to copy. Names and spellings are the specification's (core/syntax/types, core/exec/runtime "Values").
// Tested by engine/api/value_test.cpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace mote {

// The kind of a value. funcref and externref stand for their hierarchies; ValType has the precise type as text.
enum class ValKind : uint8_t { i32, i64, f32, f64, v128, funcref, externref, anyref, exnref };

// "i32", "funcref", …
[[nodiscard]] const char* name(ValKind kind);

// A value of any type. Floats are kept as bits, so NaN payloads survive. References are handles of one store: they are valid while
// that store lives and mean nothing elsewhere.
class Val {
 public:
  constexpr Val() : Val(int32_t{0}) {}
  constexpr Val(int32_t value) : kind_(ValKind::i32), low_(static_cast<uint32_t>(value)) {}
  constexpr Val(uint32_t value) : kind_(ValKind::i32), low_(value) {}
  constexpr Val(int64_t value) : kind_(ValKind::i64), low_(static_cast<uint64_t>(value)) {}
  constexpr Val(uint64_t value) : kind_(ValKind::i64), low_(value) {}
  Val(float value) : kind_(ValKind::f32) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    low_ = bits;
  }
  Val(double value) : kind_(ValKind::f64) { std::memcpy(&low_, &value, 8); }
  static constexpr Val from_bits(ValKind kind, uint64_t low, uint64_t high = 0) {
    Val v;
    v.kind_ = kind;
    v.low_ = low;
    v.high_ = high;
    return v;
  }
  static constexpr Val v128(uint64_t low, uint64_t high) { return from_bits(ValKind::v128, low, high); }
  static constexpr Val null(ValKind kind) { return from_bits(kind, 0); }

  [[nodiscard]] constexpr ValKind kind() const { return kind_; }
  [[nodiscard]] constexpr bool is_ref() const { return kind_ >= ValKind::funcref; }
  [[nodiscard]] constexpr bool is_null() const { return is_ref() && low_ == 0; }
  [[nodiscard]] constexpr int32_t i32() const { return static_cast<int32_t>(low_); }
  [[nodiscard]] constexpr int64_t i64() const { return static_cast<int64_t>(low_); }
  [[nodiscard]] float f32() const {
    uint32_t bits = static_cast<uint32_t>(low_);
    float v;
    std::memcpy(&v, &bits, 4);
    return v;
  }
  [[nodiscard]] double f64() const {
    double v;
    std::memcpy(&v, &low_, 8);
    return v;
  }
  [[nodiscard]] constexpr uint64_t low() const { return low_; }    // bits of a number, lanes 0–7, or the handle of a reference
  [[nodiscard]] constexpr uint64_t high() const { return high_; }  // lanes 8–15 of a v128
  constexpr bool operator==(const Val&) const = default;           // of bits: NaNs with equal payload are equal

 private:
  ValKind kind_;
  uint64_t low_ = 0;
  uint64_t high_ = 0;
};

// A value type: its kind, and how the specification writes it ("(ref null 3)").
struct ValType {
  ValKind kind = ValKind::i32;
  std::string text;
};
struct FuncSignature {
  std::vector<ValType> params;
  std::vector<ValType> results;
  [[nodiscard]] std::string text() const;  // "(i32, i64) -> (f32)"
};

enum class ExternKind : uint8_t { func, table, memory, global, tag };
[[nodiscard]] const char* name(ExternKind kind);

// Types of definitions that an embedder makes for its guests (store.h). Pages are 64 KiB.
struct MemoryType {
  uint64_t min_pages = 0;
  std::optional<uint64_t> max_pages = {};
  bool is_64_bit = false;  // addressed by i64
  bool is_shared = false;
};
struct TableType {
  ValKind element = ValKind::funcref;
  uint64_t min = 0;
  std::optional<uint64_t> max = {};
  bool is_64_bit = false;
};

// What a module asks for and what it offers, in the order of its sections.
struct ImportInfo {
  std::string module, name;
  ExternKind kind;
  std::string type;  // as the specification writes it
};
struct ExportInfo {
  std::string name;
  ExternKind kind;
  std::string type;
};

}  // namespace mote
