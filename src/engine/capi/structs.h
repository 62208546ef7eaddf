// Structs of mote.h that begin with their size, between versions: what an older caller lacks is zero, what a newer one has and we
// do not know must be zero. Tested by capi_test.c.
#pragma once

#include "base/core/format.h"

#include <mote/result.h>

#include <mote.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace mote::capi {

// Sizes of the structs when they were first published, the least that a caller may have. Never changed.
template <class T>
inline constexpr size_t first_size = 0;
template <>
inline constexpr size_t first_size<mote_limit_t> = 56;
template <>
inline constexpr size_t first_size<mote_frame_t> = 56;
template <>
inline constexpr size_t first_size<mote_func_type_t> = 40;
template <>
inline constexpr size_t first_size<mote_memory_type_t> = 40;
template <>
inline constexpr size_t first_size<mote_table_type_t> = 40;
template <>
inline constexpr size_t first_size<mote_engine_config_t> = 144;
template <>
inline constexpr size_t first_size<mote_setting_t> = 56;
template <>
inline constexpr size_t first_size<mote_origin_t> = 32;
template <>
inline constexpr size_t first_size<mote_import_t> = 64;
template <>
inline constexpr size_t first_size<mote_export_t> = 48;
template <>
inline constexpr size_t first_size<mote_store_limits_t> = 56;
template <>
inline constexpr size_t first_size<mote_object_info_t> = 16;
template <>
inline constexpr size_t first_size<mote_heap_use_t> = 32;
template <>
inline constexpr size_t first_size<mote_pool_config_t> = 120;
template <>
inline constexpr size_t first_size<mote_pool_report_t> = 72;

// More than any of them will ever have: a size above it was not set.
inline constexpr size_t largest_struct_bytes = 4096;

// A caller's struct of any version. NULL is all zero. `name`: of its type.
template <class T>
[[nodiscard]] Result<T> read_struct(const T* given, const char* name) {
  static_assert(first_size<T> != 0 && first_size<T> <= sizeof(T));
  T known = {};
  if (given == nullptr) return known;
  const size_t size = given->size;
  if (size < first_size<T> || size > largest_struct_bytes) {
    return fail(ErrorKind::bad_input, format("{}: size is {}: set it to sizeof({})", name, size, name));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(given);
  std::memcpy(&known, bytes, std::min(size, sizeof known));
  for (size_t i = sizeof known; i < size; ++i) {
    if (bytes[i] != std::byte(0)) {
      return fail(ErrorKind::unsupported,
                  format("{}: sets a field at byte {} that this version of the library does not know", name, i));
    }
  }
  return known;
}

// Fills a caller's struct of any version. False when there is none, or its size is none.
template <class T>
[[nodiscard]] bool write_struct(T* into, T known) {
  static_assert(first_size<T> != 0 && first_size<T> <= sizeof(T));
  if (into == nullptr || into->size < first_size<T> || into->size > largest_struct_bytes) return false;
  known.size = into->size;
  std::memcpy(static_cast<void*>(into), &known, std::min(known.size, sizeof known));
  if (known.size > sizeof known) std::memset(reinterpret_cast<std::byte*>(into) + sizeof known, 0, known.size - sizeof known);
  return true;
}

}  // namespace mote::capi
