// The bodies of the builtins that make and fill objects of the heap, and of throwing (engine/code/builtins.def; builtins.cpp has
// the others). A collection may happen wherever an object is made; references that are arguments are roots over it (LocalRoots).
// Spec: core/exec/instructions, "Aggregate Instructions", "throw_ref". Tested by heap_test.cpp, tests/spec.
#include "base/core/bytes.h"
#include "engine/runtime/outcome.h"

#include <algorithm>
#include <cstring>

namespace mote::runtime {

namespace {

using code::TrapCode;
using code::TypeRecord;
using code::VMContext;

Outcome made(VMContext* vmctx, std::expected<uint32_t, Heap::Failure> reference) {
  if (reference) return done(*reference);
  Instance::of(*vmctx).store().stop_for_heap(reference.error());
  return {0, 1};
}

// An array with what is needed to fill it.
struct Elements {
  uint8_t* first;
  uint32_t length;
  const TypeRecord& record;

  Elements(const Instance& instance, uint32_t array)
      : first(instance.vmctx().gc_base + array),
        length(load_le<uint32_t>(first + code::array_length_offset)),
        record(instance.vmctx().rtt[load_le<uint32_t>(first)]) {
    first += record.size;
  }
  [[nodiscard]] uint8_t* at(uint64_t index) const { return first + index * record.element_bytes; }
};

// `count` elements from `to` on become the value.
void fill(Store& store, const Elements& elements, uint32_t to, uint32_t count, uint64_t low, uint64_t high) {
  const uint32_t bytes = elements.record.element_bytes;
  uint8_t value[16];
  store_le(value, low);
  store_le(value + 8, high);
  in_pieces(store, count, piece_elements, false, [&](uint64_t at, uint64_t size) {
    uint8_t* out = elements.at(to + at);
    if (bytes == 1) {
      std::memset(out, value[0], size);
      return;
    }
    for (uint64_t i = 0; i < size; ++i, out += bytes) std::memcpy(out, value, bytes);
  });
}

// Elements of a segment into an array that has room.
void write_elements(Instance& instance, const Elements& elements, uint32_t segment, uint32_t to, uint32_t from, uint32_t count) {
  in_pieces(instance.store(), count, piece_elements, false, [&](uint64_t at, uint64_t size) {
    for (uint64_t i = at; i < at + size; ++i) {
      const Ref value = instance.element(segment, from + i);
      std::memcpy(elements.at(to + i), &value, elements.record.element_bytes);
    }
  });
}

}  // namespace

extern "C" {  // the stubs name them

Outcome mote_do_struct_new(VMContext* vmctx, uint32_t type) {
  Store& store = Instance::of(*vmctx).store();
  return made(vmctx, store.heap()->new_object(vmctx->type_ids[type], store));
}

Outcome mote_do_array_new(VMContext* vmctx, uint32_t type, uint32_t length) {
  Store& store = Instance::of(*vmctx).store();
  return made(vmctx, store.heap()->new_array(vmctx->type_ids[type], length, store));
}

Outcome mote_do_array_new_fill(VMContext* vmctx, uint32_t type, uint32_t length, uint64_t low, uint64_t high) {
  Store& store = Instance::of(*vmctx).store();
  const TypeRecord& record = vmctx->rtt[vmctx->type_ids[type]];
  auto element = static_cast<uint32_t>(low);
  std::expected<uint32_t, Heap::Failure> array;
  {
    const LocalRoots roots(store, std::span(&element, record.has_collected ? 1 : 0));
    array = store.heap()->new_array(vmctx->type_ids[type], length, store);
  }
  if (array) fill(store, Elements(Instance::of(*vmctx), *array), 0, length, record.has_collected ? element : low, high);
  return made(vmctx, array);
}

Outcome mote_do_array_new_data(VMContext* vmctx, uint32_t type, uint32_t segment, uint32_t from, uint32_t length) {
  const Instance& instance = Instance::of(*vmctx);
  const Bytes source = instance.data(segment);
  const uint64_t bytes = uint64_t{length} * vmctx->rtt[vmctx->type_ids[type]].element_bytes;
  if (!is_inside(from, bytes, source.size())) return trap(vmctx, TrapCode::out_of_bounds_memory_access);
  const auto array = instance.store().heap()->new_array(vmctx->type_ids[type], length, instance.store());
  if (array && bytes != 0) std::memcpy(Elements(instance, *array).first, source.data() + from, bytes);
  return made(vmctx, array);
}

Outcome mote_do_array_new_elem(VMContext* vmctx, uint32_t type, uint32_t segment, uint32_t from, uint32_t length) {
  Instance& instance = Instance::of(*vmctx);
  if (!is_inside(from, length, instance.element_count(segment))) return trap(vmctx, TrapCode::out_of_bounds_table_access);
  const auto array = instance.store().heap()->new_array(vmctx->type_ids[type], length, instance.store());
  if (array) write_elements(instance, Elements(instance, *array), segment, 0, from, length);
  return made(vmctx, array);
}

Outcome mote_do_exception_new(VMContext* vmctx, uint32_t tag) {
  const Instance& instance = Instance::of(*vmctx);
  const code::VMTag& identity = instance.tag(tag)->vm;
  const auto exception = instance.store().heap()->new_object(identity.type, instance.store());
  if (exception) *instance.store().heap()->at<uint32_t>(*exception, code::exception_tag_offset) = identity.id;
  return made(vmctx, exception);
}

Outcome mote_do_array_fill(VMContext* vmctx, uint32_t array, uint32_t from, uint32_t count, uint64_t low, uint64_t high) {
  const Instance& instance = Instance::of(*vmctx);
  if (array == 0) return trap(vmctx, TrapCode::null_array_reference);
  const Elements elements(instance, array);
  if (!is_inside(from, count, elements.length)) return trap(vmctx, TrapCode::out_of_bounds_array_access);
  fill(instance.store(), elements, from, count, low, high);
  return done();
}

Outcome mote_do_array_copy(VMContext* vmctx, uint32_t to_array, uint32_t to, uint32_t from_array, uint32_t from, uint32_t count) {
  const Instance& instance = Instance::of(*vmctx);
  if (to_array == 0 || from_array == 0) return trap(vmctx, TrapCode::null_array_reference);
  const Elements target(instance, to_array), source(instance, from_array);
  if (!is_inside(to, count, target.length) || !is_inside(from, count, source.length)) {
    return trap(vmctx, TrapCode::out_of_bounds_array_access);
  }
  const uint32_t bytes = target.record.element_bytes;
  in_pieces(instance.store(), count, piece_bytes / bytes, target.at(to) > source.at(from),
            [&](uint64_t at, uint64_t size) { std::memmove(target.at(to + at), source.at(from + at), size * bytes); });
  return done();
}

Outcome mote_do_array_init_data(VMContext* vmctx, uint32_t segment, uint32_t array, uint32_t to, uint32_t from, uint32_t count) {
  const Instance& instance = Instance::of(*vmctx);
  if (array == 0) return trap(vmctx, TrapCode::null_array_reference);
  const Elements elements(instance, array);
  if (!is_inside(to, count, elements.length)) return trap(vmctx, TrapCode::out_of_bounds_array_access);
  const Bytes source = instance.data(segment);
  const uint64_t bytes = uint64_t{count} * elements.record.element_bytes;
  if (!is_inside(from, bytes, source.size())) return trap(vmctx, TrapCode::out_of_bounds_memory_access);
  if (bytes != 0) std::memcpy(elements.at(to), source.data() + from, bytes);
  return done();
}

Outcome mote_do_array_init_elem(VMContext* vmctx, uint32_t segment, uint32_t array, uint32_t to, uint32_t from, uint32_t count) {
  Instance& instance = Instance::of(*vmctx);
  if (array == 0) return trap(vmctx, TrapCode::null_array_reference);
  const Elements elements(instance, array);
  if (!is_inside(to, count, elements.length)) return trap(vmctx, TrapCode::out_of_bounds_array_access);
  if (!is_inside(from, count, instance.element_count(segment))) return trap(vmctx, TrapCode::out_of_bounds_table_access);
  write_elements(instance, elements, segment, to, from, count);
  return done();
}

Outcome mote_do_throw_ref(VMContext* vmctx, uint32_t exception) {
  if (exception == 0) return trap(vmctx, TrapCode::null_exception_reference);
  Instance::of(*vmctx).store().raise(exception);
  return {0, 1};  // the stub goes to the landing pad, if there is one
}

}  // extern "C"

}  // namespace mote::runtime
