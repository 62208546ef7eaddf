// The bodies of the builtins (engine/code/builtins.def). Each is reached through its stub in x64/trampolines.S, which has recorded
// where the guest left; each returns a value and whether the guest is stopped. Bounds are checked before anything is written, in
// 64 bits and without sums that could wrap. Spec: core/exec/instructions. Tested by call_test.cpp, tests/spec.
#include "base/core/format.h"
#include "engine/runtime/outcome.h"
#include "engine/runtime/trampolines.h"

#include <algorithm>
#include <cstring>
#include <expected>

namespace mote::runtime {

namespace {

using code::TrapCode;
using code::VMContext;

// Where an atomic instruction's operands point, or why it traps. The order of the tests is every tier's.
template <class T>
std::expected<T*, TrapCode> atomic_location(Memory& memory, uint64_t index, uint64_t offset, bool is_wait) {
  const uint64_t at = index + offset;
  if (at % sizeof(T) != 0) return std::unexpected(TrapCode::unaligned_atomic);
  if (is_wait && memory.parking_lot() == nullptr) return std::unexpected(TrapCode::expected_shared_memory);
  const MutableBytes bytes = memory.bytes();
  if (at < index || !is_inside(at, sizeof(T), bytes.size())) return std::unexpected(TrapCode::out_of_bounds_memory_access);
  return reinterpret_cast<T*>(bytes.data() + at);
}

template <class T>
Outcome wait(VMContext* vmctx, uint32_t memory, uint64_t index, uint64_t offset, T expected, int64_t timeout_ns) {
  const Instance& instance = Instance::of(*vmctx);
  Memory& target = *instance.memory(memory);
  Store& store = instance.store();
  const auto location = atomic_location<T>(target, index, offset, /*is_wait=*/true);
  if (!location) return trap(vmctx, location.error());
  const ParkingLot::Outcome outcome = target.parking_lot()->wait(store.waiter(), *location, expected, timeout_ns);
  switch (outcome) {
    case ParkingLot::Outcome::woken:
    case ParkingLot::Outcome::not_equal:
    case ParkingLot::Outcome::timed_out:
      break;
    case ParkingLot::Outcome::cancelled:
      return trap(vmctx, TrapCode::interrupt);
    case ParkingLot::Outcome::full:
      store.stop(Stop::trap(TrapCode::limit, format("{}: as many threads wait on this memory as {} allows",
                                                    code::words(TrapCode::limit), limits::waiters.name)));
      return {0, 1};
  }
  return done(static_cast<uint64_t>(outcome));
}

}  // namespace

extern "C" {  // the stubs name them

// A builtin returned, and it or another thread wants the guest to end or be left. Whether the guest goes on.
bool mote_builtin_may_go_on(code::StoreContext* context, uint64_t is_stopped) {
  return is_stopped == 0 && Store::of(*context).may_go_on();
}

Outcome mote_do_memory_grow(VMContext* vmctx, uint32_t memory, uint64_t delta) {
  Memory& grown = *Instance::of(*vmctx).memory(memory);
  const std::optional<uint64_t> old = grown.grow(delta);
  Instance::of(*vmctx).store().note_growth(old.value_or(grown.pages()), delta, old.has_value());
  return done(old ? *old : UINT64_MAX);
}

Outcome mote_do_memory_copy(VMContext* vmctx, uint32_t to_memory, uint32_t from_memory, uint64_t to, uint64_t from,
                            uint64_t count) {
  const Instance& instance = Instance::of(*vmctx);
  const MutableBytes target = instance.memory(to_memory)->bytes();
  const Bytes source = instance.memory(from_memory)->bytes();
  if (!is_inside(to, count, target.size()) || !is_inside(from, count, source.size())) {
    return trap(vmctx, TrapCode::out_of_bounds_memory_access);
  }
  const bool backwards = target.data() + to > source.data() + from;  // matters where they overlap
  in_pieces(instance.store(), count, piece_bytes, backwards,
            [&](uint64_t at, uint64_t size) { std::memmove(target.data() + to + at, source.data() + from + at, size); });
  return done();
}

Outcome mote_do_memory_fill(VMContext* vmctx, uint32_t memory, uint64_t to, uint32_t value, uint64_t count) {
  const Instance& instance = Instance::of(*vmctx);
  const MutableBytes target = instance.memory(memory)->bytes();
  if (!is_inside(to, count, target.size())) return trap(vmctx, TrapCode::out_of_bounds_memory_access);
  in_pieces(instance.store(), count, piece_bytes, false,
            [&](uint64_t at, uint64_t size) { std::memset(target.data() + to + at, static_cast<int>(value & 0xff), size); });
  return done();
}

Outcome mote_do_memory_init(VMContext* vmctx, uint32_t memory, uint32_t segment, uint64_t to, uint32_t from, uint32_t count) {
  const Instance& instance = Instance::of(*vmctx);
  const MutableBytes target = instance.memory(memory)->bytes();
  const Bytes source = instance.data(segment);
  if (!is_inside(to, count, target.size()) || !is_inside(from, count, source.size())) {
    return trap(vmctx, TrapCode::out_of_bounds_memory_access);
  }
  if (count != 0) std::memcpy(target.data() + to, source.data() + from, count);
  return done();
}

Outcome mote_do_data_drop(VMContext* vmctx, uint32_t segment) {
  Instance::of(*vmctx).drop_data(segment);
  return done();
}

Outcome mote_do_table_grow(VMContext* vmctx, uint32_t table, uint64_t initial, uint64_t delta) {
  const std::optional<uint64_t> old = Instance::of(*vmctx).table(table)->grow(delta, initial);
  return done(old ? *old : UINT64_MAX);
}

Outcome mote_do_table_fill(VMContext* vmctx, uint32_t table, uint64_t to, uint64_t value, uint64_t count) {
  const Instance& instance = Instance::of(*vmctx);
  Table& target = *instance.table(table);
  if (!is_inside(to, count, target.size())) return trap(vmctx, TrapCode::out_of_bounds_table_access);
  in_pieces(instance.store(), count, piece_elements, false, [&](uint64_t at, uint64_t size) { target.fill(to + at, value, size); });
  return done();
}

Outcome mote_do_table_copy(VMContext* vmctx, uint32_t to_table, uint32_t from_table, uint64_t to, uint64_t from, uint64_t count) {
  const Instance& instance = Instance::of(*vmctx);
  Table& target = *instance.table(to_table);
  Table& source = *instance.table(from_table);
  if (!is_inside(to, count, target.size()) || !is_inside(from, count, source.size())) {
    return trap(vmctx, TrapCode::out_of_bounds_table_access);
  }
  in_pieces(instance.store(), count, piece_elements, to > from,
            [&](uint64_t at, uint64_t size) { target.copy_from(source, to + at, from + at, size); });
  return done();
}

Outcome mote_do_table_init(VMContext* vmctx, uint32_t table, uint32_t segment, uint64_t to, uint32_t from, uint32_t count) {
  Instance& instance = Instance::of(*vmctx);
  if (!instance.init_table(table, segment, to, from, count)) return trap(vmctx, TrapCode::out_of_bounds_table_access);
  return done();
}

Outcome mote_do_elem_drop(VMContext* vmctx, uint32_t segment) {
  Instance::of(*vmctx).drop_element(segment);
  return done();
}

Outcome mote_do_table_get_func(VMContext* vmctx, uint32_t table, uint64_t index) {
  return done(Instance::of(*vmctx).table(table)->get(index));
}

Outcome mote_do_ref_func(VMContext* vmctx, uint32_t func) {
  return done(reinterpret_cast<uint64_t>(Instance::of(*vmctx).func(func)));
}

Outcome mote_do_type_matches(VMContext* vmctx, uint32_t actual, uint32_t expected) {
  return done(Instance::of(*vmctx).store().engine().types().is_subtype(actual, expected) ? 1 : 0);
}

Outcome mote_do_out_of_fuel(VMContext* vmctx) {
  return trap(vmctx, TrapCode::out_of_fuel);
}

// The embedder may have moved the deadline since compiled code read it.
Outcome mote_do_epoch_reached(VMContext* vmctx) {
  if (vmctx->epoch->load(std::memory_order_relaxed) < vmctx->store->epoch_deadline) return done();
  return trap(vmctx, TrapCode::interrupt);
}

Outcome mote_do_memory_atomic_notify(VMContext* vmctx, uint32_t memory, uint64_t index, uint64_t offset, uint32_t count) {
  Memory& target = *Instance::of(*vmctx).memory(memory);
  const auto location = atomic_location<uint32_t>(target, index, offset, /*is_wait=*/false);
  if (!location) return trap(vmctx, location.error());
  return done(target.parking_lot() == nullptr ? 0 : target.parking_lot()->notify(*location, count));
}

Outcome mote_do_memory_atomic_wait32(VMContext* vmctx, uint32_t memory, uint64_t index, uint64_t offset, uint32_t expected,
                                     int64_t timeout_ns) {
  return wait(vmctx, memory, index, offset, expected, timeout_ns);
}

Outcome mote_do_memory_atomic_wait64(VMContext* vmctx, uint32_t memory, uint64_t index, uint64_t offset, uint64_t expected,
                                     int64_t timeout_ns) {
  return wait(vmctx, memory, index, offset, expected, timeout_ns);
}

#define MOTE_BUILTIN(name, ...) void mote_builtin_##name();
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN

}  // extern "C"

const void* const builtin_table[] = {
#define MOTE_BUILTIN(name, ...) reinterpret_cast<const void*>(mote_builtin_##name),
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN
};
static_assert(std::size(builtin_table) == static_cast<size_t>(code::Builtin::count));

}  // namespace mote::runtime
