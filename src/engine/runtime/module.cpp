// What of a module is known before it is instantiated (module.h).
#include "engine/runtime/module.h"

#include "base/core/format.h"
#include "engine/runtime/table.h"

#include <algorithm>

namespace mote::runtime {

namespace {

constexpr size_t few_exports = 16;  // up to here a scan beats a sorted index

bool starts_as_null(const wasm::Table& table) {
  return table.init.empty() || table.init[0].kind == wasm::ConstOp::ref_null;
}

}  // namespace

std::optional<uint64_t> constant(const wasm::ConstExpr& expr) {
  if (expr.size() != 1) return std::nullopt;
  if (expr[0].kind == wasm::ConstOp::i32_const) return static_cast<uint32_t>(expr[0].low);
  if (expr[0].kind == wasm::ConstOp::i64_const) return expr[0].low;
  return std::nullopt;
}

Result<std::shared_ptr<const Module>> Module::create(std::shared_ptr<Engine> engine, wasm::Module info,
                                                     std::shared_ptr<const code::Image> image,
                                                     std::shared_ptr<const void> bytes_owner, std::string name) {
  if (image->funcs().size() != info.funcs.size() - info.imported_funcs) {
    return fail(ErrorKind::bad_input, format("the compiled code has {} functions, the module {}", image->funcs().size(),
                                             info.funcs.size() - info.imported_funcs));
  }
  std::vector<TypeId> type_ids = TRY(engine->types().add(info));
  return std::make_shared<const Module>(Key(), std::move(engine), std::move(info), std::move(image), std::move(bytes_owner),
                                        std::move(name), std::move(type_ids));
}

Module::Module(Key, std::shared_ptr<Engine> engine, wasm::Module info, std::shared_ptr<const code::Image> image,
               std::shared_ptr<const void> bytes_owner, std::string name, std::vector<TypeId> type_ids)
    : engine_(std::move(engine)),
      bytes_owner_(std::move(bytes_owner)),
      info_(std::move(info)),
      image_(std::move(image)),
      name_(std::move(name)),
      layout_(info_),
      type_ids_(std::move(type_ids)) {
  find_collected();
  find_lazy_segments();
  index_exports();
}

// Values that never leave a function count too, through what they come from: a parameter, a global, a table, an object.
void Module::find_collected() {
  const auto is_collected = [&](wasm::ValueType type) { return code::is_collected(info_, type); };
  needs_heap_ = !info_.tags.empty() || std::ranges::any_of(info_.types, [&](const wasm::SubType& type) {
    return type.kind != wasm::CompositeKind::func || std::ranges::any_of(type.func.params, is_collected) ||
           std::ranges::any_of(type.func.results, is_collected);
  });
  for (const wasm::Table& table : info_.tables) needs_heap_ |= is_collected(table.type.element);
  for (uint32_t i = 0; i < info_.globals.size(); ++i) {
    if (!is_collected(info_.globals[i].type.type)) continue;
    needs_heap_ = true;
    if (i >= info_.imported_globals) collected_globals_.push_back(i);
  }
}

// A table's segments are lazy up to the first one that is not known or does not fit: what comes later must overwrite what came
// before, and a trap must leave exactly what was written until then.
void Module::find_lazy_segments() {
  lazy_images_.resize(info_.tables.size());
  is_lazy_.resize(info_.elements.size());
  std::vector<bool> is_open(info_.tables.size());
  for (uint32_t i = info_.imported_tables; i < info_.tables.size(); ++i) {
    is_open[i] = code::is_func_ref(info_, info_.tables[i].type.element) && starts_as_null(info_.tables[i]);
  }
  for (size_t i = 0; i < info_.elements.size(); ++i) {
    const wasm::ElementSegment& segment = info_.elements[i];
    if (segment.mode != wasm::SegmentMode::active || !is_open[segment.table]) continue;
    const std::optional<uint64_t> offset = constant(segment.offset);
    const uint64_t size = info_.tables[segment.table].type.limits.min;
    if (!offset || !segment.exprs.empty() || segment.funcs.size() > size || *offset > size - segment.funcs.size()) {
      is_open[segment.table] = false;
      continue;
    }
    std::vector<wasm::FuncIndex>& image = lazy_images_[segment.table];
    if (image.size() < *offset + segment.funcs.size()) image.resize(*offset + segment.funcs.size(), Table::no_func);
    std::ranges::copy(segment.funcs, image.begin() + static_cast<ptrdiff_t>(*offset));
    is_lazy_[i] = true;
  }
}

void Module::index_exports() {
  if (info_.exports.size() <= few_exports) return;
  exports_by_name_.resize(info_.exports.size());
  for (uint32_t i = 0; i < exports_by_name_.size(); ++i) exports_by_name_[i] = i;
  std::ranges::sort(exports_by_name_, {}, [&](uint32_t i) { return info_.exports[i].name; });
}

const wasm::Export* Module::find_export(std::string_view name) const {
  const auto& exports = info_.exports;
  if (exports_by_name_.empty()) {
    const auto found = std::ranges::find(exports, name, &wasm::Export::name);
    return found == exports.end() ? nullptr : &*found;
  }
  const auto found = std::ranges::lower_bound(exports_by_name_, name, {}, [&](uint32_t i) { return exports[i].name; });
  if (found == exports_by_name_.end() || exports[*found].name != name) return nullptr;
  return &exports[*found];
}

}  // namespace mote::runtime
