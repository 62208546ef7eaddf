// What the handles of the front door point at, for the files of this room.
#pragma once

#include "engine/api/cache.h"
#include "engine/api/module_code.h"
#include "engine/code/codegen_key.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/module.h"
#include "engine/runtime/store.h"

#include <mote/engine.h>
#include <mote/store.h>

#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mote {

struct Engine::State {
  EngineConfig config;            // codegen decided
  code::CodegenKey key;           // of optimised code, in the cache and in artifacts
  code::CodegenKey baseline_key;  // of what the baseline compiler makes
  std::shared_ptr<runtime::Engine> runtime;
  std::unique_ptr<const api::Cache> cache;  // null: none
  std::string cache_reason;                 // why there is none
  std::vector<Setting> decisions;
  std::atomic<uint64_t> pools_kept = 0;  // bytes: limits::engine_kept
};

struct Module::State {
  State(std::shared_ptr<Engine::State> engine_, std::string name_, std::optional<code::Hash> hash_,
        std::shared_ptr<const api::ModuleCode> code)
      : engine(std::move(engine_)), name(std::move(name_)), hash(hash_), code_(std::move(code)) {}
  const std::shared_ptr<Engine::State> engine;
  const std::string name;
  const std::optional<code::Hash> hash;  // of the wasm, where somebody needed it

  // What the next instance runs. Whoever holds one may go on with it, whatever becomes the best.
  [[nodiscard]] std::shared_ptr<const api::ModuleCode> code() const {
    const std::lock_guard lock(mutex_);
    return code_;
  }
  void replace(std::shared_ptr<const api::ModuleCode> code) const {
    const std::lock_guard lock(mutex_);
    code_ = std::move(code);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const api::ModuleCode> code_;
};

struct Store::State {
  State(std::shared_ptr<Engine::State> of, const runtime::StoreLimits& limits)
      : engine(std::move(of)), store(engine->runtime, limits) {
    store.data = this;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  [[nodiscard]] static State& of(const runtime::Store& store) { return *static_cast<State*>(store.data); }

  std::shared_ptr<Engine::State> engine;
  // Modules of all instances, for names in backtraces.
  struct Running {
    std::shared_ptr<const Module::State> module;
    std::shared_ptr<const api::ModuleCode> code;  // which of the module's
  };
  std::unordered_map<const runtime::Module*, Running> modules;
  void* data = nullptr;
  runtime::Store store;  // ends first
};

struct SharedMemory::State {
  std::shared_ptr<Engine::State> engine;
  std::shared_ptr<runtime::Memory> memory;
};

namespace api {

// What the options mean for compiled code. They must be decided.
[[nodiscard]] code::CodegenKey key_of(const CodegenOptions& options);

// Bytes that are something else people hand in: an artifact, the text format. Nothing otherwise.
[[nodiscard]] std::optional<Error> other_format(Bytes bytes);

// What a module imports and exports, in the order of its sections.
[[nodiscard]] std::vector<ImportInfo> imports_of(const wasm::Module& info);
[[nodiscard]] std::vector<ExportInfo> exports_of(const wasm::Module& info);

// The runtime's reason as the public failure, with names.
[[nodiscard]] Failure to_failure(Store::State& store, runtime::Stop stop);
[[nodiscard]] runtime::Stop to_stop(Store::State& store, Failure failure);
// "tag 0 of guest.wasm \"error\" (i32 42)"
[[nodiscard]] std::string describe_exception(Store::State& store, uint32_t exception);

// Types as an embedder sees them. Concrete heap types are TypeIds (`types`), or indices of `module` when that is given.
[[nodiscard]] ValKind kind_of(wasm::ValueType type, const runtime::TypeRegistry& types);
[[nodiscard]] FuncSignature signature_of(const wasm::FuncType& type, const runtime::TypeRegistry& types);
[[nodiscard]] wasm::ValueType type_of(ValKind kind);

// A reference to an object becomes a handle (mote/object.h): its number in Store::host_roots(), plus one, in the upper half.
[[nodiscard]] Val to_val(Store::State& store, const code::Value16& value, ValKind kind);
// Before what may make one and can fail. Fails at limits::handles.
[[nodiscard]] Result<void> require_room_for_handles(const Store::State& store);
[[nodiscard]] code::Value16 to_value16(const Store::State& store, Val value);
[[nodiscard]] inline bool is_handle(Val value) {
  return value.kind() >= ValKind::externref && value.low() >> 32 != 0;
}
// The 32-bit reference of a value that is no number and no funcref.
[[nodiscard]] uint32_t reference_of(const Store::State& store, Val value);
// The function behind a funcref value; null for null.
[[nodiscard]] inline const code::FuncRef* func_ref_of(Val value) {
  return std::bit_cast<const code::FuncRef*>(value.low());
}
// Whether a value may stand where `type` (with TypeIds) is wanted: its kind, nullness and, for functions, their type.
[[nodiscard]] Result<void> check_value(const Store::State& store, Val value, wasm::ValueType type);

// The host functions of the front door as the runtime calls them.
[[nodiscard]] Result<std::shared_ptr<const runtime::HostFunc>> make_host_func(Engine::State& engine, const FuncSignature& signature,
                                                                              HostFunc function);
[[nodiscard]] Result<std::shared_ptr<const runtime::HostFunc>> make_frame_func(
    Engine::State& engine, const FuncSignature& signature, HostResult (*function)(void*, Caller&, const CallFrame&),
    std::shared_ptr<void> data);

[[nodiscard]] inline runtime::Instance& runtime_of(const Instance& instance) {
  return *static_cast<runtime::Instance*>(instance.handle);
}
[[nodiscard]] inline const code::FuncRef& runtime_of(const Func& func) {
  return *static_cast<const code::FuncRef*>(func.handle);
}
[[nodiscard]] inline runtime::Memory& runtime_of(const Memory& memory) {
  return *reinterpret_cast<runtime::Memory*>(memory.handle);
}
[[nodiscard]] inline runtime::Table& runtime_of(const Table& table) {
  return *reinterpret_cast<runtime::Table*>(table.handle);
}
[[nodiscard]] inline runtime::Tag& runtime_of(const Tag& tag) {
  return *reinterpret_cast<runtime::Tag*>(tag.handle);
}
[[nodiscard]] inline runtime::Global& runtime_of(const Global& global) {
  return *reinterpret_cast<runtime::Global*>(global.handle);
}

}  // namespace api
}  // namespace mote
