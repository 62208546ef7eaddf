// Values and types between C and C++. Numbers of kinds differ by one: 0 is no kind in C. Tested by capi_test.c.
#pragma once

#include <mote/result.h>
#include <mote/store.h>
#include <mote/value.h>

#include <mote.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mote::capi {

// Nothing for a number that is no kind.
[[nodiscard]] constexpr std::optional<ValKind> kind_of(mote_value_kind_t kind) {
  if (kind < MOTE_VALUE_I32 || kind > MOTE_VALUE_EXNREF) return std::nullopt;
  return static_cast<ValKind>(kind - 1);
}
[[nodiscard]] constexpr mote_value_kind_t to_c(ValKind kind) {
  return static_cast<mote_value_kind_t>(kind) + 1;
}
[[nodiscard]] constexpr mote_extern_kind_t to_c(ExternKind kind) {
  return static_cast<mote_extern_kind_t>(kind) + 1;
}

[[nodiscard]] Result<Val> from_c(const mote_value_t& value);
// Of a kind that is one: its bits alone, whatever the caller's union has above them.
[[nodiscard]] inline Val bits_from_c(ValKind kind, const mote_value_t& value) {
  uint64_t bits[2];
  std::memcpy(bits, &value.of, sizeof bits);
  if (kind == ValKind::i32 || kind == ValKind::f32) return Val::from_bits(kind, static_cast<uint32_t>(bits[0]));
  return Val::from_bits(kind, bits[0], kind == ValKind::v128 ? bits[1] : 0);
}
[[nodiscard]] inline mote_value_t to_c(Val value) {
  mote_value_t result;
  result.kind = to_c(value.kind());
  result.reserved = 0;
  result.of.bits[0] = value.low();
  result.of.bits[1] = value.high();
  return result;
}

// What a caller asks for in an array of its own: as much as fits, and how much there is.
[[nodiscard]] size_t copy_kinds(const std::vector<ValType>& types, mote_value_kind_t* kinds, size_t capacity);
[[nodiscard]] size_t copy_text(std::string_view whole, char* text, size_t capacity);  // with a zero byte behind it

[[nodiscard]] Result<FuncSignature> signature_of(const mote_func_type_t* type);
[[nodiscard]] Result<MemoryType> memory_type_of(const mote_memory_type_t* type);
[[nodiscard]] Result<TableType> table_type_of(const mote_table_type_t* type);
// `memory_size`: the limit whose default memories get.
[[nodiscard]] Result<StoreLimits> limits_of(const mote_store_limits_t* limits,
                                            const limits::Limit& memory_size = limits::memory_size);

// The values of one call: few lie on the stack, and only as many as there are are made.
template <class T>
class Few {
 public:
  explicit Few(size_t count) : count_(count) {
    if (count > few)
      many_.resize(count);
    else
      std::uninitialized_value_construct_n(on_stack(), count);
  }
  Few(const Few&) = delete;
  Few& operator=(const Few&) = delete;
  [[nodiscard]] std::span<T> all() { return {count_ > few ? many_.data() : on_stack(), count_}; }

 private:
  static_assert(std::is_trivially_destructible_v<T>);
  static constexpr size_t few = 16;
  [[nodiscard]] T* on_stack() { return std::launder(reinterpret_cast<T*>(bytes_)); }
  size_t count_;
  std::vector<T> many_;
  alignas(T) std::byte bytes_[few * sizeof(T)];
};

}  // namespace mote::capi
