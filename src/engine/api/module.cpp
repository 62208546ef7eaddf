// Module: from wasm or artifact bytes to something that can be instantiated. See mote/engine.h. Tested by module_test.cpp.
//
// The order of a warm start from a .wasm file: file identity → remembered hash → cache entry, mapped. Neither the wasm nor its hash
// is touched. What runs was checked by the artifact loader, and carries the hash of the module it was made from. Without an entry,
// the baseline compiler makes code at once; a hash is computed only where there is a cache to ask.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/clock.h"
#include "engine/api/state.h"
#include "engine/baseline/compile.h"
#include "engine/wasm/decode.h"

#include <mote/engine.h>

#include <algorithm>

namespace mote {

namespace {

using Made = Result<std::shared_ptr<const Module::State>>;

// The image that this engine can run: what changes meaning must match; optimisation level and CPU level may differ, since the
// loader has checked the CPU.
Result<code::CodegenKey> choose_image(const code::Artifact& artifact, const code::CodegenKey& wanted) {
  const auto is_usable = [&](code::CodegenKey key) {
    key.opt_level = wanted.opt_level;
    key.cpu_features = wanted.cpu_features;
    return key == wanted;
  };
  const auto keys = artifact.keys();
  const auto found = std::ranges::find_if(keys, is_usable);
  if (found != keys.end()) return *found;
  code::CodegenKey nearest = keys.front();
  nearest.opt_level = wanted.opt_level;
  nearest.cpu_features = wanted.cpu_features;
  return fail(ErrorKind::bad_input, code::difference(nearest, wanted));
}

Made make(const std::shared_ptr<Engine::State>& engine, std::shared_ptr<code::Artifact> artifact, Module::Origin::Source source,
          std::string name) {
  const code::CodegenKey key = TRY(choose_image(*artifact, engine->key));
  const code::Hash hash = artifact->module_hash();
  auto code = TRY(api::ModuleCode::load(engine->runtime, std::move(artifact), key, source, name));
  return std::make_shared<Module::State>(engine, std::move(name), hash, std::move(code));
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Threads that this much code is worth: starting one takes as long as compiling a few kilobytes.
uint32_t worthwhile_threads(const Engine::State& engine, const wasm::Module& info) {
  constexpr uint64_t code_per_thread = 256 << 10;
  const uint64_t most = engine.config.run_parallel ? engine.config.compile_threads : 1;
  return static_cast<uint32_t>(std::clamp<uint64_t>(info.code_section.size / code_per_thread, 1, std::max<uint64_t>(most, 1)));
}

Made compile_baseline(const std::shared_ptr<Engine::State>& engine, std::shared_ptr<api::WasmBytes> wasm,
                      std::optional<code::Hash> hash, std::string name) {
  const uint64_t begin = os::now_ns(os::Clock::monotonic);
  wasm::Module info = TRY(wasm::decode(wasm->bytes()));
  baseline::CompileOptions options{.key = engine->baseline_key};
  options.threads = worthwhile_threads(*engine, info);
  options.run_parallel = engine->config.run_parallel;
  auto image = TRY(baseline::compile(info, options));
  const uint64_t compile_ns = os::now_ns(os::Clock::monotonic) - begin;
  auto code = TRY(api::ModuleCode::make(engine->runtime, std::move(info), std::move(wasm), std::move(image), compile_ns, name));
  return std::make_shared<Module::State>(engine, std::move(name), hash, std::move(code));
}

// By the optimising compiler, now.
Made compile_optimizing(const std::shared_ptr<Engine::State>& engine, Bytes wasm, const code::Hash& hash, std::string name) {
  (void)TRY(wasm::decode(wasm));  // what is no module at all needs no compiler to say so
  if (!engine->config.compiler) {
    return fail(ErrorKind::unavailable,
                "this module is not compiled yet and no compiler was given: compile it first (mote compile)");
  }
  std::vector<uint8_t> bytes = TRY(engine->config.compiler(wasm, engine->config.codegen));
  if (engine->cache) {
    // A cache that cannot be written costs the next start its speed and nothing else.
    if (engine->cache->store(hash, engine->key, bytes)) {
      if (auto mapped = engine->cache->find(hash, engine->key)) {
        return make(engine, std::move(mapped), Module::Origin::compiled, std::move(name));
      }
    }
  }
  std::shared_ptr<code::Artifact> artifact = TRY(code::load_artifact(std::move(bytes)));
  if (artifact->module_hash() != hash) return fail(ErrorKind::internal, "the compiler returned an artifact of another module");
  return make(engine, std::move(artifact), Module::Origin::compiled, std::move(name));
}

// What the cache has, nothing otherwise.
std::shared_ptr<code::Artifact> find_cached(const Engine::State& engine, const code::Hash& hash) {
  if (engine.cache == nullptr || engine.config.tiering == Tiering::baseline) return nullptr;
  return engine.cache->find(hash, engine.key);
}

// `hash`: when it is known already.
Made compile(const std::shared_ptr<Engine::State>& engine, std::shared_ptr<api::WasmBytes> wasm, std::optional<code::Hash> hash,
             std::string name) {
  const Tiering tiering = engine->config.tiering;
  const bool asks_cache = engine->cache != nullptr && tiering != Tiering::baseline;
  if (!hash && (asks_cache || tiering == Tiering::optimizing)) hash = sha256(wasm->bytes());
  if (asks_cache) {
    if (auto cached = find_cached(*engine, *hash)) return make(engine, std::move(cached), Module::Origin::cache, std::move(name));
  }
  if (auto other = api::other_format(wasm->bytes())) return std::unexpected(std::move(*other));
  if (tiering == Tiering::optimizing) return compile_optimizing(engine, wasm->bytes(), *hash, std::move(name));
  return compile_baseline(engine, std::move(wasm), hash, std::move(name));
}

std::string type_text(const wasm::Module& info, wasm::ExternKind kind, uint32_t index) {
  switch (kind) {
    case wasm::ExternKind::func:
      return "func " + wasm::text(info.func_type(index));
    case wasm::ExternKind::table:
      return format("table {} {}", wasm::text(info.tables[index].type.limits), wasm::text(info.tables[index].type.element));
    case wasm::ExternKind::memory:
      return format("memory {}", wasm::text(info.memories[index].limits));
    case wasm::ExternKind::global: {
      const wasm::GlobalType& type = info.globals[index].type;
      return type.is_mutable ? format("global (mut {})", wasm::text(type.type)) : "global " + wasm::text(type.type);
    }
    case wasm::ExternKind::tag:
      return "tag " + wasm::text(info.types[info.tags[index].type].func);
  }
  return {};
}

}  // namespace

namespace api {

std::optional<Error> other_format(Bytes bytes) {
  const auto error = [](std::string text) { return Error{ErrorKind::bad_input, std::move(text), 0}; };
  if (code::looks_like_artifact(bytes))
    return error("this is a compiled artifact, not a WebAssembly module: run it with --allow-precompiled");
  // The text format begins with '(' after blanks and comments.
  const auto first =
      std::ranges::find_if(bytes, [](uint8_t byte) { return byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r'; });
  if (first != bytes.end() && (*first == '(' || *first == ';')) {
    return error("magic header not detected: this looks like the text format; convert it first (wat2wasm file.wat)");
  }
  return std::nullopt;
}

std::vector<ImportInfo> imports_of(const wasm::Module& info) {
  std::vector<ImportInfo> imports;
  imports.reserve(info.imports.size());
  for (const wasm::Import& import : info.imports) {
    imports.push_back({std::string(import.module), std::string(import.name), static_cast<ExternKind>(import.kind),
                       type_text(info, import.kind, import.index)});
  }
  return imports;
}

std::vector<ExportInfo> exports_of(const wasm::Module& info) {
  std::vector<ExportInfo> exports;
  exports.reserve(info.exports.size());
  for (const wasm::Export& one : info.exports) {
    exports.push_back({std::string(one.name), static_cast<ExternKind>(one.kind), type_text(info, one.kind, one.index)});
  }
  return exports;
}

}  // namespace api

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> wasm, std::string name) {
  auto bytes = TRY(api::WasmBytes::copy(wasm));
  return Module(TRY(mote::compile(engine.state(), std::move(bytes), std::nullopt, std::move(name))));
}

Result<Module> Module::compile_file(const Engine& engine, const std::string& path) {
  const std::shared_ptr<Engine::State>& state = engine.state();
  const os::FileIdentity identity = TRY(os::identity(path));
  std::optional<code::Hash> remembered;
  if (state->cache && state->config.tiering != Tiering::baseline) {
    remembered = state->cache->remembered(identity);
    if (remembered) {
      if (auto cached = find_cached(*state, *remembered)) {
        return Module(TRY(make(state, std::move(cached), Origin::cache, file_name(path))));
      }
    }
  }
  auto wasm = TRY(api::WasmBytes::read(path));
  Module module(TRY(mote::compile(state, std::move(wasm), remembered, file_name(path))));
  const std::optional<code::Hash>& hash = module.state()->hash;
  // Not for baseline code: hashing is a fiftieth of compiling it, and the next run asks for the cache by hash.
  if (state->cache && hash && hash != remembered && module.state()->code()->tier() == Tier::optimizing) {
    // Only when the file stayed what it was while we read it.
    if (const auto after = os::identity(path); after && *after == identity) (void)state->cache->remember(identity, *hash);
  }
  return module;
}

Result<Module> Module::load(const Engine& engine, std::vector<uint8_t> artifact, std::string name) {
  auto loaded = TRY(code::load_artifact(std::move(artifact)));
  return Module(TRY(make(engine.state(), std::move(loaded), Origin::artifact, std::move(name))));
}

Result<Module> Module::load_file(const Engine& engine, const std::string& path) {
  auto loaded = TRY(code::load_artifact_file(path));
  return Module(TRY(make(engine.state(), std::move(loaded), Origin::artifact, file_name(path))));
}

Module::Origin Module::origin() const {
  return state_->code()->origin();
}

bool Module::refresh() const {
  if (state_->code()->tier() == Tier::optimizing) return true;
  const std::shared_ptr<Engine::State>& engine = state_->engine;
  const std::optional<code::Hash> hash = state_->hash;
  if (!hash) return false;  // no cache was asked when the module was made
  auto cached = find_cached(*engine, *hash);
  if (cached == nullptr) return false;
  auto key = choose_image(*cached, engine->key);
  if (!key) return false;
  auto code = api::ModuleCode::load(engine->runtime, std::move(cached), *key, Origin::cache, state_->name);
  if (!code) return false;  // of no use here: this machine lacks memory, say
  state_->replace(std::move(*code));
  return true;
}

Result<Module> Module::find_in_cache(const Engine& engine, const Digest& digest, std::string name) {
  const Engine::State& state = *engine.state();
  if (state.cache == nullptr) return fail(ErrorKind::unavailable, "the engine has no cache: " + state.cache_reason);
  auto cached = state.cache->find(digest, state.key);
  if (cached == nullptr) {
    return fail(ErrorKind::not_found,
                "the cache has no code for this module and these flags; compile it first (mote compile --cache)");
  }
  return Module(TRY(make(engine.state(), std::move(cached), Module::Origin::cache, std::move(name))));
}

bool Module::is_artifact(std::span<const uint8_t> bytes) {
  return code::looks_like_artifact(bytes);
}

Result<void> Module::validate(std::span<const uint8_t> wasm) {
  if (auto other = api::other_format(wasm)) return std::unexpected(std::move(*other));
  return wasm::validate_bodies(TRY(wasm::decode(wasm)));
}

std::vector<ImportInfo> Module::imports() const {
  return api::imports_of(state_->code()->runtime().info());
}
std::vector<ExportInfo> Module::exports() const {
  return api::exports_of(state_->code()->runtime().info());
}
const std::string& Module::name() const {
  return state_->name;
}

}  // namespace mote
