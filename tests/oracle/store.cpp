// Linking and instantiation of the oracle: see store.h.
#include "tests/oracle/store.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "tests/oracle/code.h"
#include "tests/oracle/interpret.h"

#include <cstdlib>

namespace mote::oracle {

Func::Func() = default;
Func::~Func() = default;

void Memory::Free::operator()(uint8_t* bytes) const {
  std::free(bytes);
}

Memory::Memory(wasm::MemoryType type) : type_(type) {
  ASSERT(resize(type.limits.min * page));
}

bool Memory::resize(uint64_t size) {
  std::unique_ptr<uint8_t, Free> bytes(static_cast<uint8_t*>(std::calloc(size + 1, 1)));
  if (bytes == nullptr) return false;
  if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  size_ = size;
  return true;
}

std::optional<uint64_t> Memory::grow(uint64_t pages, uint64_t limit_bytes) {
  uint64_t old = this->pages();
  uint64_t most = type_.limits.max.value_or(is_64() ? 1ull << 48 : 65536);
  if (pages > most || old > most - pages || old + pages > limit_bytes / page) return std::nullopt;
  if (pages != 0 && !resize((old + pages) * page)) return std::nullopt;
  return old;
}

bool table_init(Table& table, const std::vector<uint64_t>& segment, uint64_t to, uint64_t from, uint64_t count) {
  if (!table.has(to, count) || count > segment.size() || from > segment.size() - count) return false;
  for (uint64_t i = 0; i < count; ++i) table.elements[to + i] = segment[from + i];
  return true;
}

bool memory_init(Memory& memory, Bytes segment, uint64_t to, uint64_t from, uint64_t count) {
  if (!memory.has(to, count) || count > segment.size() || from > segment.size() - count) return false;
  if (count != 0) std::memcpy(memory.data() + to, segment.data() + from, count);
  return true;
}

Store::Store(Config config) : config(config) {}
Store::~Store() = default;

Func* Store::host_func(wasm::FuncType type, HostFunction function) {
  auto func = std::make_unique<Func>();
  func->type = types.func(type);
  func->host = std::move(function);
  return funcs_.emplace_back(std::move(func)).get();
}
Memory* Store::new_memory(wasm::MemoryType type) {
  return memories_.emplace_back(std::make_unique<Memory>(type)).get();
}
Table* Store::new_table(wasm::TableType type) {
  return tables_.emplace_back(std::make_unique<Table>(type, std::vector<uint64_t>(type.limits.min))).get();
}
Global* Store::new_global(wasm::GlobalType type, Value value) {
  return globals_.emplace_back(std::make_unique<Global>(type, value)).get();
}

namespace {

std::unexpected<Stop> error(ErrorKind kind, std::string message) {
  return std::unexpected(Stop{Error{kind, std::move(message)}});
}
std::unexpected<Stop> trap(TrapKind kind) {
  return std::unexpected(Stop{OracleTrap{kind, {}}});
}

bool limits_match(const wasm::Limits& given, uint64_t size, const wasm::Limits& wanted) {
  if (given.address != wanted.address || given.is_shared != wanted.is_shared || size < wanted.min) return false;
  return !wanted.max || (given.max && *given.max <= *wanted.max);
}

// Whether a definition may stand for import `index` of its kind.
class Matcher {
 public:
  Matcher(const Types& types, const Instance& instance, uint32_t index) : types_(types), instance_(instance), index_(index) {}

  bool operator()(Func* func) const { return types_.matches(func->type, instance_.types[instance_.module.funcs[index_]]); }
  bool operator()(Memory* memory) const {
    return limits_match(memory->type().limits, memory->pages(), instance_.module.memories[index_].limits);
  }
  bool operator()(Table* table) const {
    const wasm::TableType& wanted = instance_.module.tables[index_].type;
    wasm::ValueType element = Types::rename(wanted.element, instance_.types);
    return types_.matches(table->type.element, element) && types_.matches(element, table->type.element) &&
           limits_match(table->type.limits, table->elements.size(), wanted.limits);
  }
  bool operator()(Global* global) const {
    const wasm::GlobalType& wanted = instance_.module.globals[index_].type;
    wasm::ValueType type = Types::rename(wanted.type, instance_.types);
    if (global->type.is_mutable != wanted.is_mutable || !types_.matches(global->type.type, type)) return false;
    return !wanted.is_mutable || types_.matches(type, global->type.type);
  }

 private:
  const Types& types_;
  const Instance& instance_;
  uint32_t index_;
};

}  // namespace

Outcome<Instance*> Store::instantiate(std::span<const uint8_t> wasm, const Resolver& imports) {
  auto owned = std::make_unique<Instance>();
  Instance& instance = *owned;
  instance.bytes.assign(wasm.begin(), wasm.end());
  auto module = wasm::decode(instance.bytes);
  if (!module) return std::unexpected(Stop{module.error()});
  instance.module = std::move(*module);
  if (auto valid = wasm::validate_bodies(instance.module); !valid) return std::unexpected(Stop{valid.error()});
  instance.types = types.add(instance.module);
  if (auto linked = link(instance, imports); !linked) return std::unexpected(linked.error());

  instances_.push_back(std::move(owned));
  if (auto allocated = allocate(instance); !allocated) return std::unexpected(allocated.error());
  if (auto ran = run_segments(instance); !ran) return std::unexpected(ran.error());
  if (instance.module.start) {
    if (auto ran = invoke(*instance.funcs[*instance.module.start], {}); !ran) return std::unexpected(ran.error());
  }
  return &instance;
}

Outcome<void> Store::link(Instance& instance, const Resolver& imports) {
  for (const wasm::Import& import : instance.module.imports) {
    std::optional<Extern> found = imports(import.module, import.name);
    if (!found) return error(ErrorKind::not_found, format("unknown import {}.{}", import.module, import.name));
    if (import.kind == wasm::ExternKind::tag) return error(ErrorKind::unsupported, "the oracle has no tags");
    bool same_kind = found->index() == static_cast<size_t>(import.kind);
    if (!same_kind || !std::visit(Matcher(types, instance, import.index), *found)) {
      return error(ErrorKind::bad_input, format("incompatible import type for {}.{}", import.module, import.name));
    }
    switch (import.kind) {
      case wasm::ExternKind::func:
        instance.funcs.push_back(std::get<Func*>(*found));
        break;
      case wasm::ExternKind::table:
        instance.tables.push_back(std::get<Table*>(*found));
        break;
      case wasm::ExternKind::memory:
        instance.memories.push_back(std::get<Memory*>(*found));
        break;
      case wasm::ExternKind::global:
        instance.globals.push_back(std::get<Global*>(*found));
        break;
      case wasm::ExternKind::tag:
        break;
    }
  }
  return {};
}

Outcome<void> Store::allocate(Instance& instance) {
  const wasm::Module& module = instance.module;
  for (uint32_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    auto func = std::make_unique<Func>();
    func->type = instance.types[module.funcs[i]];
    func->instance = &instance;
    func->index = i;
    instance.funcs.push_back(funcs_.emplace_back(std::move(func)).get());
  }
  for (uint32_t i = module.imported_memories; i < module.memories.size(); ++i) {
    if (module.memories[i].limits.min > config.memory_limit_bytes / Memory::page)
      return error(ErrorKind::limit, "memory too large");
    instance.memories.push_back(new_memory(module.memories[i]));
  }
  for (uint32_t i = module.imported_globals; i < module.globals.size(); ++i) {
    auto value = evaluate(instance, module.globals[i].init);
    if (!value) return std::unexpected(value.error());
    wasm::GlobalType type = module.globals[i].type;
    instance.globals.push_back(new_global({Types::rename(type.type, instance.types), type.is_mutable}, *value));
  }
  for (uint32_t i = module.imported_tables; i < module.tables.size(); ++i) {
    wasm::TableType type = module.tables[i].type;
    if (type.limits.min > config.table_limit) return error(ErrorKind::limit, "table too large");
    type.element = Types::rename(type.element, instance.types);
    Table* table = new_table(type);
    instance.tables.push_back(table);
    if (module.tables[i].init.empty()) continue;
    auto value = evaluate(instance, module.tables[i].init);
    if (!value) return std::unexpected(value.error());
    table->elements.assign(table->elements.size(), value->low);
  }
  for (const wasm::ElementSegment& segment : module.elements) {
    std::vector<uint64_t>& elements = instance.elements.emplace_back();
    for (wasm::FuncIndex func : segment.funcs) elements.push_back(reference(instance.funcs[func]));
    for (const wasm::ConstExpr& expression : segment.exprs) {
      auto value = evaluate(instance, expression);
      if (!value) return std::unexpected(value.error());
      elements.push_back(value->low);
    }
  }
  instance.data_dropped.assign(module.datas.size(), false);
  for (const wasm::Export& exported : module.exports) {
    std::optional<Extern> entity;
    switch (exported.kind) {
      case wasm::ExternKind::func:
        entity = instance.funcs[exported.index];
        break;
      case wasm::ExternKind::table:
        entity = instance.tables[exported.index];
        break;
      case wasm::ExternKind::memory:
        entity = instance.memories[exported.index];
        break;
      case wasm::ExternKind::global:
        entity = instance.globals[exported.index];
        break;
      case wasm::ExternKind::tag:
        return error(ErrorKind::unsupported, "the oracle has no tags");
    }
    instance.exports.emplace(exported.name, *entity);
  }
  return {};
}

Outcome<void> Store::run_segments(Instance& instance) {
  const wasm::Module& module = instance.module;
  for (size_t i = 0; i < module.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module.elements[i];
    if (segment.mode == wasm::SegmentMode::passive) continue;
    if (segment.mode == wasm::SegmentMode::active) {
      auto at = evaluate(instance, segment.offset);
      if (!at) return std::unexpected(at.error());
      std::vector<uint64_t>& elements = instance.elements[i];
      if (!table_init(*instance.tables[segment.table], elements, at->low, 0, elements.size())) {
        return trap(TrapKind::out_of_bounds_table_access);
      }
    }
    instance.elements[i].clear();
  }
  for (size_t i = 0; i < module.datas.size(); ++i) {
    const wasm::DataSegment& segment = module.datas[i];
    if (segment.mode != wasm::SegmentMode::active) continue;
    auto at = evaluate(instance, segment.offset);
    if (!at) return std::unexpected(at.error());
    if (!memory_init(*instance.memories[segment.memory], segment.bytes, at->low, 0, segment.bytes.size())) {
      return trap(TrapKind::out_of_bounds_memory_access);
    }
    instance.data_dropped[i] = true;
  }
  return {};
}

// Constant expressions: a stack machine over ConstOp. GC operators need a heap, which the oracle does not have.
Outcome<Value> Store::evaluate(Instance& instance, const wasm::ConstExpr& expression) {
  using Kind = wasm::ConstOp::Kind;
  std::vector<Value> stack;
  auto binary = [&](auto operation) {
    Value b = stack.back();
    stack.pop_back();
    stack.back() = operation(stack.back().low, b.low);
  };
  for (const wasm::ConstOp& op : expression) {
    switch (op.kind) {
      case Kind::i32_const:
      case Kind::i64_const:
      case Kind::f32_const:
      case Kind::f64_const:
      case Kind::v128_const:
        stack.push_back({op.low, op.high});
        break;
      case Kind::global_get:
        stack.push_back(instance.globals[op.index]->value);
        break;
      case Kind::ref_null:
        stack.push_back({});
        break;
      case Kind::ref_func:
        stack.push_back({reference(instance.funcs[op.index])});
        break;
      case Kind::i32_add:
        binary([](uint64_t a, uint64_t b) { return put(static_cast<uint32_t>(a + b)); });
        break;
      case Kind::i32_sub:
        binary([](uint64_t a, uint64_t b) { return put(static_cast<uint32_t>(a - b)); });
        break;
      case Kind::i32_mul:
        binary([](uint64_t a, uint64_t b) { return put(static_cast<uint32_t>(a * b)); });
        break;
      case Kind::i64_add:
        binary([](uint64_t a, uint64_t b) { return Value{a + b}; });
        break;
      case Kind::i64_sub:
        binary([](uint64_t a, uint64_t b) { return Value{a - b}; });
        break;
      case Kind::i64_mul:
        binary([](uint64_t a, uint64_t b) { return Value{a * b}; });
        break;
      case Kind::ref_i31:
      case Kind::struct_new:
      case Kind::struct_new_default:
      case Kind::array_new:
      case Kind::array_new_default:
      case Kind::array_new_fixed:
      case Kind::any_convert_extern:
      case Kind::extern_convert_any:
        return error(ErrorKind::unsupported, "the oracle has no garbage-collected heap");
    }
  }
  return stack.back();
}

Outcome<std::vector<Value>> Store::invoke(Func& func, std::span<const Value> args) {
  return interpret(*this, func, args);
}

}  // namespace mote::oracle
