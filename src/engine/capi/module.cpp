// Modules of mote.h. Tested by capi_test.c.
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"
#include "engine/capi/values.h"

using namespace mote;
using namespace mote::capi;

namespace {

mote_module_t* module_handle(Module module) {
  return std::make_unique<mote_module_t>(std::move(module)).release();
}

// Every module's list is made once, by whoever asks first.
template <class T, class Make>
const std::vector<T>& list(const mote_module_t& module, std::optional<std::vector<T>>& kept, Make make) {
  const std::lock_guard lock(module.mutex);
  if (!kept) kept = make();
  return *kept;
}

}  // namespace

mote_failure_t* mote_module_compile(const mote_engine_t* engine, mote_bytes_t wasm, mote_string_t name, mote_module_t** module) {
  MOTE_OUTPUT(module);
  MOTE_NEED(engine);
  MOTE_NEED(wasm);
  MOTE_NEED(name);
  return give(Module::compile(engine->engine, view(wasm), std::string(view(name))), module, module_handle);
}

mote_failure_t* mote_module_compile_file(const mote_engine_t* engine, mote_string_t path, mote_module_t** module) {
  MOTE_OUTPUT(module);
  MOTE_NEED(engine);
  MOTE_NEED(path);
  const auto place = path_of(path);
  if (!place) return failed(place.error());
  return give(Module::compile_file(engine->engine, *place), module, module_handle);
}

mote_failure_t* mote_module_load(const mote_engine_t* engine, mote_bytes_t artifact, mote_string_t name, mote_module_t** module) {
  MOTE_OUTPUT(module);
  MOTE_NEED(engine);
  MOTE_NEED(artifact);
  MOTE_NEED(name);
  const auto bytes = view(artifact);
  return give(Module::load(engine->engine, {bytes.begin(), bytes.end()}, std::string(view(name))), module, module_handle);
}

mote_failure_t* mote_module_load_file(const mote_engine_t* engine, mote_string_t path, mote_module_t** module) {
  MOTE_OUTPUT(module);
  MOTE_NEED(engine);
  MOTE_NEED(path);
  const auto place = path_of(path);
  if (!place) return failed(place.error());
  return give(Module::load_file(engine->engine, *place), module, module_handle);
}

mote_module_t* mote_module_share(const mote_module_t* module) {
  return module == nullptr ? nullptr : module_handle(module->module);
}
void mote_module_delete(mote_module_t* module) {
  take_back(module);
}

mote_failure_t* mote_module_validate(mote_bytes_t wasm) {
  MOTE_NEED(wasm);
  return outcome(Module::validate(view(wasm)));
}
bool mote_is_artifact(mote_bytes_t bytes) {
  return !is_missing(bytes) && Module::is_artifact(view(bytes));
}
mote_string_t mote_module_name(const mote_module_t* module) {
  return module == nullptr ? mote_string("") : lent(module->module.name());
}

bool mote_module_origin(const mote_module_t* module, mote_origin_t* origin) {
  if (module == nullptr) return false;
  const Module::Origin from = module->module.origin();
  mote_origin_t known = {};
  switch (from.source) {
    case Module::Origin::compiled:
      known.source = MOTE_SOURCE_COMPILED;
      break;
    case Module::Origin::cache:
      known.source = MOTE_SOURCE_CACHE;
      break;
    case Module::Origin::artifact:
      known.source = MOTE_SOURCE_ARTIFACT;
      break;
  }
  known.tier = from.tier == Tier::optimizing ? MOTE_TIER_OPTIMIZING : MOTE_TIER_BASELINE;
  known.code_size_bytes = from.code_size;
  known.compile_ns = from.compile_ns;
  return write_struct(origin, known);
}
bool mote_module_refresh(const mote_module_t* module) {
  return module != nullptr && module->module.refresh();
}

bool mote_module_import(const mote_module_t* module, size_t index, mote_import_t* import_) {
  if (module == nullptr) return false;
  const auto& imports = list(*module, module->imports, [&] { return module->module.imports(); });
  if (index >= imports.size()) return false;
  mote_import_t known = {};
  known.module = lent(imports[index].module);
  known.name = lent(imports[index].name);
  known.type = lent(imports[index].type);
  known.kind = to_c(imports[index].kind);
  return write_struct(import_, known);
}

bool mote_module_export(const mote_module_t* module, size_t index, mote_export_t* export_) {
  if (module == nullptr) return false;
  const auto& exports = list(*module, module->exports, [&] { return module->module.exports(); });
  if (index >= exports.size()) return false;
  mote_export_t known = {};
  known.name = lent(exports[index].name);
  known.type = lent(exports[index].type);
  known.kind = to_c(exports[index].kind);
  return write_struct(export_, known);
}
