// Offsets of what objects hold (object_layout.h).
#include "engine/code/object_layout.h"

#include "base/core/bytes.h"

#include <algorithm>

namespace mote::code {

uint32_t field_bytes(const wasm::FieldType& field, bool is_func) {
  switch (field.packed) {
    case wasm::PackedKind::i8:
      return 1;
    case wasm::PackedKind::i16:
      return 2;
    case wasm::PackedKind::none:
      break;
  }
  switch (field.type.kind()) {
    case wasm::ValueKind::i64:
    case wasm::ValueKind::f64:
      return 8;
    case wasm::ValueKind::v128:
      return 16;
    case wasm::ValueKind::ref:
      return is_func ? 8 : 4;
    case wasm::ValueKind::i32:
    case wasm::ValueKind::f32:
    case wasm::ValueKind::bottom:
      break;
  }
  return 4;
}

uint32_t FieldPlacer::next(uint32_t bytes) {
  const auto offset = static_cast<uint32_t>(align_up(at_, std::min(bytes, object_alignment)));
  at_ = offset + bytes;
  return offset;
}

ObjectLayouts::ObjectLayouts(const wasm::Module& module) {
  const bool has_objects = !module.tags.empty() || std::ranges::any_of(module.types, [](const wasm::SubType& type) {
    return type.kind != wasm::CompositeKind::func;
  });
  if (!has_objects) return;
  starts_.resize(module.types.size());
  sizes_.resize(module.types.size());
  std::vector<bool> is_tag(module.types.size());
  for (const wasm::TagType& tag : module.tags) is_tag[tag.type] = true;
  const auto bytes_of = [&](const wasm::FieldType& field) { return field_bytes(field, is_func_ref(module, field.type)); };
  for (size_t i = 0; i < module.types.size(); ++i) {
    const wasm::SubType& type = module.types[i];
    starts_[i] = static_cast<uint32_t>(offsets_.size());
    if (type.kind == wasm::CompositeKind::array) {
      sizes_[i] = bytes_of(type.array.element);
    } else if (type.kind == wasm::CompositeKind::struct_) {
      FieldPlacer placer(struct_fields_offset);
      for (const wasm::FieldType& field : type.struct_.fields) offsets_.push_back(placer.next(bytes_of(field)));
      sizes_[i] = placer.object_bytes();
    } else if (is_tag[i]) {
      FieldPlacer placer(exception_fields_offset);
      for (const wasm::ValueType param : type.func.params) offsets_.push_back(placer.next(bytes_of({.type = param})));
      sizes_[i] = placer.object_bytes();
    }
  }
}

bool is_func_ref(const wasm::Module& module, wasm::ValueType type) {
  if (!type.is_ref()) return false;
  const wasm::HeapType heap = type.heap();
  if (heap.is_concrete()) return module.types[heap.index()].kind == wasm::CompositeKind::func;
  return heap.abstract() == wasm::HeapType::func || heap.abstract() == wasm::HeapType::nofunc;
}

}  // namespace mote::code
