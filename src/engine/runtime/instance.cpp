// What an instance does after it was made (instance.h): function references on first use, segments, constant expressions.
#include "engine/runtime/instance.h"

#include "base/core/assert.h"
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
             .gc_base = nullptr,
             .rtt = nullptr,
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
  const uint64_t offset = reinterpret_cast<uint64_t>(ref) - reinterpret_cast<uint64_t>(at<code::FuncRef>(module_->layout().funcref(0)));
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
    own_globals_.push_back(std::make_unique<Global>(Global{.type = type, .value = at<code::Value16>(module_->layout().global(index))}));
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
  return low_of(evaluate(elements.exprs[index]));
}

bool Instance::init_table(wasm::TableIndex table, wasm::ElementIndex segment, uint64_t to, uint64_t from, uint64_t count) {
  Table& target = *tables_[table];
  const uint64_t available = element_count(segment);
  if (count > available || from > available - count || count > target.size() || to > target.size() - count) return false;
  for (uint64_t i = 0; i < count; ++i) target.set(to + i, element(segment, from + i));
  return true;
}

code::Value16 Instance::evaluate(const wasm::ConstExpr& expr) {
  using Op = wasm::ConstOp;
  std::vector<code::Value16> stack;
  if (expr.size() > 1) stack.reserve(expr.size());
  code::Value16 value = {};
  for (size_t i = 0; i < expr.size(); ++i) {
    const Op& op = expr[i];
    // A binary operator: its right operand is the value made last, the left one lies on the stack.
    auto binary = [&](auto combine) {
      const uint64_t left = low_of(stack.back());
      stack.pop_back();
      return combine(left, low_of(value));
    };
    const bool is_push = op.kind <= Op::ref_func;
    if (is_push && i > 0) stack.push_back(value);
    switch (op.kind) {
      case Op::i32_const:
      case Op::i64_const:
      case Op::f32_const:
      case Op::f64_const:
      case Op::v128_const:
        value = value_of(op.low, op.high);
        break;
      case Op::global_get:
        value = global_value(op.index);
        break;
      case Op::ref_null:
        value = value_of(0);
        break;
      case Op::ref_func:
        value = value_of(reinterpret_cast<Ref>(func(op.index)));
        break;
      case Op::i32_add:
        value = value_of(binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a + b); }));
        break;
      case Op::i32_sub:
        value = value_of(binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a - b); }));
        break;
      case Op::i32_mul:
        value = value_of(binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a * b); }));
        break;
      case Op::i64_add:
        value = value_of(binary([](uint64_t a, uint64_t b) { return a + b; }));
        break;
      case Op::i64_sub:
        value = value_of(binary([](uint64_t a, uint64_t b) { return a - b; }));
        break;
      case Op::i64_mul:
        value = value_of(binary([](uint64_t a, uint64_t b) { return a * b; }));
        break;
      case Op::ref_i31:
        value = value_of(static_cast<uint32_t>(low_of(value)) << 1 | 1);
        break;
      case Op::any_convert_extern:
      case Op::extern_convert_any:
        break;  // one representation for both hierarchies
      case Op::struct_new:
      case Op::struct_new_default:
      case Op::array_new:
      case Op::array_new_default:
      case Op::array_new_fixed:
        ASSERT(!"refused by Module::create");
        break;
    }
  }
  return value;
}

code::Value16 Instance::global_value(wasm::GlobalIndex index) const {
  const uint32_t offset = module_->layout().global(index);
  return index < module_->info().imported_globals ? **at<code::Value16*>(offset) : *at<code::Value16>(offset);
}

}  // namespace mote::runtime
