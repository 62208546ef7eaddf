// Values and types between C and C++. Numbers of kinds differ by one: 0 is no kind in C. Tested by capi_test.c.
#pragma once

#include <mote/result.h>
#include <mote/store.h>
#include <mote/value.h>

#include <mote.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace mote::capi {

// Nothing for a number that is no kind.
[[nodiscard]] std::optional<ValKind> kind_of(mote_value_kind_t kind);
[[nodiscard]] constexpr mote_value_kind_t to_c(ValKind kind) {
  return static_cast<mote_value_kind_t>(kind) + 1;
}
[[nodiscard]] constexpr mote_extern_kind_t to_c(ExternKind kind) {
  return static_cast<mote_extern_kind_t>(kind) + 1;
}

[[nodiscard]] Result<Val> from_c(const mote_value_t& value);
[[nodiscard]] mote_value_t to_c(Val value);

[[nodiscard]] Result<FuncSignature> signature_of(const mote_func_type_t* type);
[[nodiscard]] Result<MemoryType> memory_type_of(const mote_memory_type_t* type);
[[nodiscard]] Result<TableType> table_type_of(const mote_table_type_t* type);
// `memory_size`: the limit whose default memories get.
[[nodiscard]] Result<StoreLimits> limits_of(const mote_store_limits_t* limits,
                                            const limits::Limit& memory_size = limits::memory_size);

// The values of one call: few lie on the stack.
template <class T>
class Few {
 public:
  explicit Few(size_t count) : count_(count) {
    if (count > few) many_.resize(count);
  }
  [[nodiscard]] std::span<T> all() { return {count_ > few ? many_.data() : few_.data(), count_}; }

 private:
  static constexpr size_t few = 16;
  size_t count_;
  std::array<T, few> few_{};
  std::vector<T> many_;
};

}  // namespace mote::capi
