// Module: from wasm or artifact bytes to something that can be instantiated. See mote/engine.h. Tested by module_test.cpp.
//
// The order of a warm start from a .wasm file: file identity → remembered hash → cache entry, mapped. Neither the wasm nor its hash
// is touched. What runs was checked by the artifact loader, and carries the hash of the module it was made from.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/api/state.h"
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

Made make(const std::shared_ptr<Engine::State>& engine, std::shared_ptr<code::Artifact> artifact, std::string name) {
  const code::CodegenKey key = TRY(choose_image(*artifact, engine->key));
  std::shared_ptr<const code::Image> image = TRY(artifact->image(key));
  wasm::Module info = TRY(wasm::decode(artifact->module_bytes(), wasm::Bodies::elsewhere));
  auto state = std::make_shared<Module::State>();
  state->module = TRY(runtime::Module::create(engine->runtime, std::move(info), std::move(image), artifact, name));
  state->engine = engine;
  state->artifact = std::move(artifact);
  state->name = std::move(name);
  return state;
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Made compile(const std::shared_ptr<Engine::State>& engine, Bytes wasm, const code::Hash& hash, std::string name) {
  if (engine->cache) {
    if (auto cached = engine->cache->find(hash, engine->key)) return make(engine, std::move(cached), std::move(name));
  }
  if (auto other = api::other_format(wasm)) return std::unexpected(std::move(*other));
  (void)TRY(wasm::decode(wasm));  // what is no module at all needs no compiler to say so
  if (!engine->config.compiler) {
    return fail(ErrorKind::unavailable,
                "this module is not compiled yet and no compiler was given: compile it first (mote compile)");
  }
  std::vector<uint8_t> bytes = TRY(engine->config.compiler(wasm, engine->config.codegen));
  if (engine->cache) {
    // A cache that cannot be written costs the next start its speed and nothing else.
    if (engine->cache->store(hash, engine->key, bytes)) {
      if (auto mapped = engine->cache->find(hash, engine->key)) return make(engine, std::move(mapped), std::move(name));
    }
  }
  std::shared_ptr<code::Artifact> artifact = TRY(code::load_artifact(std::move(bytes)));
  if (artifact->module_hash() != hash) return fail(ErrorKind::internal, "the compiler returned an artifact of another module");
  return make(engine, std::move(artifact), std::move(name));
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
  return Module(TRY(mote::compile(engine.state(), wasm, sha256(wasm), std::move(name))));
}

Result<Module> Module::compile_file(const Engine& engine, const std::string& path) {
  const std::shared_ptr<Engine::State>& state = engine.state();
  const os::FileIdentity identity = TRY(os::identity(path));
  if (state->cache) {
    if (const auto hash = state->cache->remembered(identity)) {
      if (auto cached = state->cache->find(*hash, state->key)) return Module(TRY(make(state, std::move(cached), file_name(path))));
    }
  }
  const std::vector<uint8_t> wasm = TRY(os::read_file(path, limits::module_size_bytes));
  const code::Hash hash = sha256(wasm);
  Module module(TRY(mote::compile(state, wasm, hash, file_name(path))));
  if (state->cache) {
    // Only when the file stayed what it was while we read it.
    if (const auto after = os::identity(path); after && *after == identity) (void)state->cache->remember(identity, hash);
  }
  return module;
}

Result<Module> Module::load(const Engine& engine, std::vector<uint8_t> artifact, std::string name) {
  return Module(TRY(make(engine.state(), TRY(code::load_artifact(std::move(artifact))), std::move(name))));
}

Result<Module> Module::load_file(const Engine& engine, const std::string& path) {
  return Module(TRY(make(engine.state(), TRY(code::load_artifact_file(path)), file_name(path))));
}

bool Module::is_artifact(std::span<const uint8_t> bytes) {
  return code::looks_like_artifact(bytes);
}

Result<void> Module::validate(std::span<const uint8_t> wasm) {
  if (auto other = api::other_format(wasm)) return std::unexpected(std::move(*other));
  return wasm::validate_bodies(TRY(wasm::decode(wasm)));
}

std::vector<ImportInfo> Module::imports() const {
  return api::imports_of(state_->module->info());
}
std::vector<ExportInfo> Module::exports() const {
  return api::exports_of(state_->module->info());
}
const std::string& Module::name() const {
  return state_->name;
}

}  // namespace mote
