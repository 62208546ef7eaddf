// Values as the runtime keeps them (code::Value16: numbers zero-extended to 64 bits, references as numbers) and how they get in
// and out of MoteCC's places.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/convention.h"
#include "engine/code/instance_layout.h"
#include "engine/runtime/type_registry.h"

namespace mote::runtime {

[[nodiscard]] inline code::Value16 value_of(uint64_t low, uint64_t high = 0) {
  code::Value16 value;
  store_le(value.bytes, low);
  store_le(value.bytes + 8, high);
  return value;
}
[[nodiscard]] inline uint64_t low_of(const code::Value16& value) {
  return load_le<uint64_t>(value.bytes);
}
[[nodiscard]] inline uint64_t high_of(const code::Value16& value) {
  return load_le<uint64_t>(value.bytes + 8);
}

// Whether a reference of this type is a FuncRef pointer. Concrete heap types are TypeIds.
[[nodiscard]] inline bool is_func_ref(const TypeRegistry& types, wasm::ValueType type) {
  if (!type.is_ref()) return false;
  const wasm::HeapType heap = type.heap();
  if (heap.is_concrete()) return types.type(heap.index()).kind == wasm::CompositeKind::func;
  return heap.abstract() == wasm::HeapType::func || heap.abstract() == wasm::HeapType::nofunc;
}
// Bytes of a value that mean something; registers have anything above them.
[[nodiscard]] inline uint32_t size_of(const TypeRegistry& types, wasm::ValueType type) {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
    case wasm::ValueKind::f32:
      return 4;
    case wasm::ValueKind::i64:
    case wasm::ValueKind::f64:
      return 8;
    case wasm::ValueKind::v128:
      return 16;
    case wasm::ValueKind::ref:
      return is_func_ref(types, type) ? 8 : 4;
    case wasm::ValueKind::bottom:
      break;
  }
  return 0;
}

[[nodiscard]] inline code::Value16 read_place(const TypeRegistry& types, code::Place place, wasm::ValueType type,
                                              const uint64_t* integers, const code::Value16* vectors, const code::Value16* xbuf) {
  code::Value16 value = {};
  const void* from = place.kind == code::Place::integer  ? static_cast<const void*>(&integers[place.index])
                     : place.kind == code::Place::vector ? static_cast<const void*>(&vectors[place.index])
                                                         : static_cast<const void*>(&xbuf[place.index]);
  std::memcpy(value.bytes, from, size_of(types, type));
  return value;
}
inline void write_place(code::Place place, const code::Value16& value, uint64_t* integers, code::Value16* vectors,
                        code::Value16* xbuf) {
  switch (place.kind) {
    case code::Place::integer:
      integers[place.index] = low_of(value);
      break;
    case code::Place::vector:
      vectors[place.index] = value;
      break;
    case code::Place::xbuf:
      xbuf[place.index] = value;
      break;
  }
}

}  // namespace mote::runtime
