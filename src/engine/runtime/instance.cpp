// What an instance does after it was made (instance.h): function references on first use, segments, constant expressions.
#include "engine/runtime/instance.h"

#include "base/core/assert.h"
#include "engine/runtime/const_expr.h"
#include "engine/runtime/store.h"
#include "engine/runtime/trampolines.h"
#include "engine/runtime/values.h"

#include <algorithm>

namespace mote::runtime {

namespace {

bool test_bit(const uint64_t* bits, uint32_t index) {
  return (bits[index / 64] >> index % 64 & 1) != 0;
}
void set_bit(uint64_t* bits, uint32_t index) {
  bits[index / 64] |= uint64_t{1} << index % 64;
}

// calloc: large layouts arrive as untouched zero pages.
uint8_t* zeroed(uint64_t size) {
  auto* block = static_cast<uint8_t*>(std::calloc(size / 16, 16));
  ASSERT(block != nullptr && reinterpret_cast<uintptr_t>(block) % 16 == 0);
  return block;
}

}  // namespace

Instance::Instance(Store& store, std::shared_ptr<const Module> module)
    : store_(store), module_(std::move(module)), block_(zeroed(module_->layout().size())) {
  const wasm::Module& info = module_->info();
  tables_.resize(info.tables.size());
  memories_.resize(info.memories.size());
  imported_funcs_.resize(info.imported_funcs);
  vmctx() = {.magic = code::vmctx_magic,
             .flags = 0,
             .store = &store.context,
             .mem0 = {},
             .tab0 = {},
             .type_ids = module_->type_ids().data(),
             .builtins = builtin_table,
             .gc_base = store.heap() == nullptr ? nullptr : store.heap()->base(),
             .rtt = store.engine().types().records(),
             .epoch = &store.engine().epoch(),
             .instance = this,
             .null_funcref = &null_funcref,
             .reserved = {}};
}

Instance::~Instance() = default;

std::optional<Extern> Instance::find_export(std::string_view name) {
  const wasm::Export* found = module_->find_export(name);
  if (found == nullptr) return std::nullopt;
  Extern out = {.kind = found->kind};
  switch (found->kind) {
    case wasm::ExternKind::func:
      out.func = func(found->index);
      break;
    case wasm::ExternKind::table:
      out.table = table(found->index);
      break;
    case wasm::ExternKind::memory:
      out.memory = memory(found->index);
      break;
    case wasm::ExternKind::global:
      out.global = global(found->index);
      break;
    case wasm::ExternKind::tag:
      out.tag = tag(found->index);
      break;
  }
  return out;
}

// The slot's `code` says whether it was made. Imported references are passed on as they are, so a function has one reference.
const code::FuncRef* Instance::func(wasm::FuncIndex index) {
  const wasm::Module& info = module_->info();
  if (index < info.imported_funcs && imported_funcs_[index] != nullptr) return imported_funcs_[index];
  const auto found = std::ranges::lower_bound(info.escaped, index);
  ASSERT(found != info.escaped.end() && *found == index);
  const code::InstanceLayout& layout = module_->layout();
  auto* ref = at<code::FuncRef>(layout.funcref(static_cast<uint32_t>(found - info.escaped.begin())));
  if (ref->code != nullptr) return ref;
  if (index < info.imported_funcs) {
    auto* binding = at<HostBinding>(layout.host_binding(index));
    *ref = {.code = reinterpret_cast<const void*>(mote_host_call),
            .ctx = binding,
            .type = binding->type,
            .id = store_.next_func_id(),
            .host = binding->func};
  } else {
    *ref = {.code = module_->image().entry(index - info.imported_funcs),
            .ctx = &vmctx(),
            .type = module_->func_type(index),
            .id = store_.next_func_id(),
            .host = nullptr};
  }
  return ref;
}

std::array<MutableBytes, 3> Instance::changing_parts() const {
  const code::InstanceLayout& layout = module_->layout();
  constexpr uint32_t first = offsetof(code::VMContext, mem0), behind_first = offsetof(code::VMContext, type_ids);
  uint8_t* const block = block_.get();
  return {MutableBytes(block + first, behind_first - first),
          MutableBytes(block + layout.variables(), layout.variables_end() - layout.variables()),
          MutableBytes(block + layout.dropped_data(), layout.size() - layout.dropped_data())};
}

std::optional<wasm::FuncIndex> Instance::index_of(const code::FuncRef* ref) const {
  const uint64_t offset =
      reinterpret_cast<uint64_t>(ref) - reinterpret_cast<uint64_t>(at<code::FuncRef>(module_->layout().funcref(0)));
  const uint64_t slot = offset / sizeof(code::FuncRef);
  if (slot >= module_->info().escaped.size()) return std::nullopt;
  return module_->info().escaped[slot];
}

std::span<uint64_t> Instance::dropped_bits() const {
  const code::InstanceLayout& layout = module_->layout();
  return {at<uint64_t>(layout.dropped_data()), (layout.size() - layout.dropped_data()) / sizeof(uint64_t)};
}

Global* Instance::global(wasm::GlobalIndex index) {
  const wasm::Module& info = module_->info();
  if (index >= globals_.size()) globals_.resize(info.globals.size());
  Global*& global = globals_[index];
  if (global == nullptr) {
    wasm::GlobalType type = info.globals[index].type;
    type.type = canonical(type.type, module_->type_ids());
    own_globals_.push_back(
        std::make_unique<Global>(Global{.type = type, .value = at<code::Value16>(module_->layout().global(index))}));
    global = own_globals_.back().get();
  }
  return global;
}

Tag* Instance::tag(wasm::TagIndex index) const {
  return reinterpret_cast<Tag*>(*at<code::VMTag*>(module_->layout().tag(index)));  // Tag begins with its VMTag
}

Bytes Instance::data(wasm::DataIndex index) const {
  if (test_bit(at<uint64_t>(module_->layout().dropped_data()), index)) return {};
  return module_->info().datas[index].bytes;
}

void Instance::drop_data(wasm::DataIndex index) {
  set_bit(at<uint64_t>(module_->layout().dropped_data()), index);
}

uint64_t Instance::element_count(wasm::ElementIndex index) const {
  if (test_bit(at<uint64_t>(module_->layout().dropped_elem()), index)) return 0;
  return module_->info().elements[index].size();
}

void Instance::drop_element(wasm::ElementIndex index) {
  set_bit(at<uint64_t>(module_->layout().dropped_elem()), index);
}

Ref Instance::element(wasm::ElementIndex segment, uint64_t index) {
  const wasm::ElementSegment& elements = module_->info().elements[segment];
  if (elements.exprs.empty()) return reinterpret_cast<Ref>(func(elements.funcs[index]));
  if (segment < element_objects_.size() && !element_objects_[segment].empty()) return element_objects_[segment][index];
  return low_of(*evaluate(*this, elements.exprs[index]));  // makes no objects, so it does not fail
}

bool Instance::init_table(wasm::TableIndex table, wasm::ElementIndex segment, uint64_t to, uint64_t from, uint64_t count) {
  Table& target = *tables_[table];
  const uint64_t available = element_count(segment);
  if (count > available || from > available - count || count > target.size() || to > target.size() - count) return false;
  for (uint64_t i = 0; i < count; ++i) target.set(to + i, element(segment, from + i));
  return true;
}

Run<void> Instance::evaluate_elements() {
  const std::vector<wasm::ElementSegment>& segments = module_->info().elements;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (std::ranges::none_of(segments[i].exprs, needs_heap)) continue;
    element_objects_.resize(segments.size());
    element_objects_[i].resize(segments[i].exprs.size());
    for (size_t j = 0; j < segments[i].exprs.size(); ++j) {
      auto value = evaluate(*this, segments[i].exprs[j]);
      if (!value) return std::unexpected(std::move(value.error()));
      element_objects_[i][j] = static_cast<uint32_t>(low_of(*value));
    }
  }
  return {};
}

void Instance::visit_roots(code::RootVisitor& visitor) {
  for (const wasm::GlobalIndex index : module_->collected_globals())
    visitor.visit(at<uint32_t>(module_->layout().global(index)), 1);
  for (std::vector<uint32_t>& objects : element_objects_) visitor.visit(objects.data(), objects.size());
}

code::Value16 Instance::global_value(wasm::GlobalIndex index) const {
  const uint32_t offset = module_->layout().global(index);
  return index < module_->info().imported_globals ? **at<code::Value16*>(offset) : *at<code::Value16>(offset);
}

}  // namespace mote::runtime
