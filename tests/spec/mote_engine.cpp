// See mote_engine.h. One engine for each script: nothing of one script may be seen in the next. Threads of a script have stores of
// their own in its engine.
#include "mote_engine.h"

#include "base/core/format.h"
#include "engine/aot/compile.h"
#include "engine/api/state.h"

#include <mote/inspect.h>
#include <mote/linker.h>
#include <mote/object.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

namespace mote::spec {

namespace {

// Setting up must not fail; if it does, the run has no meaning.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "spec: %s\n", result.error().text().c_str());
    std::exit(4);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Compiles each module once a process, for scripts that are run many times.
class Artifacts {
 public:
  Result<std::vector<uint8_t>> compile(std::span<const uint8_t> wasm, const CodegenOptions& options) {
    const std::pair<MemoryMode, std::vector<uint8_t>> key(options.memory, {wasm.begin(), wasm.end()});
    const std::lock_guard lock(mutex_);
    if (const auto found = artifacts_.find(key); found != artifacts_.end()) return found->second;
    aot::CompileOptions compile_options;
    compile_options.key = api::key_of(options);
    auto artifact = TRY(aot::compile(wasm, compile_options));
    artifacts_.emplace(key, artifact);
    return artifact;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<MemoryMode, std::vector<uint8_t>>, std::vector<uint8_t>> artifacts_;
};

EngineConfig configuration(Tiering tiering, MemoryMode mode, CodegenOptions::Cpu cpu) {
  static Artifacts artifacts;
  EngineConfig config;
  config.tiering = tiering;
  config.codegen.memory = mode;
  config.codegen.cpu = cpu;
  config.compiler = [](std::span<const uint8_t> wasm, const CodegenOptions& options) { return artifacts.compile(wasm, options); };
  return config;
}

class MoteEngine final : public ScriptEngine {
 public:
  explicit MoteEngine(const Engine& engine, bool has_zeal)
      : engine_(engine), has_zeal_(has_zeal), store_(must(Store::create(engine_, {.gc_zeal = has_zeal}))), linker_(engine_) {}

  Outcome validate(Bytes module) override {
    const auto valid = Module::validate(module);
    if (valid) return {};
    // What a decoder does not support is refused by it: proposals beyond WebAssembly 3.0.
    Outcome outcome = outcome_of(valid.error());
    if (outcome.kind == Outcome::unsupported) outcome.kind = Outcome::refused;
    return outcome;
  }

  std::vector<std::string> import_modules(Bytes module) override {
    std::vector<std::string> names;
    if (const auto inspection = inspect(module)) {
      for (const ImportInfo& import : inspection->imports) names.push_back(import.module);
    }
    return names;
  }

  Outcome instantiate(Bytes bytes, const std::string& name, Instance& instance) override {
    auto module = Module::compile(engine_, bytes, name);
    if (!module) return outcome_of(module.error());
    auto made = linker_.instantiate(store_, *module);
    if (!made) return outcome_of(made.error(), true);
    instances_.push_back({*made, {}});
    instance = instances_.size() - 1;
    return {};
  }

  Outcome register_as(const std::string& name, Instance instance) override {
    const Known& known = instances_[instance];
    if (known.instance) {
      const auto defined = linker_.define(name, *known.instance);
      return defined ? Outcome{} : outcome_of(defined.error());
    }
    for (const auto& [field, memory] : known.shared) must(linker_.define(name, field, memory));
    return {};
  }

  Outcome invoke(Instance instance, const std::string& field, const std::vector<ScriptValue>& args) override {
    const auto func = instances_[instance].instance ? instances_[instance].instance->func(field) : std::nullopt;
    if (!func) return {Outcome::error, "no exported function of this name", {}};
    std::vector<Val> vals;
    for (const ScriptValue& arg : args) vals.push_back(to_val(arg));
    const auto results = func->call(vals);
    if (!results) return outcome_of(results.error(), false);
    Outcome outcome;
    for (const Val& result : *results) outcome.values.push_back(to_script(result));
    return outcome;
  }

  Outcome get_global(Instance instance, const std::string& field) override {
    const auto global = instances_[instance].instance ? instances_[instance].instance->global(field) : std::nullopt;
    if (!global) return {Outcome::error, "no exported global of this name", {}};
    return {Outcome::done, {}, {to_script(global->get())}};
  }

  std::unique_ptr<ScriptEngine> for_thread(std::optional<Instance> shared) override {
    auto thread = std::make_unique<MoteEngine>(engine_, has_zeal_);
    if (shared) thread->instances_.push_back({{}, shared_memories(instances_[*shared])});
    return thread;
  }

 private:
  using SharedMemories = std::map<std::string, SharedMemory>;
  // An instance of this store, or the shared memories of one of another thread's.
  struct Known {
    std::optional<mote::Instance> instance;
    SharedMemories shared;
  };

  static SharedMemories shared_memories(const Known& known) {
    if (!known.instance) return known.shared;
    SharedMemories memories;
    for (const ExportInfo& one : known.instance->module().exports()) {
      const auto memory = known.instance->memory(one.name);
      if (!memory) continue;
      if (auto shared = memory->share()) memories.emplace(one.name, std::move(*shared));
    }
    return memories;
  }

  static Outcome outcome_of(const Error& error) {
    switch (error.kind) {
      case ErrorKind::bad_input:
        return {Outcome::refused, error.text(), {}};
      case ErrorKind::unsupported:
        return {Outcome::unsupported, error.text(), {}};
      case ErrorKind::limit:
      case ErrorKind::denied:
      case ErrorKind::not_found:
      case ErrorKind::unavailable:
      case ErrorKind::internal:
        break;
    }
    return {Outcome::error, error.text(), {}};
  }

  static Outcome outcome_of(const Failure& failure, bool links) {
    switch (failure.kind) {
      case Failure::Kind::trap:
        if (failure.exception) return {Outcome::exception, failure.trap.message, {}};
        return {Outcome::trap, words(failure.trap.kind), {}};
      case Failure::Kind::exit:
        return {Outcome::error, "exit", {}};
      case Failure::Kind::error:
        break;
    }
    const bool is_link_error = failure.error.kind == ErrorKind::not_found || failure.error.kind == ErrorKind::bad_input;
    if (links && is_link_error) return {Outcome::unlinkable, failure.error.text(), {}};
    // Refused is for bytes alone: a call that is refused is a failure.
    Outcome outcome = outcome_of(failure.error);
    if (outcome.kind == Outcome::refused) outcome.kind = Outcome::error;
    return outcome;
  }

  Val to_val(const ScriptValue& value) {
    switch (value.kind) {
      case ScriptKind::i32:
        return Val::from_bits(ValKind::i32, value.low);
      case ScriptKind::i64:
        return Val::from_bits(ValKind::i64, value.low);
      case ScriptKind::f32:
        return Val::from_bits(ValKind::f32, value.low);
      case ScriptKind::f64:
        return Val::from_bits(ValKind::f64, value.low);
      case ScriptKind::v128:
        return Val::v128(value.low, value.high);
      case ScriptKind::ref:
        break;
    }
    constexpr ValKind kinds[] = {ValKind::funcref, ValKind::externref, ValKind::anyref, ValKind::exnref};
    const ValKind kind = kinds[static_cast<int>(value.hierarchy)];
    if (value.ref != RefClass::host) return Val::null(kind);
    const Val reference = must(store_.new_externref(value.low));
    return Val::from_bits(kind, reference.low());
  }

  ScriptValue to_script(const Val& value) {
    ScriptValue result{ScriptKind::ref, RefClass::null, Hierarchy::func, value.low(), value.high()};
    switch (value.kind()) {
      case ValKind::i32:
        result.kind = ScriptKind::i32;
        return result;
      case ValKind::i64:
        result.kind = ScriptKind::i64;
        return result;
      case ValKind::f32:
        result.kind = ScriptKind::f32;
        return result;
      case ValKind::f64:
        result.kind = ScriptKind::f64;
        return result;
      case ValKind::v128:
        result.kind = ScriptKind::v128;
        return result;
      case ValKind::funcref:
        result.ref = RefClass::func;
        break;
      case ValKind::externref:
        result.ref = RefClass::host;
        result.hierarchy = Hierarchy::extern_;
        break;
      case ValKind::anyref:
        result.ref = RefClass::host;
        result.hierarchy = Hierarchy::any;
        break;
      case ValKind::exnref:
        result.ref = RefClass::exn;
        result.hierarchy = Hierarchy::exn;
        break;
    }
    if (value.is_null()) result.ref = RefClass::null;
    if (result.ref == RefClass::host) {
      const auto number = store_.externref_number(Val::from_bits(ValKind::externref, value.low()));
      result.ref = number ? RefClass::host : class_of(value);
      result.low = number.value_or(0);
    }
    return result;
  }

  RefClass class_of(const Val& object) {
    switch (must(object_info(store_, object)).kind) {
      case ObjectKind::i31:
        return RefClass::i31;
      case ObjectKind::structure:
        return RefClass::struct_;
      case ObjectKind::array:
        return RefClass::array;
      case ObjectKind::exception:
        return RefClass::exn;
      case ObjectKind::null:
      case ObjectKind::number:
        break;
    }
    return RefClass::other;
  }

 public:
  void define_spectest() {
    const auto print = [&](const char* name, std::vector<ValType> params) {
      must(linker_.define_func("spectest", name, {std::move(params), {}},
                               [](Caller&, std::span<const Val>, std::span<Val>) -> HostResult { return {}; }));
    };
    const ValType i32{ValKind::i32, "i32"}, i64{ValKind::i64, "i64"}, f32{ValKind::f32, "f32"}, f64{ValKind::f64, "f64"};
    print("print", {});
    print("print_i32", {i32});
    print("print_i64", {i64});
    print("print_f32", {f32});
    print("print_f64", {f64});
    print("print_i32_f32", {i32, f32});
    print("print_f64_f64", {f64, f64});
    const auto global = [&](const char* name, Val value) {
      must(linker_.define("spectest", name, must(Global::create(store_, value, false))));
    };
    global("global_i32", Val(int32_t{666}));
    global("global_i64", Val(int64_t{666}));
    global("global_f32", Val::from_bits(ValKind::f32, 0x4426'a666));
    global("global_f64", Val::from_bits(ValKind::f64, 0x4084'd4cc'cccc'cccd));
    must(linker_.define("spectest", "table", must(Table::create(store_, {ValKind::funcref, 10, 20, false}))));
    must(linker_.define("spectest", "table64", must(Table::create(store_, {ValKind::funcref, 10, 20, true}))));
    must(linker_.define("spectest", "memory", must(Memory::create(store_, MemoryType{1, 2, false, false}))));
    must(linker_.define("spectest", "shared_memory", must(Memory::create(store_, MemoryType{1, 2, false, true}))));
  }

 private:
  Engine engine_;
  bool has_zeal_;
  Store store_;
  Linker linker_;
  std::vector<Known> instances_;
};

}  // namespace

std::unique_ptr<ScriptEngine> make_mote_engine(Tiering tiering, MemoryMode mode, CodegenOptions::Cpu cpu, bool has_zeal) {
  auto engine = std::make_unique<MoteEngine>(must(Engine::create(configuration(tiering, mode, cpu))), has_zeal);
  engine->define_spectest();
  return engine;
}

}  // namespace mote::spec
