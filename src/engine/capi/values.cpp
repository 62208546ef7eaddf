// Values and types between C and C++. Declared in values.h. Tested by capi_test.c.
#include "engine/capi/values.h"

#include "base/core/format.h"
#include "engine/capi/structs.h"

#include <algorithm>
#include <cstddef>

namespace mote::capi {

static_assert(to_c(ValKind::i32) == MOTE_VALUE_I32 && to_c(ValKind::i64) == MOTE_VALUE_I64 &&
              to_c(ValKind::f32) == MOTE_VALUE_F32 && to_c(ValKind::f64) == MOTE_VALUE_F64 &&
              to_c(ValKind::v128) == MOTE_VALUE_V128 && to_c(ValKind::funcref) == MOTE_VALUE_FUNCREF &&
              to_c(ValKind::externref) == MOTE_VALUE_EXTERNREF && to_c(ValKind::anyref) == MOTE_VALUE_ANYREF &&
              to_c(ValKind::exnref) == MOTE_VALUE_EXNREF);
static_assert(to_c(ExternKind::func) == MOTE_EXTERN_FUNC && to_c(ExternKind::table) == MOTE_EXTERN_TABLE &&
              to_c(ExternKind::memory) == MOTE_EXTERN_MEMORY && to_c(ExternKind::global) == MOTE_EXTERN_GLOBAL &&
              to_c(ExternKind::tag) == MOTE_EXTERN_TAG);

// Structs of mote.h that never change.
static_assert(sizeof(mote_string_t) == 16 && sizeof(mote_bytes_t) == 16 && sizeof(mote_func_t) == 16 &&
              sizeof(mote_instance_t) == 16);
static_assert(sizeof(mote_value_t) == 24 && alignof(mote_value_t) == 8 && offsetof(mote_value_t, of) == 8);

namespace {

Result<ValKind> checked(mote_value_kind_t kind) {
  if (const auto known = kind_of(kind)) return *known;
  return fail(ErrorKind::bad_input, format("{} is no kind of value: see mote_value_kind_t", kind));
}

Result<std::vector<ValType>> types_of(const mote_value_kind_t* kinds, size_t count, const char* what) {
  if (kinds == nullptr && count != 0)
    return fail(ErrorKind::bad_input, format("mote_func_type_t: {} is NULL, its count is {}", what, count));
  if (count > limits::parameters) {
    return fail(ErrorKind::limit, format("mote_func_type_t: {} {}, at most {} are possible", count, what, limits::parameters));
  }
  std::vector<ValType> types;
  types.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const ValKind kind = TRY(checked(kinds[i]));
    types.push_back({kind, name(kind)});
  }
  return types;
}

Result<void> check_reserved(uint32_t reserved, const char* name) {
  if (reserved == 0) return {};
  return fail(ErrorKind::bad_input, format("{}: reserved is {}: it must be 0", name, reserved));
}

uint64_t or_standard(uint64_t wanted, const limits::Limit& limit) {
  return wanted == 0 ? limit.standard : wanted;
}

}  // namespace

Result<Val> from_c(const mote_value_t& value) {
  return bits_from_c(TRY(checked(value.kind)), value);
}

size_t copy_kinds(const std::vector<ValType>& types, mote_value_kind_t* kinds, size_t capacity) {
  if (kinds != nullptr) {
    for (size_t i = 0; i < std::min(types.size(), capacity); ++i) kinds[i] = to_c(types[i].kind);
  }
  return types.size();
}

size_t copy_text(std::string_view whole, char* text, size_t capacity) {
  if (text != nullptr && capacity != 0) {
    const size_t fits = std::min(whole.size(), capacity - 1);
    std::memcpy(text, whole.data(), fits);
    text[fits] = '\0';
  }
  return whole.size();
}

Result<FuncSignature> signature_of(const mote_func_type_t* type) {
  const mote_func_type_t known = TRY(read_struct(type, "mote_func_type_t"));
  return FuncSignature{TRY(types_of(known.params, known.param_count, "params")),
                       TRY(types_of(known.results, known.result_count, "results"))};
}

Result<MemoryType> memory_type_of(const mote_memory_type_t* type) {
  const mote_memory_type_t known = TRY(read_struct(type, "mote_memory_type_t"));
  TRY(check_reserved(known.reserved, "mote_memory_type_t"));
  MemoryType result{
      .min_pages = known.min_pages, .max_pages = {}, .is_64_bit = known.is_64_bit != 0, .is_shared = known.is_shared != 0};
  if (known.has_max != 0) result.max_pages = known.max_pages;
  return result;
}

Result<TableType> table_type_of(const mote_table_type_t* type) {
  const mote_table_type_t known = TRY(read_struct(type, "mote_table_type_t"));
  TRY(check_reserved(known.reserved, "mote_table_type_t"));
  TableType result{.element = TRY(checked(known.element)), .min = known.min_elements, .max = {}, .is_64_bit = known.is_64_bit != 0};
  if (known.has_max != 0) result.max = known.max_elements;
  return result;
}

Result<StoreLimits> limits_of(const mote_store_limits_t* wanted, const limits::Limit& memory_size) {
  const mote_store_limits_t known = TRY(read_struct(wanted, "mote_store_limits_t"));
  TRY(check_reserved(known.reserved, "mote_store_limits_t"));
  if (known.gc_zeal > MOTE_OFF) {
    return fail(ErrorKind::bad_input,
                format("mote_store_limits_t: gc_zeal is {}, which this version of the library does not know", known.gc_zeal));
  }
  return StoreLimits{.memory_size_bytes = or_standard(known.memory_size_bytes, memory_size),
                     .shared_memory_size_bytes = or_standard(known.shared_memory_size_bytes, limits::shared_memory_size),
                     .waiters = or_standard(known.waiters, limits::waiters),
                     .table_elements = or_standard(known.table_elements, limits::table_elements),
                     .instances = or_standard(known.instances, limits::instances),
                     .wasm_stack_bytes = or_standard(known.wasm_stack_bytes, limits::wasm_stack),
                     .gc_heap_size_bytes = or_standard(known.gc_heap_size_bytes, limits::gc_heap_size),
                     .gc_zeal = known.gc_zeal == MOTE_ON};
}

}  // namespace mote::capi

using namespace mote;
using namespace mote::capi;

mote_string_t mote_value_kind_name(mote_value_kind_t kind) {
  const auto known = kind_of(kind);
  return mote_string(known ? name(*known) : "unknown");
}
mote_string_t mote_extern_kind_name(mote_extern_kind_t kind) {
  if (kind < MOTE_EXTERN_FUNC || kind > MOTE_EXTERN_TAG) return mote_string("unknown");
  return mote_string(name(static_cast<ExternKind>(kind - 1)));
}
