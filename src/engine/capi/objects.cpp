// Objects, tags and exceptions of mote.h, over mote/object.h. Tested by objects_test.c.
#include "base/core/format.h"
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"
#include "engine/capi/values.h"

#include <mote/object.h>

#include <algorithm>
#include <bit>

using namespace mote;
using namespace mote::capi;

// NOLINTNEXTLINE(readability-identifier-naming): the name of mote.h
struct mote_scope_t {
  explicit mote_scope_t(Store& store) : scope(store) {}
  RefScope scope;
};

namespace {

static_assert(static_cast<uint32_t>(mote::ObjectKind::null) + 1 == MOTE_OBJECT_NULL &&
              static_cast<uint32_t>(mote::ObjectKind::i31) + 1 == MOTE_OBJECT_I31 &&
              static_cast<uint32_t>(mote::ObjectKind::structure) + 1 == MOTE_OBJECT_STRUCTURE &&
              static_cast<uint32_t>(mote::ObjectKind::array) + 1 == MOTE_OBJECT_ARRAY &&
              static_cast<uint32_t>(mote::ObjectKind::exception) + 1 == MOTE_OBJECT_EXCEPTION &&
              static_cast<uint32_t>(mote::ObjectKind::number) + 1 == MOTE_OBJECT_NUMBER);
static_assert(sizeof(ObjectType) == sizeof(mote_object_type_t::private_id));  // and no more than its number
static_assert(sizeof(mote_field_type_t) == 16 && sizeof(mote_object_type_t) == 16 && sizeof(mote_tag_t) == 16);

Result<std::vector<Val>> values_of(const mote_value_t* values, size_t count) {
  std::vector<Val> known;
  known.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    auto value = from_c(values[i]);
    if (!value) return fail(ErrorKind::bad_input, format("value {}: {}", i, value.error().message));
    known.push_back(*value);
  }
  return known;
}

Result<FieldType> field_of(const mote_field_type_t& field) {
  const auto kind = kind_of(field.kind);
  if (!kind) return fail(ErrorKind::bad_input, format("{} is no kind of value: see mote_value_kind_t", field.kind));
  if (field.reserved != 0 || field.packed_bits > 16) {
    return fail(ErrorKind::bad_input, format("mote_field_type_t: packed_bits is {}, reserved is {}: they must be 0, 8 or 16, and 0",
                                             field.packed_bits, field.reserved));
  }
  return FieldType{*kind, static_cast<uint8_t>(field.packed_bits), field.is_mutable != 0};
}

mote_failure_t* give_type(const mote_engine_t* engine, Result<ObjectType> made, mote_object_type_t* type) {
  return give(std::move(made), type,
              [&](ObjectType known) { return mote_object_type_t{engine->engine.state().get(), known.id(), 0}; });
}

mote_failure_t* give_value(Result<Val> made, mote_value_t* value) {
  return give(std::move(made), value, [](Val known) { return to_c(known); });
}

// The type as one of the engine that the store belongs to.
Result<ObjectType> type_in(const mote_store_t& store, mote_object_type_t type) {
  if (type.private_engine != store.engine.state().get()) {
    return fail(ErrorKind::bad_input, "type is empty, or was made with another engine than the store");
  }
  return std::bit_cast<ObjectType>(type.private_id);
}

}  // namespace

mote_value_t mote_value_i31(int32_t number) {
  return to_c(i31(number));
}
bool mote_value_to_i31(const mote_value_t* value, int32_t* number) {
  if (number == nullptr) return false;
  *number = 0;
  if (value == nullptr) return false;
  const auto known = from_c(*value);
  const auto found = known ? i31_value(*known) : std::nullopt;
  *number = found.value_or(0);
  return found.has_value();
}

mote_failure_t* mote_structure_type_create(const mote_engine_t* engine, const mote_field_type_t* fields, size_t field_count,
                                           mote_object_type_t* type) {
  MOTE_OUTPUT(type);
  MOTE_NEED(engine);
  if (field_count != 0) MOTE_NEED(fields);
  std::vector<FieldType> known;
  for (size_t i = 0; i < std::min(field_count, limits::struct_fields + size_t{1}); ++i) {
    auto field = field_of(fields[i]);
    if (!field) return failed(Error{field.error().kind, format("field {}: {}", i, field.error().message)});
    known.push_back(*field);
  }
  return give_type(engine, ObjectType::structure(engine->engine, known), type);
}
mote_failure_t* mote_array_type_create(const mote_engine_t* engine, const mote_field_type_t* element, mote_object_type_t* type) {
  MOTE_OUTPUT(type);
  MOTE_NEED(engine);
  MOTE_NEED(element);
  auto known = field_of(*element);
  if (!known) return failed(std::move(known.error()));
  return give_type(engine, ObjectType::array(engine->engine, *known), type);
}

mote_failure_t* mote_structure_create(mote_store_t* store, mote_object_type_t type, const mote_value_t* fields, size_t field_count,
                                      mote_value_t* object) {
  MOTE_OUTPUT(object);
  MOTE_NEED(store);
  if (field_count != 0) MOTE_NEED(fields);
  auto known = type_in(*store, type);
  if (!known) return failed(std::move(known.error()));
  auto values = values_of(fields, field_count);
  if (!values) return failed(std::move(values.error()));
  return give_value(new_structure(*store->store, *known, *values), object);
}
mote_failure_t* mote_array_create(mote_store_t* store, mote_object_type_t type, uint32_t length, const mote_value_t* element,
                                  mote_value_t* object) {
  MOTE_OUTPUT(object);
  MOTE_NEED(store);
  MOTE_NEED(element);
  auto known = type_in(*store, type);
  if (!known) return failed(std::move(known.error()));
  const auto value = from_c(*element);
  if (!value) return failed(value.error());
  return give_value(new_array(*store->store, *known, length, *value), object);
}

mote_failure_t* mote_object_info(const mote_store_t* store, const mote_value_t* object, mote_object_info_t* info) {
  MOTE_NEED(store);
  MOTE_NEED(object);
  MOTE_NEED(info);
  const auto value = from_c(*object);
  if (!value) return failed(value.error());
  const auto known = object_info(*store->store, *value);
  if (!known) return failed(known.error());
  mote_object_info_t out = {};
  out.kind = static_cast<mote_object_kind_t>(known->kind) + 1;
  out.count = known->size;
  if (write_struct(info, out)) return success;
  return failed(Error{ErrorKind::bad_input, "mote_object_info_t: set size to sizeof(mote_object_info_t)"});
}
size_t mote_object_type_text(const mote_store_t* store, const mote_value_t* object, char* text, size_t capacity) {
  const auto value = object == nullptr ? Result<Val>(Val::null(ValKind::anyref)) : from_c(*object);
  const auto info = store == nullptr || !value ? Result<ObjectInfo>(ObjectInfo{}) : object_info(*store->store, *value);
  return copy_text(info ? info->type : std::string(), text, capacity);
}
bool mote_object_is_same(const mote_store_t* store, const mote_value_t* a, const mote_value_t* b) {
  if (store == nullptr || a == nullptr || b == nullptr) return false;
  const auto left = from_c(*a), right = from_c(*b);
  return left && right && same_object(*store->store, *left, *right);
}
mote_failure_t* mote_object_get(mote_store_t* store, const mote_value_t* object, uint32_t index, mote_value_t* value) {
  MOTE_OUTPUT(value);
  MOTE_NEED(store);
  MOTE_NEED(object);
  const auto known = from_c(*object);
  if (!known) return failed(known.error());
  return give_value(get_field(*store->store, *known, index), value);
}
mote_failure_t* mote_object_set(mote_store_t* store, const mote_value_t* object, uint32_t index, const mote_value_t* value) {
  MOTE_NEED(store);
  MOTE_NEED(object);
  MOTE_NEED(value);
  const auto known = from_c(*object), to = from_c(*value);
  if (!known) return failed(known.error());
  if (!to) return failed(to.error());
  return outcome(set_field(*store->store, *known, index, *to));
}

mote_failure_t* mote_scope_create(mote_store_t* store, mote_scope_t** scope) {
  MOTE_OUTPUT(scope);
  MOTE_NEED(store);
  *scope = std::make_unique<mote_scope_t>(*store->store).release();
  return success;
}
void mote_scope_delete(mote_scope_t* scope) {
  take_back(scope);
}

mote_failure_t* mote_store_collect(mote_store_t* store) {
  MOTE_NEED(store);
  return outcome(collect(*store->store));
}
bool mote_store_heap_use(const mote_store_t* store, mote_heap_use_t* use) {
  if (store == nullptr) return false;
  const HeapUse known = heap_use(*store->store);
  return write_struct(use, mote_heap_use_t{0, known.used_bytes, known.capacity_bytes, known.collections});
}

mote_failure_t* mote_tag_create(mote_store_t* store, const mote_value_kind_t* payload, size_t payload_count, mote_tag_t* tag) {
  MOTE_OUTPUT(tag);
  MOTE_NEED(store);
  if (payload_count != 0) MOTE_NEED(payload);
  std::vector<ValKind> kinds;
  for (size_t i = 0; i < std::min(payload_count, limits::parameters + size_t{1}); ++i) {
    const auto kind = kind_of(payload[i]);
    if (!kind) return failed(Error{ErrorKind::bad_input, format("{} is no kind of value: see mote_value_kind_t", payload[i])});
    kinds.push_back(*kind);
  }
  return give(Tag::create(*store->store, kinds), tag, [](Tag made) { return to_c<mote_tag_t>(made); });
}
size_t mote_tag_payload(mote_tag_t tag, mote_value_kind_t* kinds, size_t capacity) {
  return is_missing(tag) ? 0 : copy_kinds(cpp(tag).type().params, kinds, capacity);
}
bool mote_tag_is_same(mote_tag_t a, mote_tag_t b) {
  return !is_missing(a) && !is_missing(b) && cpp(a) == cpp(b);
}

mote_failure_t* mote_exception_create(mote_store_t* store, mote_tag_t tag, const mote_value_t* payload, size_t payload_count,
                                      mote_value_t* exception) {
  MOTE_OUTPUT(exception);
  MOTE_NEED(store);
  MOTE_NEED(tag);
  if (payload_count != 0) MOTE_NEED(payload);
  auto values = values_of(payload, payload_count);
  if (!values) return failed(std::move(values.error()));
  return give_value(new_exception(*store->store, cpp(tag), *values), exception);
}
mote_failure_t* mote_exception_tag(const mote_store_t* store, const mote_value_t* exception, mote_tag_t* tag) {
  MOTE_OUTPUT(tag);
  MOTE_NEED(store);
  MOTE_NEED(exception);
  const auto known = from_c(*exception);
  if (!known) return failed(known.error());
  return give(tag_of(*store->store, *known), tag, [](Tag found) { return to_c<mote_tag_t>(found); });
}

mote_failure_t* mote_failure_create_exception(const mote_value_t* exception) {
  MOTE_NEED(exception);
  const auto known = from_c(*exception);
  if (!known) return failed(known.error());
  if (known->kind() == ValKind::exnref && !known->is_null()) return failed(Failure::thrown(*known));
  return failed(Error{ErrorKind::bad_input, format("a host function threw what is no exception: {}{}",
                                                   known->is_null() ? "a null " : "", name(known->kind()))});
}
bool mote_failure_exception(const mote_failure_t* failure, mote_value_t* exception) {
  if (exception == nullptr) return false;
  *exception = {};
  if (failure == nullptr || !failure->failure.exception) return false;
  *exception = to_c(*failure->failure.exception);
  return true;
}
