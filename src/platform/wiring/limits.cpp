// See limits.h.
#include "platform/wiring/limits.h"

#include <algorithm>

namespace mote::wiring {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;

void set(Limits& to, std::string_view name, uint64_t value) {
  const auto is = [&](const limits::Limit& limit) { return name == limit.name; };
  if (is(limits::memory_size)) to.store.memory_size_bytes = value;
  if (is(limits::shared_memory_size)) to.store.shared_memory_size_bytes = value;
  if (is(limits::waiters)) to.store.waiters = value;
  if (is(limits::wasm_stack)) to.store.wasm_stack_bytes = value;
  if (is(limits::table_elements)) to.store.table_elements = value;
  if (is(limits::instances)) to.store.instances = value;
  if (is(limits::gc_heap_size)) to.store.gc_heap_size_bytes = value;
  if (is(limits::descriptors)) to.descriptors = value;
  if (is(limits::host_call_bytes)) to.host_call_bytes = value;
  if (name == "fuel") to.fuel = static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
  if (name == "timeout") to.deadline_ns = std::min(value, UINT64_MAX / ns_per_ms) * ns_per_ms;
  if (name == "cpu-time") to.cpu_ns = std::min(value, UINT64_MAX / ns_per_ms) * ns_per_ms;
}

}  // namespace

bool Limits::operator==(const Limits& other) const {
  return store.memory_size_bytes == other.store.memory_size_bytes &&
         store.shared_memory_size_bytes == other.store.shared_memory_size_bytes && store.waiters == other.store.waiters &&
         store.table_elements == other.store.table_elements && store.instances == other.store.instances &&
         store.gc_heap_size_bytes == other.store.gc_heap_size_bytes && store.wasm_stack_bytes == other.store.wasm_stack_bytes &&
         fuel == other.fuel && deadline_ns == other.deadline_ns && cpu_ns == other.cpu_ns &&
         host_call_bytes == other.host_call_bytes && descriptors == other.descriptors;
}

Limits limits_of(std::span<const policy::EffectiveLimit> said) {
  Limits limits;
  for (const policy::EffectiveLimit& limit : said) set(limits, limit.name, limit.value);
  return limits;
}

}  // namespace mote::wiring
