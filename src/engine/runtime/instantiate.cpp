// Instantiation step by step, in the specification's order (instantiate.h).
#include "engine/runtime/instantiate.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/os/touched_pages.h"
#include "engine/runtime/call.h"
#include "engine/runtime/const_expr.h"
#include "engine/runtime/import_match.h"
#include "engine/runtime/trampolines.h"
#include "engine/runtime/values.h"

namespace mote::runtime {

namespace {

constexpr uint64_t least_touched_bytes = 16 << 10;  // below, a system call costs what the faults do

}  // namespace

// One instantiation under way: what it needs of Instance's private parts.
class Instantiation {
 public:
  Instantiation(Instance& instance, std::span<const ImportValue> imports)
      : instance_(instance), module_(instance.module()), info_(module_.info()), layout_(module_.layout()), imports_(imports) {}

  Run<void> define() {
    import_all();
    if (auto added = add_memories(); !added) return std::unexpected(Stop::of(std::move(added.error())));
    add_tags();
    if (auto done = evaluate_globals(); !done) return done;  // they may refer to functions, not yet to tables
    if (auto done = add_tables(); !done) return done;
    return instance_.evaluate_elements();
  }
  Run<void> apply_segments() {
    if (auto applied = apply_elements(); !applied) return applied;
    return apply_data();
  }

 private:
  template <class T>
  [[nodiscard]] T* at(uint32_t offset) const {
    return instance_.at<T>(offset);
  }
  [[nodiscard]] Store& store() const { return instance_.store(); }

  void import_all() {
    for (size_t i = 0; i < imports_.size(); ++i) {
      const uint32_t index = info_.imports[i].index;
      std::visit([&](const auto& value) { import_one(index, value); }, imports_[i]);
    }
  }
  void import_one(uint32_t, std::monostate) { ASSERT(!"find_mismatch refuses it"); }
  void import_one(uint32_t index, const std::shared_ptr<const HostFunc>& func) {
    auto* binding = at<HostBinding>(layout_.host_binding(index));
    *binding = {.magic = host_binding_magic,
                .type = func->type,
                .store = &store().context,
                .func = func.get(),
                .importer = &instance_,
                .reserved = {}};
    *at<code::FuncImport>(layout_.func_import(index)) = {reinterpret_cast<const void*>(mote_host_call), binding};
    instance_.host_funcs_.push_back(func);
  }
  void import_one(uint32_t index, const code::FuncRef* func) {
    *at<code::FuncImport>(layout_.func_import(index)) = {func->code, func->ctx};
    instance_.imported_funcs_[index] = func;
  }
  void import_one(uint32_t index, Table* table) {
    instance_.tables_[index] = table;
    *at<code::TableDef*>(layout_.table(index)) = table->def();
    if (index == 0) instance_.vmctx().tab0.base = table->def()->base;
  }
  void import_one(uint32_t index, Memory* memory) {
    instance_.memories_[index] = memory;
    *at<code::MemoryImport>(layout_.memory(index)) = {memory->def()->base, memory->def()};
    if (index == 0) instance_.vmctx().mem0.base = memory->def()->base;
  }
  void import_one(uint32_t index, Global* global) {
    if (instance_.globals_.empty()) instance_.globals_.resize(info_.globals.size());
    instance_.globals_[index] = global;
    *at<code::Value16*>(layout_.global(index)) = global->value;
  }
  void import_one(uint32_t index, Tag* tag) { *at<code::VMTag*>(layout_.tag(index)) = &tag->vm; }

  Result<void> add_memories() {
    const code::MemoryMode mode = module_.image().key().memory;
    for (uint32_t i = info_.imported_memories; i < info_.memories.size(); ++i) {
      const wasm::MemoryType& type = info_.memories[i];
      auto* own = type.limits.is_shared ? nullptr : at<code::MemoryDef>(layout_.memory_def(i));
      import_one(i, TRY(store().add_memory(type, mode, own)));
    }
    return {};
  }

  void add_tags() {
    for (uint32_t i = info_.imported_tags; i < info_.tags.size(); ++i) {
      *at<code::VMTag*>(layout_.tag(i)) = &store().add_tag(module_.type_ids()[info_.tags[i].type])->vm;
    }
  }

  Run<void> evaluate_globals() {
    for (uint32_t i = info_.imported_globals; i < info_.globals.size(); ++i) {
      auto value = evaluate(instance_, info_.globals[i].init);
      if (!value) return std::unexpected(std::move(value.error()));
      *at<code::Value16>(layout_.global(i)) = *value;
    }
    return {};
  }

  Run<void> add_tables() {
    for (uint32_t i = info_.imported_tables; i < info_.tables.size(); ++i) {
      const wasm::Table& table = info_.tables[i];
      wasm::TableType type = table.type;
      type.element = canonical(type.element, module_.type_ids());
      auto* def = at<code::TableDef>(layout_.table_def(i));
      Ref initial = 0;
      if (!table.init.empty()) {
        auto value = evaluate(instance_, table.init);
        if (!value) return std::unexpected(std::move(value.error()));
        initial = low_of(*value);
      }
      auto added = store().add_table(type, code::is_func_ref(info_, table.type.element), initial, def);
      if (!added) return std::unexpected(Stop::of(std::move(added.error())));
      instance_.tables_[i] = *added;
      *at<code::TableDef*>(layout_.table(i)) = def;
      if (!module_.lazy_image(i).empty()) instance_.tables_[i]->set_lazy(instance_, module_.lazy_image(i));
    }
    return {};
  }

  Run<void> apply_elements() {
    for (uint32_t i = 0; i < info_.elements.size(); ++i) {
      const wasm::ElementSegment& segment = info_.elements[i];
      if (segment.mode == wasm::SegmentMode::passive) continue;
      if (segment.mode == wasm::SegmentMode::active && !module_.is_lazy(i) &&
          !instance_.init_table(segment.table, i, offset_of(segment.offset, info_.tables[segment.table].type.limits), 0,
                                segment.size())) {
        write_lazy_segments_before(i);
        return std::unexpected(Stop::trap(code::TrapCode::out_of_bounds_table_access,
                                          format("{}: element segment {} does not fit table {}",
                                                 code::words(code::TrapCode::out_of_bounds_table_access), i, segment.table)));
      }
      instance_.drop_element(i);
    }
    return {};
  }

  // The images of lazy tables hold all their segments, also those after the one that trapped, which must not be seen.
  void write_lazy_segments_before(uint32_t end) {
    for (uint32_t i = info_.imported_tables; i < info_.tables.size(); ++i) instance_.tables_[i]->drop_lazy();
    for (uint32_t i = 0; i < end; ++i) {
      const wasm::ElementSegment& segment = info_.elements[i];
      if (!module_.is_lazy(i)) continue;
      const uint64_t offset = offset_of(segment.offset, info_.tables[segment.table].type.limits);
      for (size_t j = 0; j < segment.funcs.size(); ++j) {
        instance_.tables_[segment.table]->set(offset + j, reinterpret_cast<Ref>(instance_.func(segment.funcs[j])));
      }
    }
  }

  Run<void> apply_data() {
    for (uint32_t i = 0; i < info_.datas.size(); ++i) {
      const wasm::DataSegment& segment = info_.datas[i];
      if (segment.mode != wasm::SegmentMode::active) continue;
      const MutableBytes target = instance_.memories_[segment.memory]->bytes();
      const uint64_t offset = offset_of(segment.offset, info_.memories[segment.memory].limits);
      if (segment.bytes.size() > target.size() || offset > target.size() - segment.bytes.size()) {
        return std::unexpected(Stop::trap(code::TrapCode::out_of_bounds_memory_access,
                                          format("{}: data segment {} does not fit memory {}",
                                                 code::words(code::TrapCode::out_of_bounds_memory_access), i, segment.memory)));
      }
      if (segment.bytes.size() >= least_touched_bytes) os::touch_to_write(target.subspan(offset, segment.bytes.size()));
      if (!segment.bytes.empty()) std::memcpy(target.data() + offset, segment.bytes.data(), segment.bytes.size());
      instance_.drop_data(i);
    }
    return {};
  }

  [[nodiscard]] uint64_t offset_of(const wasm::ConstExpr& expr, const wasm::Limits& limits) const {
    const uint64_t value = low_of(*evaluate(instance_, expr));
    return limits.address == wasm::AddressType::i32 ? static_cast<uint32_t>(value) : value;
  }

  Instance& instance_;
  const Module& module_;
  const wasm::Module& info_;
  const code::InstanceLayout& layout_;
  std::span<const ImportValue> imports_;
};

ImportValue import_value(const Extern& definition) {
  switch (definition.kind) {
    case wasm::ExternKind::func:
      return definition.func;
    case wasm::ExternKind::table:
      return definition.table;
    case wasm::ExternKind::memory:
      return definition.memory;
    case wasm::ExternKind::global:
      return definition.global;
    case wasm::ExternKind::tag:
      return definition.tag;
  }
  return {};
}

namespace {

Run<void> run_start(Instance& instance, wasm::FuncIndex start) {
  const Module& module = instance.module();
  code::FuncRef func = {.code = nullptr, .ctx = &instance.vmctx(), .type = module.func_type(start), .id = 0, .host = nullptr};
  if (module.info().is_imported(start)) {
    const auto* import = reinterpret_cast<const code::FuncImport*>(reinterpret_cast<const uint8_t*>(&instance.vmctx()) +
                                                                   module.layout().func_import(start));
    func.code = import->code;
    func.ctx = import->ctx;
  } else {
    func.code = module.image().entry(start - module.info().imported_funcs);
  }
  return call(instance.store(), func, {}, {});
}

}  // namespace

Run<Instance*> instantiate(Store& store, std::shared_ptr<const Module> module, std::span<const ImportValue> imports) {
  auto made = instantiate_blank(store, std::move(module), imports);
  if (!made) return made;
  Instance& instance = **made;
  if (auto applied = Instantiation(instance, imports).apply_segments(); !applied)
    return std::unexpected(std::move(applied.error()));
  if (const std::optional<wasm::FuncIndex> start = instance.module().info().start) {
    if (auto run = run_start(instance, *start); !run) return std::unexpected(std::move(run.error()));
  }
  return &instance;
}

Run<Instance*> instantiate_blank(Store& store, std::shared_ptr<const Module> module, std::span<const ImportValue> imports) {
  ASSERT(imports.size() == module->info().imports.size());
  for (size_t i = 0; i < imports.size(); ++i) {
    if (auto mismatch = find_mismatch(*module, i, imports[i])) return std::unexpected(Stop::of(std::move(*mismatch)));
  }
  auto added = store.add_instance(std::move(module));
  if (!added) return std::unexpected(Stop::of(std::move(added.error())));
  if (auto defined = Instantiation(**added, imports).define(); !defined) return std::unexpected(std::move(defined.error()));
  return *added;
}

}  // namespace mote::runtime
