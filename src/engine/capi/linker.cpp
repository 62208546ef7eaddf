// Linkers of mote.h, and the instances they make. Tested by capi_test.c.
#include "engine/capi/handles.h"
#include "engine/capi/host_func.h"
#include "engine/capi/values.h"

using namespace mote;
using namespace mote::capi;

mote_failure_t* mote_linker_create(const mote_engine_t* engine, mote_linker_t** linker) {
  MOTE_OUTPUT(linker);
  MOTE_NEED(engine);
  *linker = hand_over<mote_linker_t>(engine->engine, Linker(engine->engine));
  return success;
}
void mote_linker_delete(mote_linker_t* linker) {
  take_back(linker);
}

mote_failure_t* mote_linker_define_host_func(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                             const mote_func_type_t* type, mote_host_func_t host, void* data,
                                             mote_destroy_t destroy) {
  Owned owned(data, destroy);
  MOTE_NEED(linker);
  MOTE_NEED(module);
  MOTE_NEED(name);
  MOTE_NEED(type);
  MOTE_NEED(host);
  const auto signature = signature_of(type);
  if (!signature) return failed(signature.error());
  return outcome(define_host_func(linker->linker, view(module), view(name), *signature, host, std::move(owned)));
}

namespace {

template <class Handle>
mote_failure_t* define(mote_linker_t* linker, mote_string_t module, mote_string_t name, Handle definition) {
  MOTE_NEED(linker);
  MOTE_NEED(module);
  MOTE_NEED(name);
  MOTE_NEED(definition);
  return outcome(linker->linker.define(view(module), view(name), cpp(definition)));
}

// A handle with its name, where an instance has such an export.
template <class Handle, class Found>
bool found(Handle* out, const std::optional<Found>& definition) {
  if (definition) *out = to_c<Handle>(*definition);
  return definition.has_value();
}
template <class Handle>
bool can_look(mote_instance_t instance, mote_string_t name, Handle* out) {
  if (out == nullptr) return false;
  *out = {};
  return !is_missing(instance) && !is_missing(name);
}

}  // namespace

mote_failure_t* mote_linker_define_func(mote_linker_t* linker, mote_string_t module, mote_string_t name, mote_func_t func) {
  return define(linker, module, name, func);
}
mote_failure_t* mote_linker_define_memory(mote_linker_t* linker, mote_string_t module, mote_string_t name, mote_memory_t memory) {
  return define(linker, module, name, memory);
}
mote_failure_t* mote_linker_define_table(mote_linker_t* linker, mote_string_t module, mote_string_t name, mote_table_t table) {
  return define(linker, module, name, table);
}
mote_failure_t* mote_linker_define_global(mote_linker_t* linker, mote_string_t module, mote_string_t name, mote_global_t global) {
  return define(linker, module, name, global);
}
mote_failure_t* mote_linker_define_tag(mote_linker_t* linker, mote_string_t module, mote_string_t name, mote_tag_t tag) {
  return define(linker, module, name, tag);
}
mote_failure_t* mote_linker_define_shared_memory(mote_linker_t* linker, mote_string_t module, mote_string_t name,
                                                 const mote_shared_memory_t* memory) {
  MOTE_NEED(linker);
  MOTE_NEED(module);
  MOTE_NEED(name);
  MOTE_NEED(memory);
  return outcome(linker->linker.define(view(module), view(name), memory->memory));
}
mote_failure_t* mote_linker_define_instance(mote_linker_t* linker, mote_string_t module, mote_instance_t instance) {
  MOTE_NEED(linker);
  MOTE_NEED(module);
  MOTE_NEED(instance);
  return outcome(linker->linker.define(view(module), cpp(instance)));
}

mote_failure_t* mote_linker_instantiate(const mote_linker_t* linker, mote_store_t* store, const mote_module_t* module,
                                        mote_instance_t* instance) {
  MOTE_OUTPUT(instance);
  MOTE_NEED(linker);
  MOTE_NEED(store);
  MOTE_NEED(module);
  return give(linker->linker.instantiate(*store->store, module->module), instance,
              [](Instance made) { return to_c<mote_instance_t>(made); });
}

bool mote_instance_func(mote_instance_t instance, mote_string_t name, mote_func_t* func) {
  return can_look(instance, name, func) && found(func, cpp(instance).func(view(name)));
}
bool mote_instance_memory(mote_instance_t instance, mote_string_t name, mote_memory_t* memory) {
  return can_look(instance, name, memory) && found(memory, cpp(instance).memory(view(name)));
}
bool mote_instance_table(mote_instance_t instance, mote_string_t name, mote_table_t* table) {
  return can_look(instance, name, table) && found(table, cpp(instance).table(view(name)));
}
bool mote_instance_global(mote_instance_t instance, mote_string_t name, mote_global_t* global) {
  return can_look(instance, name, global) && found(global, cpp(instance).global(view(name)));
}
bool mote_instance_tag(mote_instance_t instance, mote_string_t name, mote_tag_t* tag) {
  return can_look(instance, name, tag) && found(tag, cpp(instance).tag(view(name)));
}
mote_module_t* mote_instance_module(mote_instance_t instance) {
  return is_missing(instance) ? nullptr : std::make_unique<mote_module_t>(cpp(instance).module()).release();
}
