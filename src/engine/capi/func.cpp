// Functions of mote.h: calls into guests, host functions written in C, what those see of their caller. Tested by capi_test.c.
#include "base/core/format.h"
#include "engine/capi/handles.h"
#include "engine/capi/host_func.h"
#include "engine/capi/values.h"

#include <algorithm>
#include <cstring>

using namespace mote;
using namespace mote::capi;

namespace {

// What stands in a result's place before the call: no kind that a value could have.
constexpr Val untouched = Val::null(static_cast<ValKind>(0xff));

// The part of a memory that an address and a size name, or nothing.
uint8_t* part(std::span<uint8_t> memory, uint64_t offset, uint64_t size) {
  if (offset > memory.size() || size > memory.size() - offset) return nullptr;
  return memory.data() + offset;
}

}  // namespace

mote_store_t* mote_caller_store(const mote_caller_t* caller) {
  auto* const store = caller == nullptr ? nullptr : static_cast<mote_store_t*>(caller->caller.data());
  return store == nullptr || store->store == nullptr ? nullptr : store;
}
void* mote_caller_data(const mote_caller_t* caller) {
  return caller == nullptr ? nullptr : mote_store_data(static_cast<mote_store_t*>(caller->caller.data()));
}
uint8_t* mote_caller_memory(const mote_caller_t* caller, size_t* size_bytes) {
  const std::span<uint8_t> memory = caller == nullptr ? std::span<uint8_t>() : caller->caller.memory();
  if (size_bytes != nullptr) *size_bytes = memory.size();
  return memory.data();
}
uint8_t* mote_caller_memory_at(const mote_caller_t* caller, uint64_t offset, uint64_t size_bytes) {
  return caller == nullptr ? nullptr : part(caller->caller.memory(), offset, size_bytes);
}
bool mote_caller_park(mote_caller_t* caller) {
  return caller != nullptr && caller->caller.park();
}
bool mote_caller_may_park(const mote_caller_t* caller) {
  return caller != nullptr && caller->caller.may_park();
}

uint8_t* mote_memory_at(mote_memory_t memory, uint64_t offset, uint64_t size_bytes) {
  return is_missing(memory) ? nullptr : part(cpp(memory).bytes(), offset, size_bytes);
}

mote_failure_t* mote_func_create(mote_store_t* store, const mote_func_type_t* type, mote_host_func_t host, void* data,
                                 mote_destroy_t destroy, mote_func_t* func) {
  Owned owned(data, destroy);
  MOTE_OUTPUT(func);
  MOTE_NEED(store);
  MOTE_NEED(type);
  MOTE_NEED(host);
  const auto signature = signature_of(type);
  if (!signature) return failed(signature.error());
  return give(Func::create(*store->store, *signature, by_values(host, std::move(owned))), func,
              [](Func made) { return to_c<mote_func_t>(made); });
}

mote_failure_t* mote_func_call(mote_func_t func, const mote_value_t* args, size_t arg_count, mote_value_t* results,
                               size_t result_capacity) {
  MOTE_NEED(func);
  if (arg_count != 0) MOTE_NEED(args);
  if (result_capacity != 0) MOTE_NEED(results);
  Few<Val> values(arg_count + result_capacity);
  const std::span<Val> inputs = values.all().first(arg_count);
  const std::span<Val> outputs = values.all().subspan(arg_count);
  for (size_t i = 0; i < arg_count; ++i) {
    const auto kind = kind_of(args[i].kind);
    if (!kind)
      return failed(
          Error{ErrorKind::bad_input, format("argument {}: {} is no kind of value: see mote_value_kind_t", i, args[i].kind)});
    inputs[i] = bits_from_c(*kind, args[i]);
  }
  std::ranges::fill(outputs, untouched);
  if (auto run = cpp(func).call(inputs, outputs); !run) return failed(std::move(run.error()));
  for (size_t i = 0; i < result_capacity && outputs[i].kind() != untouched.kind(); ++i) results[i] = to_c(outputs[i]);
  return success;
}

size_t mote_func_params(mote_func_t func, mote_value_kind_t* kinds, size_t capacity) {
  return is_missing(func) ? 0 : copy_kinds(cpp(func).signature().params, kinds, capacity);
}
size_t mote_func_results(mote_func_t func, mote_value_kind_t* kinds, size_t capacity) {
  return is_missing(func) ? 0 : copy_kinds(cpp(func).signature().results, kinds, capacity);
}
size_t mote_func_type_text(mote_func_t func, char* text, size_t capacity) {
  return copy_text(is_missing(func) ? std::string() : cpp(func).signature().text(), text, capacity);
}

mote_value_t mote_func_to_value(mote_func_t func) {
  return to_c(is_missing(func) ? Val::null(ValKind::funcref) : cpp(func).to_ref());
}
bool mote_func_from_value(const mote_store_t* store, const mote_value_t* value, mote_func_t* func) {
  if (func == nullptr) return false;
  *func = {};
  if (store == nullptr || value == nullptr) return false;
  const auto reference = from_c(*value);
  const auto found = reference ? Func::from_ref(*store->store, *reference) : std::nullopt;
  if (!found) return false;
  *func = to_c<mote_func_t>(*found);
  return true;
}
