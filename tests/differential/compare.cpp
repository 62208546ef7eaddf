// The parts of the comparison that both sides share, and the oracle's side: see compare.h.
#include "tests/differential/compare.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/code/abi.h"
#include "tests/oracle/store.h"

#include <algorithm>

namespace mote::differential {

using oracle::Value;
using wasm::ValueType;

std::string text(const Setup& setup) {
  return format("{} {} O{}{}{}{}", setup.memory == code::MemoryMode::guard ? "guard" : "dense", setup.v3 ? "v3" : "v2",
                setup.opt_level, setup.canonical_nans ? " canonical-nans" : "",
                setup.deterministic_relaxed_simd ? " deterministic-relaxed" : "", setup.fuel ? " fuel" : "");
}

code::CodegenKey key_of(const Setup& setup) {
  code::CodegenKey key;
  key.memory = setup.memory;
  key.opt_level = setup.opt_level;
  key.canonical_nans = setup.canonical_nans;
  key.deterministic_relaxed_simd = setup.deterministic_relaxed_simd;
  key.fuel = setup.fuel;
  key.cpu_features = setup.v3 ? code::cpu_v3 : code::cpu_v2;
  return key;
}

std::optional<std::string> difference(const Journal& oracle, const Journal& engine) {
  for (size_t i = 0; i < std::max(oracle.size(), engine.size()); ++i) {
    const std::string expected = i < oracle.size() ? oracle[i] : "(nothing)";
    const std::string actual = i < engine.size() ? engine[i] : "(nothing)";
    if (expected != actual) return format("line {}\n  oracle: {}\n  engine: {}", i, expected, actual);
  }
  return std::nullopt;
}

std::string text(const Value& value, ValueType type) {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
    case wasm::ValueKind::f32:
      return format("{:08x}", static_cast<uint32_t>(value.low));
    case wasm::ValueKind::i64:
    case wasm::ValueKind::f64:
      return format("{:016x}", value.low);
    case wasm::ValueKind::v128:
      return format("{:016x}:{:016x}", value.low, value.high);
    case wasm::ValueKind::ref:
    case wasm::ValueKind::bottom:
      break;
  }
  return "reference";
}

std::string trap_text(TrapKind kind, const std::vector<std::pair<uint32_t, uint64_t>>& frames) {
  std::string line = format("trap: {}", code::words(static_cast<code::TrapCode>(kind)));
  for (size_t i = 0; i < std::min(frames.size(), compared_frames); ++i) {
    line += format(" f{}@{:#x}", frames[i].first, frames[i].second);
  }
  return line;
}

std::string memory_text(uint32_t index, uint64_t pages, Bytes bytes) {
  return format("m{}: {} pages, {:016x}", index, pages, checksum(bytes));
}

namespace {

class OracleRun {
 public:
  OracleRun(const Program& program, const Setup& setup) : program_(program), store_(config(setup)), counts_fuel_(setup.fuel) {}

  Result<Journal> run() {
    store_.fuel = program_.plan.fuel;
    auto instance = store_.instantiate(program_.wasm, [this](std::string_view, std::string_view name) { return import(name); });
    if (!instance) {
      if (const auto* error = std::get_if<Error>(&instance.error())) return std::unexpected(*error);
      journal_.push_back("instantiation " + text(std::get<oracle::OracleTrap>(instance.error())));
      return journal_;
    }
    instance_ = *instance;
    for (uint32_t i = 0; i < program_.funcs.size(); ++i) func_names_[exported<oracle::Func>('f', i)] = i;
    observe();
    for (const Call& call : program_.plan.calls) {
      exported<oracle::Global>('g', program_.plan.steps_global)->value = {static_cast<uint32_t>(steps_per_call)};
      journal_.push_back(format("call f{}: {}", call.func, TRY(this->call(call))));
      observe();
    }
    return journal_;
  }

 private:
  static oracle::Store::Config config(const Setup& setup) {
    oracle::Store::Config config;
    config.rules.canonical_nans = setup.canonical_nans;
    config.rules.relaxed = code::relaxed_simd(key_of(setup));
    config.fuel = setup.fuel;
    config.step_limit = 20'000'000;  // far beyond what the program's own steps allow
    return config;
  }

  static std::string text(const oracle::OracleTrap& trap) {
    std::vector<std::pair<uint32_t, uint64_t>> frames;
    for (const oracle::TrapFrame& frame : trap.frames) frames.emplace_back(frame.func, frame.offset);
    return trap_text(trap.kind, frames);
  }

  std::optional<oracle::Extern> import(std::string_view name) {
    const auto index = static_cast<uint32_t>(name[1] - '0');
    if (name[0] == 'g') return store_.new_global(program_.globals[index], program_.plan.imported_globals[index]);
    const wasm::FuncType& type = program_.funcs[index];
    return store_.host_func(type, [this, index, &type](std::span<const Value> args) {
      std::vector<Value> plain;
      std::string line = format("host f{}:", index);
      for (size_t i = 0; i < args.size(); ++i) {
        plain.push_back(type.params[i].is_ref() ? Value{args[i].low != 0} : args[i]);
        line += " " + differential::text(plain.back(), type.params[i]);
      }
      journal_.push_back(line);
      return host_results(index, type, plain);
    });
  }

  template <class T>
  T* exported(char letter, uint32_t index) {
    return std::get<T*>(instance_->exports.find(format("{}{}", letter, index))->second);
  }

  Result<std::string> call(const Call& call) {
    auto results = store_.invoke(*exported<oracle::Func>('f', call.func), call.args);
    if (!results) {
      if (const auto* error = std::get_if<Error>(&results.error())) return std::unexpected(*error);
      return text(std::get<oracle::OracleTrap>(results.error()));
    }
    std::string line = "results";
    const std::vector<ValueType>& types = program_.funcs[call.func].results;
    for (size_t i = 0; i < results->size(); ++i) line += " " + value((*results)[i], types[i]);
    return line;
  }

  std::string value(Value value, ValueType type) {
    if (!type.is_ref()) return differential::text(value, type);
    if (value.low == 0) return "null";
    if (type == wasm::externref) return format("extern {}", value.low - 1);
    const auto found = func_names_.find(oracle::func_of(value.low));
    return found == func_names_.end() ? "another function" : format("f{}", found->second);
  }

  void observe() {
    if (counts_fuel_) journal_.push_back(format("fuel {}", store_.fuel));
    for (uint32_t i = 0; i < program_.memories; ++i) {
      auto* memory = exported<oracle::Memory>('m', i);
      journal_.push_back(memory_text(i, memory->pages(), {memory->data(), memory->size()}));
    }
    for (uint32_t i = 0; i < program_.globals.size(); ++i) {
      const auto* global = exported<oracle::Global>('g', i);
      journal_.push_back(format("g{} = {}", i, value(global->value, program_.globals[i].type)));
    }
    for (uint32_t i = 0; i < program_.tables.size(); ++i) {
      const auto* table = exported<oracle::Table>('t', i);
      std::string line = format("t{}:", i);
      for (const uint64_t element : table->elements) line += " " + value({element}, table->type.element);
      journal_.push_back(line);
    }
  }

  const Program& program_;
  oracle::Store store_;
  bool counts_fuel_;
  oracle::Instance* instance_ = nullptr;
  std::map<oracle::Func*, uint32_t> func_names_;
  Journal journal_;
};

}  // namespace

Result<Journal> run_oracle(const Program& program, const Setup& setup) {
  return OracleRun(program, setup).run();
}

}  // namespace mote::differential
