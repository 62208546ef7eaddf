// The engine's side of the comparison, through the front door, with the optimising tier in process: see compare.h.
#include "base/core/format.h"
#include "engine/aot/compile.h"
#include "engine/wasm/module.h"
#include "tests/differential/compare.h"

#include <mote/linker.h>

#include <map>

namespace mote::differential {
namespace {

using oracle::Value;
using wasm::ValueType;

ValKind kind_of(ValueType type) {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
      return ValKind::i32;
    case wasm::ValueKind::i64:
      return ValKind::i64;
    case wasm::ValueKind::f32:
      return ValKind::f32;
    case wasm::ValueKind::f64:
      return ValKind::f64;
    case wasm::ValueKind::v128:
      return ValKind::v128;
    case wasm::ValueKind::ref:
    case wasm::ValueKind::bottom:
      break;
  }
  return type == wasm::externref ? ValKind::externref : ValKind::funcref;
}

EngineConfig config_of(const Setup& setup) {
  EngineConfig config;
  config.codegen.memory = setup.memory == code::MemoryMode::guard ? MemoryMode::guard : MemoryMode::dense;
  config.codegen.opt_level = setup.opt_level;
  config.codegen.canonical_nans = setup.canonical_nans;
  config.codegen.deterministic_relaxed_simd = setup.deterministic_relaxed_simd;
  config.codegen.fuel = setup.fuel;
  config.codegen.cpu = setup.v3 ? CodegenOptions::Cpu::v3 : CodegenOptions::Cpu::v2;
  config.compiler = [setup](std::span<const uint8_t> wasm, const CodegenOptions&) {
    aot::CompileOptions options;
    options.key = key_of(setup);
    return aot::compile(wasm, options);
  };
  return config;
}

class EngineRun {
 public:
  EngineRun(const Program& program, const Setup& setup, const Engine& engine, Store& store)
      : program_(program), counts_fuel_(setup.fuel), engine_(engine), store_(store), linker_(engine) {}

  Result<Journal> run() {
    if (counts_fuel_) store_.set_fuel(program_.plan.fuel);
    TRY(define_imports());
    const Module module = TRY(Module::compile(engine_, program_.wasm, "generated"));
    auto instance = linker_.instantiate(store_, module);
    if (!instance) {
      journal_.push_back("instantiation " + TRY(text(instance.error())));
      return journal_;
    }
    instance_ = *instance;
    for (uint32_t i = 0; i < program_.funcs.size(); ++i) func_names_[instance_.func(name('f', i))->to_ref().low()] = i;
    TRY(observe());
    for (const Call& call : program_.plan.calls) {
      TRY(instance_.global(name('g', program_.plan.steps_global))->set(Val(steps_per_call)));
      journal_.push_back(format("call f{}: {}", call.func, TRY(this->call(call))));
      TRY(observe());
    }
    return journal_;
  }

 private:
  static std::string name(char letter, uint32_t index) { return format("{}{}", letter, index); }

  static FuncSignature signature_of(const wasm::FuncType& type) {
    FuncSignature signature;
    for (const ValueType param : type.params) signature.params.push_back({kind_of(param), wasm::text(param)});
    for (const ValueType result : type.results) signature.results.push_back({kind_of(result), wasm::text(result)});
    return signature;
  }

  Result<void> define_imports() {
    for (uint32_t i = 0; i < program_.plan.imported_globals.size(); ++i) {
      const Value value = program_.plan.imported_globals[i];
      const ValKind kind = kind_of(program_.globals[i].type);
      TRY(linker_.define("host", name('g', i), TRY(Global::create(store_, Val::from_bits(kind, value.low, value.high), false))));
    }
    for (uint32_t i = 0; i < program_.imported_funcs; ++i) {
      TRY(linker_.define_func(
          "host", name('f', i), signature_of(program_.funcs[i]),
          [this, i](Caller&, std::span<const Val> args, std::span<Val> results) { return answer(i, args, results); }));
    }
    return {};
  }

  HostResult answer(uint32_t index, std::span<const Val> args, std::span<Val> results) {
    const wasm::FuncType& type = program_.funcs[index];
    std::vector<Value> plain;
    std::string line = format("host f{}:", index);
    for (size_t i = 0; i < args.size(); ++i) {
      plain.push_back(args[i].is_ref() ? Value{args[i].low() != 0} : Value{args[i].low(), args[i].high()});
      line += " " + differential::text(plain.back(), type.params[i]);
    }
    journal_.push_back(line);
    const std::vector<Value> values = host_results(index, type, plain);
    for (size_t i = 0; i < values.size(); ++i) results[i] = Val::from_bits(kind_of(type.results[i]), values[i].low, values[i].high);
    return {};
  }

  static Result<std::string> text(const Failure& failure) {
    if (failure.kind == Failure::Kind::error) return std::unexpected(failure.error);
    if (failure.kind == Failure::Kind::exit) return "exit";
    std::vector<std::pair<uint32_t, uint64_t>> frames;
    for (const Frame& frame : failure.trap.backtrace) frames.emplace_back(frame.func, frame.wasm_offset.value_or(0));
    return trap_text(failure.trap.kind, frames);
  }

  Result<std::string> call(const Call& call) {
    const wasm::FuncType& type = program_.funcs[call.func];
    std::vector<Val> args;
    for (size_t i = 0; i < call.args.size(); ++i) {
      const Value& arg = call.args[i];
      const bool is_external = type.params[i] == wasm::externref && arg.low != 0;
      args.push_back(is_external ? TRY(store_.new_externref(arg.low - 1))
                                 : Val::from_bits(kind_of(type.params[i]), arg.low, arg.high));
    }
    auto results = instance_.func(name('f', call.func))->call(args);
    if (!results) return text(results.error());
    std::string line = "results";
    for (size_t i = 0; i < results->size(); ++i) line += " " + value((*results)[i], type.results[i]);
    return line;
  }

  std::string value(const Val& value, ValueType type) const {
    if (!type.is_ref()) return differential::text({value.low(), value.high()}, type);
    if (value.is_null()) return "null";
    if (type == wasm::externref) {
      const auto number = store_.externref_number(value);
      return number ? format("extern {}", *number) : "extern without a number";
    }
    const auto found = func_names_.find(value.low());
    return found == func_names_.end() ? "another function" : format("f{}", found->second);
  }

  Result<void> observe() {
    if (counts_fuel_) journal_.push_back(format("fuel {}", store_.fuel()));
    for (uint32_t i = 0; i < program_.memories; ++i) {
      const auto memory = instance_.memory(name('m', i));
      journal_.push_back(memory_text(i, memory->pages(), memory->bytes()));
    }
    for (uint32_t i = 0; i < program_.globals.size(); ++i) {
      journal_.push_back(format("g{} = {}", i, value(instance_.global(name('g', i))->get(), program_.globals[i].type)));
    }
    for (uint32_t i = 0; i < program_.tables.size(); ++i) {
      const auto table = instance_.table(name('t', i));
      std::string line = format("t{}:", i);
      for (uint64_t at = 0; at < table->size(); ++at) line += " " + value(TRY(table->get(at)), program_.tables[i]);
      journal_.push_back(line);
    }
    return {};
  }

  const Program& program_;
  bool counts_fuel_;
  const Engine& engine_;
  Store& store_;
  Linker linker_;
  Instance instance_;
  std::map<uint64_t, uint32_t> func_names_;
  Journal journal_;
};

}  // namespace

Result<Journal> run_engine(const Program& program, const Setup& setup) {
  static std::map<std::string, Engine> engines;  // one per setup, as an embedder would have
  auto known = engines.find(text(setup));
  if (known == engines.end()) known = engines.emplace(text(setup), TRY(Engine::create(config_of(setup)))).first;
  Store store = TRY(Store::create(known->second));
  return EngineRun(program, setup, known->second, store).run();
}

}  // namespace mote::differential
