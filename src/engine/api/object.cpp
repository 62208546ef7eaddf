// Objects, exceptions and tags for embedders (mote/object.h). Tested by object_test.cpp.
#include "base/core/format.h"
#include "engine/api/state.h"
#include "engine/runtime/task.h"
#include "engine/runtime/values.h"

#include <mote/object.h>

#include <algorithm>
#include <cstring>

namespace mote {

namespace {

using runtime::TypeRegistry;

const TypeRegistry& types_of(const Store::State& store) {
  return store.engine->runtime->types();
}

// An object that a handle of this store refers to.
struct Object {
  const Store::State& state;
  uint32_t reference;

  [[nodiscard]] runtime::Heap& heap() const { return *state.store.heap(); }
  [[nodiscard]] code::ObjectKind kind() const { return heap().header(reference).kind; }
  [[nodiscard]] code::TypeId type_id() const { return heap().header(reference).type; }
  [[nodiscard]] const wasm::SubType& type() const { return types_of(state).type(type_id()); }
  [[nodiscard]] const code::TypeRecord& record() const { return types_of(state).records()[type_id()]; }

  [[nodiscard]] uint32_t size() const {
    switch (kind()) {
      case code::ObjectKind::array:
        return heap().array_length(reference);
      case code::ObjectKind::struct_:
        return static_cast<uint32_t>(type().struct_.fields.size());
      case code::ObjectKind::exception:
        return static_cast<uint32_t>(type().func.params.size());
      case code::ObjectKind::none:
        break;
    }
    return 0;
  }
  [[nodiscard]] wasm::FieldType field_type(uint32_t index) const {
    switch (kind()) {
      case code::ObjectKind::array:
        return type().array.element;
      case code::ObjectKind::struct_:
        return type().struct_.fields[index];
      case code::ObjectKind::exception:
      case code::ObjectKind::none:
        break;
    }
    return {.type = type().func.params[index]};
  }
  [[nodiscard]] uint32_t bytes_of(const wasm::FieldType& field) const {
    return code::field_bytes(field, runtime::is_func_ref(types_of(state), field.type));
  }
  [[nodiscard]] uint32_t offset_of(uint32_t index) const {
    if (kind() == code::ObjectKind::array) return record().size + index * record().element_bytes;
    code::FieldPlacer placer(kind() == code::ObjectKind::struct_ ? code::struct_fields_offset : code::exception_fields_offset);
    for (uint32_t i = 0; i < index; ++i) (void)placer.next(bytes_of(field_type(i)));
    return placer.next(bytes_of(field_type(index)));
  }
  [[nodiscard]] uint8_t* place(uint32_t index) const { return heap().at<uint8_t>(reference, offset_of(index)); }
};

Result<Object> object_of(const Store::State& state, Val value) {
  const uint32_t reference = value.kind() < ValKind::externref ? 0 : api::reference_of(state, value);
  if (value.kind() >= ValKind::externref && reference != 0 && (reference & code::reference_tag_mask) == 0)
    return Object{state, reference};
  return fail(ErrorKind::bad_input, format("no object: {}{}", value.is_null() ? "a null " : "", name(value.kind())));
}

Result<Object> field_owner(const Store::State& state, Val value, uint32_t index) {
  const Object object = TRY(object_of(state, value));
  if (index < object.size()) return object;
  return fail(ErrorKind::bad_input, format("index {} in an object of {}", index, object.size()));
}

code::Value16 read(const Object& object, uint32_t index) {
  code::Value16 value = {};
  std::memcpy(value.bytes, object.place(index), object.bytes_of(object.field_type(index)));
  return value;
}

std::unexpected<Error> heap_full(const Store::State& state) {
  return fail(ErrorKind::limit, format("{}: {} bytes of objects", limits::gc_heap_size.name, state.store.heap()->most_bytes()));
}

// Nobody may make objects while a preempted task is between two instructions of its own making one.
Result<runtime::Heap*> heap_for_making(Store::State& state) {
  const runtime::Task* task = state.store.task();
  if (task != nullptr && !task->is_running()) {
    return fail(ErrorKind::bad_input, "the store's task has not ended: its heap is not to be touched until it runs again");
  }
  TRY(api::require_room_for_handles(state));
  return state.store.require_heap();
}

Val handle_of(Store::State& state, uint32_t reference, ValKind kind) {
  return api::to_val(state, runtime::value_of(reference), kind);
}

// The values stay what they are while the object is made: handles are roots.
Result<Val> make(Store::State& state, code::TypeId type, std::span<const Val> fields, ValKind kind) {
  const auto made = state.store.heap()->new_object(type, state.store);
  if (!made) return heap_full(state);
  const Object object{state, *made};
  for (uint32_t i = 0; i < fields.size(); ++i) {
    const code::Value16 value = api::to_value16(state, fields[i]);
    std::memcpy(object.place(i), value.bytes, object.bytes_of(object.field_type(i)));
  }
  return handle_of(state, *made, kind);
}

Result<wasm::FieldType> checked(const FieldType& field) {
  if (field.packed_bits != 0 && ((field.packed_bits != 8 && field.packed_bits != 16) || field.kind != ValKind::i32)) {
    return fail(ErrorKind::bad_input,
                format("a field of {} packed into {} bits: only i32 can be, into 8 or 16", name(field.kind), field.packed_bits));
  }
  return wasm::FieldType{.type = api::type_of(field.kind),
                         .packed = field.packed_bits == 8    ? wasm::PackedKind::i8
                                   : field.packed_bits == 16 ? wasm::PackedKind::i16
                                                             : wasm::PackedKind::none,
                         .is_mutable = field.is_mutable};
}

Result<void> check_payload(const Store::State& state, std::span<const Val> values, std::span<const wasm::ValueType> types) {
  if (values.size() != types.size()) {
    return fail(ErrorKind::bad_input, format("{} values were given, {} are wanted", values.size(), types.size()));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (auto right = api::check_value(state, values[i], types[i]); !right) {
      return fail(ErrorKind::bad_input, format("value {}: {}", i, right.error().message));
    }
  }
  return {};
}

std::vector<wasm::ValueType> value_types(const wasm::StructType& type) {
  std::vector<wasm::ValueType> types;
  for (const wasm::FieldType& field : type.fields) types.push_back(field.type);
  return types;
}

}  // namespace

RefScope::RefScope(Store& store) : store_(store.state()), mark_(store_->store.host_roots().size()) {}
RefScope::~RefScope() {
  store_->store.host_roots().shrink_to(mark_);
}

Result<ObjectType> ObjectType::structure(const Engine& engine, std::span<const FieldType> fields) {
  if (fields.size() > limits::struct_fields) {
    return fail(ErrorKind::limit, format("{} fields: a structure has at most {}", fields.size(), limits::struct_fields));
  }
  wasm::SubType type{.kind = wasm::CompositeKind::struct_};
  for (const FieldType& field : fields) type.struct_.fields.push_back(TRY(checked(field)));
  return ObjectType(TRY(engine.state()->runtime->types().add(std::move(type))));
}

Result<ObjectType> ObjectType::array(const Engine& engine, FieldType element) {
  wasm::SubType type{.kind = wasm::CompositeKind::array};
  type.array.element = TRY(checked(element));
  return ObjectType(TRY(engine.state()->runtime->types().add(std::move(type))));
}

Val i31(int32_t value) {
  return Val::from_bits(ValKind::anyref, static_cast<uint32_t>(value) << 1 | code::i31_bit);
}
std::optional<int32_t> i31_value(Val value) {
  if (value.kind() < ValKind::externref || api::is_handle(value) || (value.low() & code::i31_bit) == 0) return std::nullopt;
  return static_cast<int32_t>(value.low()) >> 1;
}

Result<ObjectInfo> object_info(const Store& store, Val value) {
  if (value.kind() < ValKind::externref) return fail(ErrorKind::bad_input, format("no object: {}", name(value.kind())));
  const uint32_t reference = api::reference_of(*store.state(), value);
  if (reference == 0) return ObjectInfo{};
  if ((reference & code::i31_bit) != 0) return ObjectInfo{ObjectKind::i31, "i31", 0};
  if ((reference & code::reference_tag_mask) != 0) return ObjectInfo{ObjectKind::number, "extern", 0};
  const Object object{*store.state(), reference};
  const ObjectKind kind = object.kind() == code::ObjectKind::struct_ ? ObjectKind::structure
                          : object.kind() == code::ObjectKind::array ? ObjectKind::array
                                                                     : ObjectKind::exception;
  return ObjectInfo{kind, types_of(*store.state()).text(object.type_id()), object.size()};
}

bool same_object(const Store& store, Val a, Val b) {
  return a.kind() >= ValKind::externref && b.kind() >= ValKind::externref &&
         api::reference_of(*store.state(), a) == api::reference_of(*store.state(), b);
}

Result<Val> new_structure(Store& store, const ObjectType& type, std::span<const Val> fields) {
  Store::State& state = *store.state();
  (void)TRY(heap_for_making(state));
  const wasm::SubType& known = types_of(state).type(type.id());
  if (known.kind != wasm::CompositeKind::struct_) return fail(ErrorKind::bad_input, "the type is no structure's");
  TRY(check_payload(state, fields, value_types(known.struct_)));
  return make(state, type.id(), fields, ValKind::anyref);
}

Result<Val> new_array(Store& store, const ObjectType& type, uint32_t length, Val element) {
  Store::State& state = *store.state();
  runtime::Heap& heap = *TRY(heap_for_making(state));
  const wasm::SubType& known = types_of(state).type(type.id());
  if (known.kind != wasm::CompositeKind::array) return fail(ErrorKind::bad_input, "the type is no array's");
  const wasm::FieldType& field = known.array.element;
  TRY(check_payload(state, std::span(&element, 1), std::span(&field.type, 1)));
  const auto made = heap.new_array(type.id(), length, state.store);
  if (!made) return heap_full(state);
  const Object object{state, *made};
  const code::Value16 value = api::to_value16(state, element);
  const uint32_t bytes = object.bytes_of(field);
  uint8_t* to = heap.at<uint8_t>(*made, code::array_elements_offset(bytes));
  for (uint32_t i = 0; i < length; ++i, to += bytes) std::memcpy(to, value.bytes, bytes);
  return handle_of(state, *made, ValKind::anyref);
}

Result<Val> get_field(Store& store, Val value, uint32_t index) {
  const Object object = TRY(field_owner(*store.state(), value, index));
  TRY(api::require_room_for_handles(*store.state()));
  return api::to_val(*store.state(), read(object, index), api::kind_of(object.field_type(index).type, types_of(*store.state())));
}

Result<void> set_field(Store& store, Val value, uint32_t index, Val to) {
  const Object object = TRY(field_owner(*store.state(), value, index));
  const wasm::FieldType field = object.field_type(index);
  if (!field.is_mutable) return fail(ErrorKind::bad_input, format("index {} of the object is immutable", index));
  TRY(api::check_value(*store.state(), to, field.type));
  const code::Value16 raw = api::to_value16(*store.state(), to);
  std::memcpy(object.place(index), raw.bytes, object.bytes_of(field));
  return {};
}

Result<void> collect(Store& store) {
  Store::State& state = *store.state();
  runtime::Heap& heap = *TRY(heap_for_making(state));
  if (!heap.collect(state.store)) return heap_full(state);
  return {};
}

HeapUse heap_use(const Store& store) {
  const runtime::Heap* heap = store.state()->store.heap();
  if (heap == nullptr) return {};
  return {heap->used_bytes(), heap->capacity_bytes(), heap->collections()};
}

Result<Tag> Tag::create(Store& store, std::span<const ValKind> payload) {
  if (payload.size() > limits::parameters) {
    return fail(ErrorKind::limit, format("{} values: an exception carries at most {}", payload.size(), limits::parameters));
  }
  wasm::FuncType type;
  for (const ValKind kind : payload) type.params.push_back(api::type_of(kind));
  Tag tag;
  tag.store = store.state();
  tag.handle = reinterpret_cast<Handle*>(tag.store->store.add_tag(TRY(tag.store->engine->runtime->types().add(type))));
  return tag;
}

FuncSignature Tag::type() const {
  const TypeRegistry& types = types_of(*store);
  return api::signature_of(types.type(api::runtime_of(*this).vm.type).func, types);
}

Result<Val> new_exception(Store& store, const Tag& tag, std::span<const Val> payload) {
  Store::State& state = *store.state();
  if (tag.store != &state) return fail(ErrorKind::bad_input, "the tag belongs to another store");
  (void)TRY(heap_for_making(state));
  const code::VMTag& identity = api::runtime_of(tag).vm;
  TRY(check_payload(state, payload, types_of(state).type(identity.type).func.params));
  const Val made = TRY(make(state, identity.type, payload, ValKind::exnref));
  *state.store.heap()->at<uint32_t>(api::reference_of(state, made), code::exception_tag_offset) = identity.id;
  return made;
}

Result<Tag> tag_of(const Store& store, Val exception) {
  const Object object = TRY(object_of(*store.state(), exception));
  if (object.kind() != code::ObjectKind::exception) return fail(ErrorKind::bad_input, "the object is no exception");
  Tag tag;
  tag.store = store.state();
  const uint32_t id = *object.heap().at<uint32_t>(object.reference, code::exception_tag_offset);
  tag.handle = reinterpret_cast<Tag::Handle*>(tag.store->store.find_tag(id));
  if (tag.handle == nullptr) return fail(ErrorKind::not_found, "the exception's tag belongs to an instance that is gone");
  return tag;
}

Result<std::vector<Val>> payload_of(Store& store, Val exception) {
  (void)TRY(tag_of(store, exception));
  std::vector<Val> values(TRY(object_info(store, exception)).size);
  for (uint32_t i = 0; i < values.size(); ++i) values[i] = TRY(get_field(store, exception, i));
  return values;
}

Failure Failure::thrown(Val exception) {
  Failure failure(Trap{.kind = TrapKind::uncaught_exception, .message = words(TrapKind::uncaught_exception), .backtrace = {}});
  failure.exception = exception;
  return failure;
}

namespace api {

namespace {

// Whose tag it is: "tag 0 of guest.wasm".
std::string tag_name(const Store::State& store, const code::VMTag* tag) {
  for (const auto& instance : store.store.instances()) {
    const wasm::Module& info = instance->module().info();
    for (uint32_t i = info.imported_tags; i < info.tags.size(); ++i) {
      if (&instance->tag(i)->vm != tag) continue;
      std::string text = format("tag {}", i);
      if (!instance->module().name().empty()) text += " of " + instance->module().name();
      const auto exported = std::ranges::find_if(
          info.exports, [i](const wasm::Export& one) { return one.kind == wasm::ExternKind::tag && one.index == i; });
      return exported == info.exports.end() ? text : text + format(" \"{}\"", exported->name);
    }
  }
  return "a tag of the host's";
}

std::string number_text(const code::Value16& value, wasm::ValueType type) {
  const uint64_t bits = runtime::low_of(value);
  switch (type.kind()) {
    case wasm::ValueKind::i32:
      return format("i32 {}", static_cast<int32_t>(bits));
    case wasm::ValueKind::i64:
      return format("i64 {}", static_cast<int64_t>(bits));
    case wasm::ValueKind::f32:
      return format("f32 {}", std::bit_cast<float>(static_cast<uint32_t>(bits)));
    case wasm::ValueKind::f64:
      return format("f64 {}", std::bit_cast<double>(bits));
    case wasm::ValueKind::v128:
      return format("v128 {:#x} {:#x}", bits, runtime::high_of(value));
    case wasm::ValueKind::ref:
    case wasm::ValueKind::bottom:
      break;
  }
  return wasm::text(type) + (bits == 0 ? " null" : "");
}

}  // namespace

std::string describe_exception(Store::State& store, uint32_t exception) {
  if (exception == 0) return {};
  constexpr uint32_t most_values = 8;
  const Object object{store, exception};
  const runtime::Tag* tag = store.store.find_tag(*object.heap().at<uint32_t>(exception, code::exception_tag_offset));
  std::string text = tag == nullptr ? "a tag that is gone" : tag_name(store, &tag->vm);
  text += " (";
  for (uint32_t i = 0; i < std::min(object.size(), most_values); ++i) {
    text += (i == 0 ? "" : ", ") + number_text(read(object, i), object.field_type(i).type);
  }
  return text + (object.size() > most_values ? ", …)" : ")");
}

}  // namespace api

}  // namespace mote
