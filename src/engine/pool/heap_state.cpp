// Capturing and applying heaps (heap_state.h).
#include "engine/pool/heap_state.h"

#include "base/core/format.h"
#include "engine/runtime/values.h"

#include <cstring>
#include <unordered_map>

namespace mote::pool {

using code::ObjectKind;
using runtime::Heap;
using runtime::Store;

namespace {

// Where objects of each type hold function references.
class FuncFields {
 public:
  explicit FuncFields(const Store& store) : types_(store.engine().types()), heap_(*store.heap()) {}

  template <class Visit>
  Result<void> for_each(uint32_t object, Visit visit) {
    const code::TypeId type = heap_.header(object).type;
    const code::TypeRecord& record = types_.records()[type];
    if (heap_.header(object).kind == ObjectKind::array) {
      for (uint32_t i = 0; record.is_func_element && i < heap_.array_length(object); ++i)
        TRY(visit(record.size + i * record.element_bytes));
      return {};
    }
    for (const uint32_t offset : offsets_of(type)) TRY(visit(offset));
    return {};
  }

 private:
  const std::vector<uint32_t>& offsets_of(code::TypeId type) {
    const auto [found, is_new] = offsets_.try_emplace(type);
    if (!is_new) return found->second;
    const wasm::SubType& described = types_.type(type);
    const bool is_struct = described.kind == wasm::CompositeKind::struct_;
    code::FieldPlacer placer(is_struct ? code::struct_fields_offset : code::exception_fields_offset);
    const auto place = [&](const wasm::FieldType& field) {
      const bool is_func = runtime::is_func_ref(types_, field.type);
      const uint32_t offset = placer.next(code::field_bytes(field, is_func));
      if (is_func) found->second.push_back(offset);
    };
    for (const wasm::FieldType& field : described.struct_.fields) place(field);
    if (!is_struct) {
      for (const wasm::ValueType param : described.func.params) place({.type = param});
    }
    return found->second;
  }

  const runtime::TypeRegistry& types_;
  const Heap& heap_;
  std::unordered_map<code::TypeId, std::vector<uint32_t>> offsets_;
};

}  // namespace

Result<HeapState> HeapState::capture(Store& store) {
  HeapState state;
  Heap* heap = store.heap();
  if (heap == nullptr || heap->used_bytes() == 0) return state;
  if (!heap->collect_into_first_space(store)) return fail(ErrorKind::unavailable, "no memory to copy the objects of the heap");
  const MutableBytes objects = heap->objects();
  state.objects_.assign(objects.begin(), objects.end());
  FuncFields fields(store);
  Result<void> done;
  heap->for_each_object([&](uint32_t object) {
    if (!done) return;
    done = fields.for_each(object, [&](uint32_t offset) -> Result<void> {
      const auto func = portable(store, *heap->at<uint64_t>(object, offset));
      if (!func) return fail(ErrorKind::unsupported, "an object holds a function that the host made for one store");
      const auto at = static_cast<uint32_t>(heap->at<uint8_t>(object, offset) - objects.data());
      if (*func != 0) state.funcs_.push_back({at, *func});
      store_le(state.objects_.data() + at, uint64_t{0});
      return {};
    });
  });
  TRY(std::move(done));
  return state;
}

Result<void> HeapState::apply(Store& store) const {
  if (store.heap() == nullptr) return {};
  const MutableBytes to = TRY(store.heap()->reset(objects_.size()));
  if (!objects_.empty()) std::memcpy(to.data(), objects_.data(), objects_.size());
  for (const Func& func : funcs_) store_le(to.data() + func.offset, func_in(store, func.func));
  return {};
}

}  // namespace mote::pool
