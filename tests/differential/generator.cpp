// Decides what a module declares, writes it, and decides what to call: see generator.h.
#include "tests/differential/generator.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "tests/differential/function_maker.h"

#include <algorithm>
#include <string>

namespace mote::differential {
namespace {

using oracle::Value;
using wasm::HeapType;
using wasm::SegmentMode;
using wasm::ValueType;

class ModuleMaker {
 public:
  ModuleMaker(Choices& choices, GeneratorOptions options) : choices_(choices), options_(options) {}

  std::vector<uint8_t> make() {
    declare_types();
    declare_memories_and_tables();
    declare_globals();
    declare_funcs();
    declare_segments();
    plan_links();
    plan_calls();
    write();
    append_plan(wasm_, plan_);
    return std::move(wasm_);
  }

 private:
  ValueType some_type(bool any_ref);
  std::vector<ValueType> some_types(uint32_t usual, uint32_t most);
  void declare_types();
  void declare_memories_and_tables();
  void declare_globals();
  void declare_funcs();
  void declare_segments();
  void write();
  Binary types_section() const;
  Binary imports_section() const;
  [[nodiscard]] std::optional<uint32_t> constant_global(ValueType type) const;
  Binary globals_section();
  Binary exports_section() const;
  Binary elements_section();
  Binary datas_section();
  void write_offset(Binary& out, const wasm::Limits& limits, uint64_t size, uint64_t length);
  void plan_links();
  void plan_calls();
  Value argument(ValueType type);

  Choices& choices_;
  GeneratorOptions options_;
  ModuleShape shape_;
  std::optional<uint32_t> start_;
  Plan plan_;
  std::vector<uint8_t> wasm_;
};

// Bits that arithmetic did not make are as good as any: constants and arguments may be NaNs of every kind.
ValueType ModuleMaker::some_type(bool any_ref) {
  static const std::vector<ValueType> numbers = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128};
  uint32_t kind = choices_.below(12);
  if (!any_ref || kind < 10) return choices_.pick(numbers);
  if (kind == 10) return wasm::externref;
  if (shape_.types.empty() || choices_.below(2) == 0) return wasm::funcref;
  return ValueType::ref(HeapType::concrete(choices_.below(static_cast<uint32_t>(shape_.types.size()))), true);
}

std::vector<ValueType> ModuleMaker::some_types(uint32_t usual, uint32_t most) {
  std::vector<ValueType> types(choices_.below(8) == 7 ? choices_.below(most + 1) : choices_.below(usual + 1));
  for (ValueType& type : types) type = some_type(true);
  return types;
}

void ModuleMaker::declare_types() {
  shape_.types.push_back({{}, {}});  // of start functions
  for (uint32_t count = 1 + choices_.below(7); count != 0; --count) {
    wasm::FuncType type;
    type.params = some_types(3, 20);  // more than registers hold, now and then
    type.results = choices_.below(3) == 0 ? some_types(2, 12) : std::vector<ValueType>{some_type(true)};
    shape_.types.push_back(std::move(type));
  }
}

void ModuleMaker::declare_memories_and_tables() {
  static const std::vector<wasm::AddressType> addresses = {wasm::AddressType::i32, wasm::AddressType::i32, wasm::AddressType::i64};
  for (uint32_t count = choices_.below(8) == 0 ? 0 : 1 + choices_.below(3) / 2 + choices_.below(2); count != 0; --count) {
    uint64_t min = choices_.below(16) == 15 ? 0 : 1 + choices_.below(2);
    const bool is_shared = choices_.below(6) == 5;
    shape_.memories.push_back(
        {{.address = choices_.pick(addresses), .is_shared = is_shared, .min = min, .max = min + choices_.below(3)}});
  }
  if (choices_.below(3) == 2) shape_.imported_memories = choices_.below(static_cast<uint32_t>(shape_.memories.size()) + 1);
  for (uint32_t count = choices_.below(4); count != 0; --count) {
    uint64_t min = choices_.below(16) == 15 ? 0 : 1 + choices_.below(8);
    ValueType element = wasm::funcref;
    if (choices_.below(4) == 3) element = wasm::externref;
    if (choices_.below(4) == 3) {
      element = ValueType::ref(HeapType::concrete(choices_.below(static_cast<uint32_t>(shape_.types.size()))), true);
    }
    shape_.tables.push_back({element, {.address = choices_.pick(addresses), .min = min, .max = min + choices_.below(4)}});
  }
  // The host cannot name the types of this module.
  while (choices_.below(3) == 2 && shape_.imported_tables < shape_.tables.size() &&
         !shape_.tables[shape_.imported_tables].element.heap().is_concrete()) {
    ++shape_.imported_tables;
  }
  if (choices_.below(3) != 0) return;
  shape_.unchanged_table = static_cast<uint32_t>(shape_.tables.size());
  shape_.tables.push_back({wasm::funcref, {.address = choices_.pick(addresses), .min = 8, .max = 8 + choices_.below(2)}});
}

void ModuleMaker::declare_globals() {
  shape_.imported_globals = choices_.below(3);
  for (uint32_t i = 0; i < shape_.imported_globals; ++i) {
    ValueType type = some_type(false);
    shape_.globals.push_back({{type, choices_.below(2) != 0}});
    ConstantBits bits = interesting_constant(choices_, type);
    plan_.imported_globals.push_back({bits.low, bits.high});
  }
  shape_.steps_global = static_cast<uint32_t>(shape_.globals.size());
  shape_.globals.push_back({{wasm::i32, true}, true});
  // One global of each numeric type to be written: what a function computes should be seen in the end.
  for (const ValueType type : {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128}) shape_.globals.push_back({{type, true}});
  for (uint32_t count = choices_.below(4); count != 0; --count)
    shape_.globals.push_back({{some_type(true), choices_.below(4) != 0}});
}

void ModuleMaker::declare_funcs() {
  auto types = static_cast<uint32_t>(shape_.types.size());
  shape_.imported_funcs = choices_.below(3);
  for (uint32_t i = 0; i < shape_.imported_funcs; ++i) {
    uint32_t type = choices_.below(types);
    // Host functions make numbers; references they could not. An embedder cannot name this module's types either.
    auto is_foreign = [](ValueType param) { return param.is_ref() && param.heap().is_concrete(); };
    const wasm::FuncType& wanted = shape_.types[type];
    bool fits = std::none_of(wanted.results.begin(), wanted.results.end(), [](ValueType result) { return result.is_ref(); }) &&
                std::none_of(wanted.params.begin(), wanted.params.end(), is_foreign);
    shape_.funcs.push_back(fits ? type : 0);
  }
  for (uint32_t count = 1 + choices_.below(3); count != 0; --count) {
    // Often of an imported function's type, so that two instances can be linked.
    const bool is_twin = shape_.imported_funcs != 0 && choices_.below(2) != 0;
    shape_.funcs.push_back(is_twin ? shape_.funcs[choices_.below(shape_.imported_funcs)] : choices_.below(types));
  }
  for (uint32_t i = shape_.imported_funcs; i < shape_.funcs.size(); ++i) {
    if (shape_.funcs[i] == 0 && choices_.below(3) == 0) start_ = i;
  }
}

void ModuleMaker::declare_segments() {
  static const std::vector<SegmentMode> modes = {SegmentMode::passive, SegmentMode::active, SegmentMode::active,
                                                 SegmentMode::declarative};
  auto some_func = [&](ValueType type) {
    std::vector<uint32_t> fitting;
    for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
      if (type == wasm::funcref || (type.heap().is_concrete() && type.heap().index() == shape_.funcs[i])) fitting.push_back(i);
    }
    return fitting.empty() || choices_.below(6) == 0 ? UINT32_MAX : choices_.pick(fitting);
  };
  if (shape_.unchanged_table != UINT32_MAX) {
    ElementShape segment{.mode = SegmentMode::active, .table = shape_.unchanged_table, .type = wasm::funcref, .funcs = {}};
    for (uint32_t size = 1 + choices_.below(7); size != 0; --size)
      segment.funcs.push_back(choices_.below(static_cast<uint32_t>(shape_.funcs.size())));
    shape_.elements.push_back(std::move(segment));
  }
  for (uint32_t count = shape_.tables.empty() ? 0 : choices_.below(5); count != 0; --count) {
    ElementShape segment;
    segment.mode = choices_.pick(modes);
    segment.table = choices_.below(static_cast<uint32_t>(shape_.tables.size()));
    if (segment.table == shape_.unchanged_table) continue;
    segment.type = shape_.tables[segment.table].element;
    const auto room = static_cast<uint32_t>(shape_.tables[segment.table].limits.min);
    for (uint32_t size = choices_.below(choices_.below(32) == 31 ? 8 : room + 1); size != 0; --size) {
      segment.funcs.push_back(segment.type == wasm::externref ? UINT32_MAX : some_func(segment.type));
    }
    shape_.elements.push_back(std::move(segment));
  }
  for (uint32_t count = choices_.below(4); count != 0; --count) {
    DataShape segment;
    segment.mode = shape_.memories.empty() ? SegmentMode::passive : modes[choices_.below(3)];
    segment.memory = shape_.memories.empty() ? 0 : choices_.below(static_cast<uint32_t>(shape_.memories.size()));
    segment.size =
        shape_.memories.empty() || shape_.memories[segment.memory].limits.min != 0 ? choices_.below(40) : choices_.below(2);
    shape_.datas.push_back(segment);
  }
}

Binary ModuleMaker::types_section() const {
  Binary out;
  out.u(shape_.types.size());
  for (const wasm::FuncType& type : shape_.types) {
    out.byte(0x60);
    out.u(type.params.size());
    for (ValueType param : type.params) out.type(param);
    out.u(type.results.size());
    for (ValueType result : type.results) out.type(result);
  }
  return out;
}

Binary ModuleMaker::imports_section() const {
  Binary out;
  out.u(shape_.imported_funcs + shape_.imported_tables + shape_.imported_memories + shape_.imported_globals);
  for (uint32_t i = 0; i < shape_.imported_funcs; ++i) {
    out.name("host"), out.name(format("f{}", i));
    out.byte(0), out.u(shape_.funcs[i]);
  }
  for (uint32_t i = 0; i < shape_.imported_globals; ++i) {
    out.name("host"), out.name(format("g{}", i));
    out.byte(3), out.type(shape_.globals[i].type.type), out.byte(shape_.globals[i].type.is_mutable ? 1 : 0);
  }
  for (uint32_t i = 0; i < shape_.imported_tables; ++i) {
    out.name("host"), out.name(format("t{}", i));
    out.byte(1), out.type(shape_.tables[i].element), out.limits(shape_.tables[i].limits);
  }
  for (uint32_t i = 0; i < shape_.imported_memories; ++i) {
    out.name("host"), out.name(format("m{}", i));
    out.byte(2), out.limits(shape_.memories[i].limits);
  }
  return out;
}

// An imported global that an initial value may be taken from.
std::optional<uint32_t> ModuleMaker::constant_global(ValueType type) const {
  for (uint32_t i = 0; i < shape_.imported_globals; ++i) {
    if (!shape_.globals[i].type.is_mutable && shape_.globals[i].type.type == type) return i;
  }
  return std::nullopt;
}

Binary ModuleMaker::globals_section() {
  Binary out;
  out.u(shape_.globals.size() - shape_.imported_globals);
  for (size_t i = shape_.imported_globals; i < shape_.globals.size(); ++i) {
    const GlobalShape& global = shape_.globals[i];
    ValueType type = global.type.type;
    out.type(type), out.byte(global.type.is_mutable ? 1 : 0);
    if (const auto imported = constant_global(type); imported && !global.is_steps && choices_.below(4) == 3) {
      out.byte(0x23), out.u(*imported), out.byte(0x0b);  // global.get
      continue;
    }
    ConstantBits bits = global.is_steps ? ConstantBits{100} : interesting_constant(choices_, type);
    switch (type.kind()) {
      case wasm::ValueKind::i32:
        out.byte(0x41), out.s(static_cast<int32_t>(bits.low));
        break;
      case wasm::ValueKind::i64:
        out.byte(0x42), out.s(static_cast<int64_t>(bits.low));
        break;
      case wasm::ValueKind::f32:
        out.byte(0x43), out.fixed(bits.low, 4);
        break;
      case wasm::ValueKind::f64:
        out.byte(0x44), out.fixed(bits.low, 8);
        break;
      case wasm::ValueKind::v128:
        out.byte(0xfd), out.u(12), out.fixed(bits.low, 8), out.fixed(bits.high, 8);
        break;
      case wasm::ValueKind::ref:
      case wasm::ValueKind::bottom:
        if (type == wasm::funcref && choices_.below(2) != 0) {
          out.byte(0xd2), out.u(choices_.below(static_cast<uint32_t>(shape_.funcs.size())));
        } else {
          out.byte(0xd0);
          if (type.heap().is_concrete())
            out.s(type.heap().index());
          else
            out.byte(type == wasm::funcref ? 0x70 : 0x6f);
        }
    }
    out.byte(0x0b);
  }
  return out;
}

Binary ModuleMaker::exports_section() const {
  Binary out;
  const size_t kept = shape_.unchanged_table < shape_.tables.size() ? 1 : 0;
  out.u(shape_.funcs.size() + shape_.tables.size() - kept + shape_.memories.size() + shape_.globals.size());
  auto all = [&](char letter, uint8_t kind, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (letter == 't' && i == shape_.unchanged_table) continue;
      out.name(format("{}{}", letter, i)), out.byte(kind), out.u(i);
    }
  };
  all('f', 0, shape_.funcs.size());
  all('t', 1, shape_.tables.size());
  all('m', 2, shape_.memories.size());
  all('g', 3, shape_.globals.size());
  return out;
}

// Where an active segment goes: mostly where it fits; sometimes as a sum, for extended constant expressions.
void ModuleMaker::write_offset(Binary& out, const wasm::Limits& limits, uint64_t size, uint64_t length) {
  bool is_64 = limits.address == wasm::AddressType::i64;
  uint64_t room = size >= length ? size - length : 0;
  uint64_t offset =
      choices_.below(128) == 127 ? room + 1 : choices_.below(static_cast<uint32_t>(std::min<uint64_t>(room, 300) + 1));
  auto constant = [&](uint64_t value) { out.byte(is_64 ? 0x42 : 0x41), out.s(static_cast<int64_t>(value)); };
  if (choices_.below(3) == 2) {
    constant(offset + 7), constant(7);
    out.byte(is_64 ? 0x7d : 0x6b);  // sub
  } else {
    constant(offset);
  }
  out.byte(0x0b);
}

Binary ModuleMaker::elements_section() {
  Binary out;
  out.u(shape_.elements.size());
  for (const ElementShape& segment : shape_.elements) {
    bool has_null = std::find(segment.funcs.begin(), segment.funcs.end(), UINT32_MAX) != segment.funcs.end();
    const bool is_known = segment.mode == SegmentMode::active && segment.table == shape_.unchanged_table;
    bool by_index = is_known || (segment.type == wasm::funcref && !has_null && choices_.below(2) != 0);
    uint32_t flags = segment.mode == SegmentMode::passive ? 1 : segment.mode == SegmentMode::declarative ? 3 : 2;
    out.u(by_index ? flags : flags | 4);
    if (segment.mode == SegmentMode::active) {
      out.u(segment.table);
      const wasm::Limits& limits = shape_.tables[segment.table].limits;
      if (is_known)
        out.byte(limits.address == wasm::AddressType::i64 ? 0x42 : 0x41), out.s(0), out.byte(0x0b);
      else
        write_offset(out, limits, limits.min, segment.funcs.size());
    }
    if (by_index) {
      out.byte(0);  // elemkind
    } else {
      out.type(segment.type);
    }
    out.u(segment.funcs.size());
    for (uint32_t func : segment.funcs) {
      if (by_index) {
        out.u(func);
        continue;
      }
      if (func != UINT32_MAX) {
        out.byte(0xd2), out.u(func);
      } else {
        out.byte(0xd0);
        if (segment.type.heap().is_concrete())
          out.s(segment.type.heap().index());
        else
          out.byte(segment.type == wasm::funcref ? 0x70 : 0x6f);
      }
      out.byte(0x0b);
    }
  }
  return out;
}

Binary ModuleMaker::datas_section() {
  Binary out;
  out.u(shape_.datas.size());
  for (const DataShape& segment : shape_.datas) {
    if (segment.mode == SegmentMode::passive) {
      out.u(1);
    } else {
      out.u(2), out.u(segment.memory);
      const wasm::Limits& limits = shape_.memories[segment.memory].limits;
      write_offset(out, limits, limits.min * 65536, segment.size);
    }
    out.u(segment.size);
    for (uint32_t i = 0; i < segment.size; ++i) out.byte(choices_.byte());
  }
  return out;
}

void ModuleMaker::write() {
  Binary out;
  out.fixed(0x6d736100, 4), out.fixed(1, 4);
  out.section(1, types_section());
  out.section(2, imports_section());
  Binary funcs, tables, memories, codes;
  funcs.u(shape_.funcs.size() - shape_.imported_funcs);
  for (size_t i = shape_.imported_funcs; i < shape_.funcs.size(); ++i) funcs.u(shape_.funcs[i]);
  tables.u(shape_.tables.size() - shape_.imported_tables);
  for (size_t i = shape_.imported_tables; i < shape_.tables.size(); ++i)
    tables.type(shape_.tables[i].element), tables.limits(shape_.tables[i].limits);
  memories.u(shape_.memories.size() - shape_.imported_memories);
  for (size_t i = shape_.imported_memories; i < shape_.memories.size(); ++i) memories.limits(shape_.memories[i].limits);
  codes.u(shape_.funcs.size() - shape_.imported_funcs);
  for (uint32_t i = shape_.imported_funcs; i < shape_.funcs.size(); ++i) {
    codes.sized(FunctionMaker(shape_, choices_, options_, i).make());
  }
  out.section(3, funcs);
  out.section(4, tables);
  out.section(5, memories);
  out.section(6, globals_section());
  out.section(7, exports_section());
  if (start_) {
    Binary start;
    start.u(*start_);
    out.section(8, start);
  }
  out.section(9, elements_section());
  Binary data_count;
  data_count.u(shape_.datas.size());
  out.section(12, data_count);
  out.section(10, codes);
  out.section(11, datas_section());
  wasm_ = out.bytes();
}

Value ModuleMaker::argument(ValueType type) {
  if (type == wasm::externref) return {choices_.below(4)};
  if (type.is_ref()) return {};
  ConstantBits bits = interesting_constant(choices_, type);
  return {bits.low, bits.high};
}

// Which functions the upper of two instances takes from the lower one.
void ModuleMaker::plan_links() {
  plan_.two = choices_.below(3) == 2;
  for (uint32_t i = 0; i < shape_.imported_funcs; ++i) {
    std::vector<uint32_t> fitting;
    for (uint32_t own = shape_.imported_funcs; own < shape_.funcs.size(); ++own) {
      if (shape_.funcs[own] == shape_.funcs[i]) fitting.push_back(own);
    }
    plan_.links.push_back(fitting.empty() || choices_.below(5) == 4 ? Plan::from_host : choices_.pick(fitting));
  }
}

void ModuleMaker::plan_calls() {
  plan_.nan_safe = options_.nan_safe;
  plan_.steps_global = shape_.steps_global;
  plan_.fuel = choices_.below(4) == 3 ? choices_.below(400) : 10'000'000;
  for (uint32_t count = 1 + choices_.below(256); count != 0; --count) {
    Call call;
    call.instance = plan_.two && choices_.below(3) != 0 ? 1 : 0;
    auto own = static_cast<uint32_t>(shape_.funcs.size()) - shape_.imported_funcs;
    call.func = shape_.imported_funcs + choices_.below(own);
    for (ValueType param : shape_.func_type(call.func).params) call.args.push_back(argument(param));
    plan_.calls.push_back(std::move(call));
  }
}

}  // namespace

std::vector<uint8_t> generate(Choices& choices, GeneratorOptions options) {
  return ModuleMaker(choices, options).make();
}

}  // namespace mote::differential
