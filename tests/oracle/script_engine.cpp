// The oracle as an engine of specification scripts: the judge is judged by the runner that judges everyone else (tests/spec).
//
// The program oracle_spec is that runner with this engine alone; groups 1–11 and 14 must pass whole, and of
// group 16 what needs one thread. Modules with exceptions or garbage-collected types are refused as unsupported when they are
// instantiated.
#include "base/core/format.h"
#include "engine/code/abi.h"
#include "engine/wasm/decode.h"
#include "tests/oracle/code.h"
#include "tests/oracle/store.h"
#include "tests/spec/engine.h"
#include "tests/spec/suite.h"

#include <cstdio>
#include <cstdlib>

namespace mote::oracle {
namespace {

using spec::Hierarchy;
using spec::RefClass;
using spec::ScriptKind;
using spec::ScriptValue;
using wasm::HeapType;
using wasm::ValueType;

// The specification's words, from the table that everyone shares.
const char* words_of(TrapKind kind) {
  return code::words(static_cast<code::TrapCode>(kind));
}

class OracleEngine final : public spec::ScriptEngine {
 public:
  OracleEngine() { define_spectest(); }

  spec::Outcome validate(Bytes bytes) override {
    auto module = wasm::decode(bytes);
    if (!module) return {spec::Outcome::refused, module.error().text(), {}};
    if (auto valid = wasm::validate_bodies(*module); !valid) return {spec::Outcome::refused, valid.error().text(), {}};
    return {};
  }

  std::vector<std::string> import_modules(Bytes bytes) override {
    std::vector<std::string> names;
    auto module = wasm::decode(bytes);
    if (!module) return names;
    for (const wasm::Import& import : module->imports) names.emplace_back(import.module);
    return names;
  }

  spec::Outcome instantiate(Bytes bytes, const std::string&, Instance& number) override {
    if (auto unsupported = find_unsupported(bytes)) return *unsupported;
    auto instance =
        store_.instantiate(bytes, [this](std::string_view module, std::string_view name) { return resolve(module, name); });
    if (!instance) return stopped(instance.error());
    number = instances_.size();
    instances_.push_back((*instance)->exports);
    return {};
  }

  spec::Outcome register_as(const std::string& name, Instance instance) override {
    registered_[name] = instances_[instance];
    return {};
  }

  spec::Outcome invoke(Instance instance, const std::string& field, const std::vector<ScriptValue>& args) override {
    auto found = instances_[instance].find(field);
    if (found == instances_[instance].end()) return {spec::Outcome::error, "no export " + field, {}};
    Func& func = *std::get<Func*>(found->second);
    std::vector<Value> values;
    for (const ScriptValue& arg : args) values.push_back(from_script(arg));
    auto results = store_.invoke(func, values);
    if (!results) return stopped(results.error());
    spec::Outcome outcome;
    const wasm::FuncType& type = store_.types.func_type(func.type);
    for (size_t i = 0; i < results->size(); ++i) outcome.values.push_back(to_script((*results)[i], type.results[i]));
    return outcome;
  }

  // The oracle runs on one thread, and what its threads could show depends on their order.
  std::unique_ptr<spec::ScriptEngine> for_thread(std::optional<Instance>) override { return nullptr; }

  spec::Outcome get_global(Instance instance, const std::string& field) override {
    auto found = instances_[instance].find(field);
    if (found == instances_[instance].end()) return {spec::Outcome::error, "no export " + field, {}};
    Global& global = *std::get<Global*>(found->second);
    return {spec::Outcome::done, {}, {to_script(global.value, global.type.type)}};
  }

 private:
  using Exports = std::map<std::string, Extern, std::less<>>;

  std::optional<Extern> resolve(std::string_view module, std::string_view name) {
    auto exports = registered_.find(module);
    if (exports == registered_.end()) return std::nullopt;
    auto found = exports->second.find(name);
    if (found == exports->second.end()) return std::nullopt;
    return found->second;
  }

  // What the oracle lacks, if the module is valid and needs it.
  std::optional<spec::Outcome> find_unsupported(Bytes bytes) {
    auto module = wasm::decode(bytes);
    if (!module) return std::nullopt;
    if (!module->tags.empty()) return spec::Outcome{spec::Outcome::unsupported, "the oracle has no tags", {}};
    for (uint32_t i = module->imported_funcs; i < module->funcs.size(); ++i) {
      auto code = read_code(*module, i);
      if (!code && code.error().kind == ErrorKind::unsupported)
        return spec::Outcome{spec::Outcome::unsupported, code.error().text(), {}};
    }
    return std::nullopt;
  }

  static spec::Outcome stopped(const Stop& stop) {
    if (const auto* trap = std::get_if<OracleTrap>(&stop)) return {spec::Outcome::trap, words_of(trap->kind), {}};
    const Error& error = std::get<Error>(stop);
    if (error.kind == ErrorKind::unsupported) return {spec::Outcome::unsupported, error.message, {}};
    bool is_link = error.message.starts_with("unknown import") || error.message.starts_with("incompatible import");
    if (is_link) return {spec::Outcome::unlinkable, error.message, {}};
    return {error.kind == ErrorKind::bad_input ? spec::Outcome::refused : spec::Outcome::error, error.text(), {}};
  }

  static Value from_script(const ScriptValue& value) {
    if (value.kind != ScriptKind::ref) return {value.low, value.high};
    return {value.ref == RefClass::host ? value.low + 1 : 0};
  }

  ScriptValue to_script(Value value, ValueType type) const {
    switch (type.kind()) {
      case wasm::ValueKind::i32:
        return {.kind = ScriptKind::i32, .low = value.low};
      case wasm::ValueKind::i64:
        return {.kind = ScriptKind::i64, .low = value.low};
      case wasm::ValueKind::f32:
        return {.kind = ScriptKind::f32, .low = value.low};
      case wasm::ValueKind::f64:
        return {.kind = ScriptKind::f64, .low = value.low};
      case wasm::ValueKind::v128:
        return {.kind = ScriptKind::v128, .low = value.low, .high = value.high};
      case wasm::ValueKind::ref:
      case wasm::ValueKind::bottom:
        break;
    }
    auto in = [&](HeapType::Abstract top) { return store_.types.matches(type.heap(), HeapType(top)); };
    Hierarchy hierarchy = in(HeapType::func) ? Hierarchy::func : in(HeapType::extern_) ? Hierarchy::extern_ : Hierarchy::any;
    if (value.low == 0) return {.kind = ScriptKind::ref, .ref = RefClass::null, .hierarchy = hierarchy};
    if (hierarchy == Hierarchy::func) return {.kind = ScriptKind::ref, .ref = RefClass::func, .hierarchy = hierarchy};
    return {.kind = ScriptKind::ref, .ref = RefClass::host, .hierarchy = hierarchy, .low = value.low - 1};
  }

  void define_spectest() {
    Exports& exports = registered_["spectest"];
    auto print = [&](const char* name, std::vector<ValueType> params) {
      exports[name] = store_.host_func({std::move(params), {}}, [](std::span<const Value>) { return std::vector<Value>{}; });
    };
    print("print", {});
    print("print_i32", {wasm::i32});
    print("print_i64", {wasm::i64});
    print("print_f32", {wasm::f32});
    print("print_f64", {wasm::f64});
    print("print_i32_f32", {wasm::i32, wasm::f32});
    print("print_f64_f64", {wasm::f64, wasm::f64});
    exports["global_i32"] = store_.new_global({wasm::i32, false}, {666});
    exports["global_i64"] = store_.new_global({wasm::i64, false}, {666});
    exports["global_f32"] = store_.new_global({wasm::f32, false}, {0x4426a666});
    exports["global_f64"] = store_.new_global({wasm::f64, false}, {0x4084d4cccccccccd});
    exports["memory"] = store_.new_memory({{.min = 1, .max = 2}});
    exports["shared_memory"] = store_.new_memory({{.is_shared = true, .min = 1, .max = 2}});
    exports["table"] = store_.new_table({wasm::funcref, {.min = 10, .max = 20}});
    exports["table64"] = store_.new_table({wasm::funcref, {.address = wasm::AddressType::i64, .min = 10, .max = 20}});
  }

  Store store_;
  std::vector<Exports> instances_;
  std::map<std::string, Exports, std::less<>> registered_;
};

}  // namespace
}  // namespace mote::oracle

int main(int argc, char** argv) {
  const mote::spec::Configuration oracle[] = {{"oracle", "plain", [] { return std::make_unique<mote::oracle::OracleEngine>(); }}};
  return mote::spec::run_suite(argc, argv, oracle);
}
