// The oracle's side: see run.h.
#include "base/core/format.h"
#include "tests/differential/memory_watch.h"
#include "tests/differential/run.h"
#include "tests/oracle/store.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace mote::differential {

using oracle::Value;
using wasm::ValueType;
using Kind = Journal::Kind;

namespace {

class OracleRun {
 public:
  OracleRun(const Program& program, const Rules& rules, uint64_t step_limit)
      : program_(program), store_(config(rules, step_limit)), counts_fuel_(rules.fuel) {}

  Result<Journal> run() {
    store_.fuel = program_.plan.fuel;
    make_host();
    for (uint32_t i = 0; i < program_.instances(); ++i) {
      if (!TRY(instantiate(i))) return std::move(journal_);
    }
    for (const Call& call : program_.plan.calls) {
      store_.fuel = program_.plan.fuel;
      for (oracle::Instance* instance : instances_) {
        instance->globals[program_.plan.steps_global]->value = {static_cast<uint32_t>(steps_per_call)};
      }
      TRY(this->call(call));
      observe();
    }
    return std::move(journal_);
  }

 private:
  static oracle::Store::Config config(const Rules& rules, uint64_t step_limit) {
    Setup setup;
    setup.rules = rules;
    oracle::Store::Config config;
    config.rules.canonical_nans = rules.canonical_nans;
    config.rules.relaxed = code::relaxed_simd(key_of(setup, code::Tier::optimizing));
    config.fuel = rules.fuel;
    config.step_limit = step_limit;
    return config;
  }

  void make_host() {
    for (uint32_t i = 0; i < program_.imported_memories; ++i) memories_.push_back(store_.new_memory(program_.memories[i]));
    for (uint32_t i = 0; i < program_.imported_tables; ++i) tables_.push_back(store_.new_table(program_.tables[i]));
    for (uint32_t i = 0; i < program_.imported_globals(); ++i) {
      globals_.push_back(store_.new_global(program_.globals[i], program_.plan.imported_globals[i]));
    }
  }

  // False when it trapped.
  Result<bool> instantiate(uint32_t number) {
    journal_.begin(Kind::instantiate, number, 0);
    auto instance =
        store_.instantiate(program_.wasm, [&](std::string_view, std::string_view name) { return import(number, name); });
    if (!instance) {
      TRY(trap(instance.error()));
      return false;
    }
    instances_.push_back(*instance);
    for (uint32_t i = 0; i < program_.funcs.size(); ++i) {
      const bool is_host = (*instance)->funcs[i]->instance == nullptr;
      names_.emplace((*instance)->funcs[i], Journal::func(number, i, is_host));
    }
    observe();
    return true;
  }

  std::optional<oracle::Extern> import(uint32_t number, std::string_view name) {
    uint32_t index = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), index);
    switch (name[0]) {
      case 'm':
        return memories_[index];
      case 't':
        return tables_[index];
      case 'g':
        return globals_[index];
      default:
        break;
    }
    if (number == 1 && program_.plan.links[index] != Plan::from_host) return instances_[0]->funcs[program_.plan.links[index]];
    return store_.host_func(program_.funcs[index], [this, index](std::span<const Value> args) { return host(index, args); });
  }

  std::expected<std::vector<Value>, TrapKind> host(uint32_t index, std::span<const Value> args) {
    const wasm::FuncType& type = program_.funcs[index];
    std::vector<Value> plain;
    journal_.begin(Kind::host_call, 0, index);
    for (size_t i = 0; i < args.size(); ++i) {
      plain.push_back(type.params[i].is_ref() ? Value{args[i].low != 0} : args[i]);
      journal_.add(plain.back(), type.params[i]);
    }
    return host_results(index, type, plain);
  }

  Result<void> trap(const oracle::Stop& stop) {
    if (const auto* error = std::get_if<Error>(&stop)) return std::unexpected(*error);
    const auto& trap = std::get<oracle::OracleTrap>(stop);
    journal_.begin(Kind::trap, 0, 0);
    journal_.add(static_cast<uint64_t>(trap.kind));
    for (size_t i = 0; i < std::min(trap.frames.size(), Journal::compared_frames); ++i) {
      journal_.add(trap.frames[i].func), journal_.add(trap.frames[i].offset);
    }
    return {};
  }

  Result<void> call(const Call& call) {
    journal_.begin(Kind::call, call.instance, call.func);
    auto results = store_.invoke(*instances_[call.instance]->funcs[call.func], call.args);
    if (!results) return trap(results.error());
    journal_.begin(Kind::results, call.instance, call.func);
    const std::vector<ValueType>& types = program_.funcs[call.func].results;
    for (size_t i = 0; i < results->size(); ++i) add((*results)[i], types[i]);
    return {};
  }

  void add(const Value& value, ValueType type) {
    if (!type.is_ref()) return journal_.add(value, type);
    if (value.low == 0) return journal_.add(Journal::null);
    if (type == wasm::externref) return journal_.add(Journal::external(value.low - 1));
    const auto found = names_.find(oracle::func_of(value.low));
    journal_.add(found == names_.end() ? Journal::unknown : found->second);
  }

  void observe() {
    if (counts_fuel_) {
      journal_.begin(Kind::fuel, 0, 0);
      journal_.add(static_cast<uint64_t>(store_.fuel));
    }
    for (uint32_t number = 0; number < instances_.size(); ++number) {
      oracle::Instance& instance = *instances_[number];
      for (uint32_t i = number == 0 ? 0 : program_.imported_memories; i < instance.memories.size(); ++i) {
        oracle::Memory& memory = *instance.memories[i];
        journal_.begin(Kind::memory, number, i);
        journal_.add(memory.pages()), journal_.add(watches_[number][i].checksum({memory.data(), memory.size()}));
      }
      for (uint32_t i = number == 0 ? 0 : program_.imported_globals(); i < instance.globals.size(); ++i) {
        journal_.begin(Kind::global, number, i);
        add(instance.globals[i]->value, program_.globals[i].type);
      }
      for (uint32_t i = number == 0 ? 0 : program_.imported_tables; i < instance.tables.size(); ++i) {
        journal_.begin(Kind::table, number, i);
        for (const uint64_t element : instance.tables[i]->elements) add({element}, program_.tables[i].element);
      }
    }
  }

  const Program& program_;
  oracle::Store store_;
  bool counts_fuel_;
  std::vector<oracle::Memory*> memories_;
  std::vector<oracle::Table*> tables_;
  std::vector<oracle::Global*> globals_;
  std::vector<oracle::Instance*> instances_;
  std::map<oracle::Func*, uint64_t> names_;
  std::map<uint32_t, MemoryWatch> watches_[2];  // by instance and memory
  Journal journal_;
};

}  // namespace

Result<Journal> run_oracle(const Program& program, const Rules& rules, uint64_t step_limit) {
  return OracleRun(program, rules, step_limit).run();
}

}  // namespace mote::differential
