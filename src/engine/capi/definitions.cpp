// Memories, tables and globals of mote.h. Tested by capi_test.c.
#include "engine/capi/handles.h"
#include "engine/capi/values.h"

using namespace mote;
using namespace mote::capi;

mote_failure_t* mote_memory_create(mote_store_t* store, const mote_memory_type_t* type, mote_memory_t* memory) {
  MOTE_OUTPUT(memory);
  MOTE_NEED(store);
  MOTE_NEED(type);
  const auto known = memory_type_of(type);
  if (!known) return failed(known.error());
  return give(Memory::create(*store->store, *known), memory, [](Memory made) { return to_c<mote_memory_t>(made); });
}
uint8_t* mote_memory_data(mote_memory_t memory) {
  return is_missing(memory) ? nullptr : cpp(memory).bytes().data();
}
size_t mote_memory_size_bytes(mote_memory_t memory) {
  return is_missing(memory) ? 0 : cpp(memory).bytes().size();
}
uint64_t mote_memory_pages(mote_memory_t memory) {
  return is_missing(memory) ? 0 : cpp(memory).pages();
}

namespace {

// How many there were, for whoever wants to know.
mote_failure_t* grown(Result<uint64_t> old, uint64_t* out) {
  if (!old) return failed(std::move(old.error()));
  if (out != nullptr) *out = *old;
  return success;
}

}  // namespace

mote_failure_t* mote_memory_grow(mote_memory_t memory, uint64_t pages, uint64_t* old_pages) {
  if (old_pages != nullptr) *old_pages = 0;
  MOTE_NEED(memory);
  return grown(cpp(memory).grow(pages), old_pages);
}

mote_failure_t* mote_shared_memory_create(const mote_engine_t* engine, const mote_memory_type_t* type,
                                          const mote_store_limits_t* limits, mote_shared_memory_t** memory) {
  MOTE_OUTPUT(memory);
  MOTE_NEED(engine);
  MOTE_NEED(type);
  const auto known = memory_type_of(type);
  if (!known) return failed(known.error());
  const auto wanted = limits_of(limits);
  if (!wanted) return failed(wanted.error());
  return give(SharedMemory::create(engine->engine, *known, *wanted), memory,
              [](SharedMemory made) { return hand_over<mote_shared_memory_t>(std::move(made)); });
}
mote_shared_memory_t* mote_shared_memory_share(const mote_shared_memory_t* memory) {
  return memory == nullptr ? nullptr : hand_over<mote_shared_memory_t>(*memory);
}
void mote_shared_memory_delete(mote_shared_memory_t* memory) {
  take_back(memory);
}
uint8_t* mote_shared_memory_data(const mote_shared_memory_t* memory) {
  return memory == nullptr ? nullptr : memory->memory.bytes().data();
}
size_t mote_shared_memory_size_bytes(const mote_shared_memory_t* memory) {
  return memory == nullptr ? 0 : memory->memory.bytes().size();
}
uint64_t mote_shared_memory_pages(const mote_shared_memory_t* memory) {
  return memory == nullptr ? 0 : memory->memory.pages();
}
mote_failure_t* mote_shared_memory_grow(const mote_shared_memory_t* memory, uint64_t pages, uint64_t* old_pages) {
  if (old_pages != nullptr) *old_pages = 0;
  MOTE_NEED(memory);
  return grown(memory->memory.grow(pages), old_pages);
}

mote_failure_t* mote_memory_to_shared(mote_memory_t memory, mote_shared_memory_t** shared) {
  MOTE_OUTPUT(shared);
  MOTE_NEED(memory);
  auto made = cpp(memory).share();
  if (!made) return failed(Error{ErrorKind::bad_input, "the memory's type is not shared: several stores cannot have it"});
  *shared = hand_over<mote_shared_memory_t>(std::move(*made));
  return success;
}

mote_failure_t* mote_table_create(mote_store_t* store, const mote_table_type_t* type, mote_table_t* table) {
  MOTE_OUTPUT(table);
  MOTE_NEED(store);
  MOTE_NEED(type);
  const auto known = table_type_of(type);
  if (!known) return failed(known.error());
  return give(Table::create(*store->store, *known), table, [](Table made) { return to_c<mote_table_t>(made); });
}
uint64_t mote_table_size(mote_table_t table) {
  return is_missing(table) ? 0 : cpp(table).size();
}
mote_failure_t* mote_table_get(mote_table_t table, uint64_t index, mote_value_t* value) {
  MOTE_OUTPUT(value);
  MOTE_NEED(table);
  return give(cpp(table).get(index), value, [](Val found) { return to_c(found); });
}
mote_failure_t* mote_table_set(mote_table_t table, uint64_t index, const mote_value_t* value) {
  MOTE_NEED(table);
  MOTE_NEED(value);
  const auto known = from_c(*value);
  if (!known) return failed(known.error());
  return outcome(cpp(table).set(index, *known));
}
mote_failure_t* mote_table_grow(mote_table_t table, uint64_t elements, const mote_value_t* value, uint64_t* old_size) {
  if (old_size != nullptr) *old_size = 0;
  MOTE_NEED(table);
  MOTE_NEED(value);
  const auto known = from_c(*value);
  if (!known) return failed(known.error());
  return grown(cpp(table).grow(elements, *known), old_size);
}

mote_failure_t* mote_global_create(mote_store_t* store, const mote_value_t* value, bool is_mutable, mote_global_t* global) {
  MOTE_OUTPUT(global);
  MOTE_NEED(store);
  MOTE_NEED(value);
  const auto known = from_c(*value);
  if (!known) return failed(known.error());
  return give(Global::create(*store->store, *known, is_mutable), global, [](Global made) { return to_c<mote_global_t>(made); });
}
mote_failure_t* mote_global_get(mote_global_t global, mote_value_t* value) {
  MOTE_OUTPUT(value);
  MOTE_NEED(global);
  *value = to_c(cpp(global).get());
  return success;
}
mote_failure_t* mote_global_set(mote_global_t global, const mote_value_t* value) {
  MOTE_NEED(global);
  MOTE_NEED(value);
  const auto known = from_c(*value);
  if (!known) return failed(known.error());
  return outcome(cpp(global).set(*known));
}
