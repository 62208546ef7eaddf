// Import matching with the engine's types (import_match.h), and how definitions are written in messages.
#include "engine/runtime/import_match.h"

#include "base/core/format.h"

namespace mote::runtime {

namespace {

using wasm::ExternKind;
using wasm::Limits;

std::string memory_text(const Limits& limits) {
  return "(memory " + wasm::text(limits) + ")";
}
std::string table_text(const Limits& limits, const std::string& element) {
  return "(table " + wasm::text(limits) + " " + element + ")";
}
std::string global_text(const wasm::GlobalType& type) {
  const std::string value = wasm::text(type.type);
  return type.is_mutable ? "(global (mut " + value + "))" : "(global " + value + ")";
}

// The import's own type, with TypeIds.
std::string wanted_text(const Module& module, const wasm::Import& import) {
  const wasm::Module& info = module.info();
  const TypeRegistry& types = module.engine().types();
  switch (import.kind) {
    case ExternKind::func:
      return types.text(module.func_type(import.index));
    case ExternKind::table: {
      const wasm::TableType& type = info.tables[import.index].type;
      return table_text(type.limits, wasm::text(canonical(type.element, module.type_ids())));
    }
    case ExternKind::memory:
      return memory_text(info.memories[import.index].limits);
    case ExternKind::global: {
      wasm::GlobalType type = info.globals[import.index].type;
      type.type = canonical(type.type, module.type_ids());
      return global_text(type);
    }
    case ExternKind::tag:
      return "(tag " + types.text(module.type_ids()[info.tags[import.index].type]) + ")";
  }
  return {};
}

// A definition's limits, with its present size as the minimum.
Limits now(Limits limits, uint64_t size) {
  limits.min = size;
  return limits;
}
bool matches(const Limits& actual, const Limits& wanted) {
  return actual.address == wanted.address && actual.is_shared == wanted.is_shared && actual.min >= wanted.min &&
         (!wanted.max || (actual.max && *actual.max <= *wanted.max));
}

struct Matcher {
  const Module& module;
  const wasm::Import& import;

  [[nodiscard]] const TypeRegistry& types() const { return module.engine().types(); }
  bool operator()(std::monostate) const { return false; }
  bool operator()(const std::shared_ptr<const HostFunc>& func) const { return is_func(func->type); }
  bool operator()(const code::FuncRef* func) const { return is_func(func->type); }
  bool operator()(Table* table) const {
    if (import.kind != ExternKind::table) return false;
    const wasm::TableType& wanted = module.info().tables[import.index].type;
    return matches(now(table->type().limits, table->size()), wanted.limits) &&
           table->type().element == canonical(wanted.element, module.type_ids());
  }
  bool operator()(Memory* memory) const {
    return import.kind == ExternKind::memory &&
           matches(now(memory->type().limits, memory->pages()), module.info().memories[import.index].limits);
  }
  bool operator()(Global* global) const {
    if (import.kind != ExternKind::global) return false;
    const wasm::GlobalType& wanted = module.info().globals[import.index].type;
    const wasm::ValueType type = canonical(wanted.type, module.type_ids());
    if (global->type.is_mutable != wanted.is_mutable) return false;
    return wanted.is_mutable ? global->type.type == type : types().matches(global->type.type, type);
  }
  bool operator()(Tag* tag) const {
    return import.kind == ExternKind::tag && tag->vm.type == module.type_ids()[module.info().tags[import.index].type];
  }

 private:
  [[nodiscard]] bool is_func(TypeId type) const {
    return import.kind == ExternKind::func && types().is_subtype(type, module.func_type(import.index));
  }
};

}  // namespace

std::string text(const TypeRegistry& types, const ImportValue& value) {
  struct Writer {
    const TypeRegistry& types;
    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(const std::shared_ptr<const HostFunc>& func) const { return types.text(func->type); }
    std::string operator()(const code::FuncRef* func) const { return types.text(func->type); }
    std::string operator()(Table* table) const {
      return table_text(now(table->type().limits, table->size()), wasm::text(table->type().element));
    }
    std::string operator()(Memory* memory) const { return memory_text(now(memory->type().limits, memory->pages())); }
    std::string operator()(Global* global) const { return global_text(global->type); }
    std::string operator()(Tag* tag) const { return "(tag " + types.text(tag->vm.type) + ")"; }
  };
  return std::visit(Writer{types}, value);
}

std::optional<Error> find_mismatch(const Module& module, size_t index, const ImportValue& value) {
  const wasm::Import& import = module.info().imports[index];
  if (std::holds_alternative<std::monostate>(value)) {
    return Error{ErrorKind::not_found,
                 format("unknown import: \"{}\" \"{}\" {}", import.module, import.name, wanted_text(module, import)),
                 import.offset};
  }
  if (!std::visit(Matcher{module, import}, value)) {
    return Error{ErrorKind::bad_input,
                 format("incompatible import type: \"{}\" \"{}\" is {}, the module wants {}", import.module, import.name,
                        text(module.engine().types(), value), wanted_text(module, import)),
                 import.offset};
  }
  // Code compiled for guard pages has no bounds checks: a memory without guard pages would not be one to it.
  Memory* const* memory = std::get_if<Memory*>(&value);
  if (memory != nullptr && (*memory)->mode() == code::MemoryMode::dense && module.image().key().memory == code::MemoryMode::guard) {
    return Error{ErrorKind::bad_input,
                 format("the memory for \"{}\" \"{}\" has no guard pages, and this module was compiled for them: compile it with "
                        "-C memory=dense",
                        import.module, import.name),
                 import.offset};
  }
  return std::nullopt;
}

}  // namespace mote::runtime
