// Store, Memory, SharedMemory, Table, Global, Caller: the front door's view of what the runtime owns. See mote/store.h. Tested by
// store_test.cpp.
#include "base/core/format.h"
#include "base/os/writable.h"
#include "engine/api/state.h"
#include "engine/runtime/task.h"

#include <mote/store.h>

#include <algorithm>
#include <chrono>

namespace mote {

namespace {

Result<void> check_limit(const limits::Limit& limit, uint64_t value) {
  if (value <= limit.hard) return {};
  return fail(ErrorKind::limit, format("{} is {}: at most {} {}", limit.name, value, limit.hard, limit.unit));
}

Result<void> check_limits(const StoreLimits& wanted) {
  TRY(check_limit(limits::memory_size, wanted.memory_size_bytes));
  TRY(check_limit(limits::shared_memory_size, wanted.shared_memory_size_bytes));
  TRY(check_limit(limits::waiters, wanted.waiters));
  TRY(check_limit(limits::table_elements, wanted.table_elements));
  TRY(check_limit(limits::instances, wanted.instances));
  TRY(check_limit(limits::wasm_stack, wanted.wasm_stack_bytes));
  TRY(check_limit(limits::gc_heap_size, wanted.gc_heap_size_bytes));
  return {};
}

wasm::Limits limits_of(bool is_64_bit, bool is_shared, uint64_t min, std::optional<uint64_t> max) {
  return {.address = is_64_bit ? wasm::AddressType::i64 : wasm::AddressType::i32, .is_shared = is_shared, .min = min, .max = max};
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::create(const Engine& engine, StoreLimits wanted) {
  TRY(check_limits(wanted));
  const runtime::StoreLimits runtime_limits{.memory_size_bytes = wanted.memory_size_bytes,
                                            .shared_memory_size_bytes = wanted.shared_memory_size_bytes,
                                            .waiters = wanted.waiters,
                                            .table_elements = wanted.table_elements,
                                            .instances = wanted.instances,
                                            .wasm_stack_bytes = wanted.wasm_stack_bytes,
                                            .gc_heap_bytes = wanted.gc_heap_size_bytes,
                                            .gc_zeal = wanted.gc_zeal,
                                            .huge_pages = engine.state()->config.huge_pages};
  return Store(std::make_unique<State>(engine.state(), runtime_limits));
}

void Store::set_fuel(int64_t fuel) {
  state_->store.set_fuel(fuel);
}
int64_t Store::fuel() const {
  return state_->store.fuel();
}
void Store::set_epoch_deadline(uint64_t ticks_from_now) {
  state_->store.set_epoch_deadline(ticks_from_now);
}
struct Stopper::State {
  std::shared_ptr<runtime::StopControl> control;
};
bool Stopper::stop(std::string reason, uint64_t patience_ns) const {
  constexpr auto longest = static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count());
  return state_->control->stop(std::move(reason), std::chrono::nanoseconds(std::min(patience_ns, longest)));
}
void Stopper::preempt() const {
  state_->control->preempt();
}
uint64_t Stopper::cpu_time_ns() const {
  return state_->control->cpu_time_ns();
}
bool Stopper::notify_when_running(std::function<void()> begins) const {
  return state_->control->notify_when_running(std::move(begins));
}
void Store::on_stop(std::function<void()> wake) {
  state_->store.stop_control()->on_stop(std::move(wake));
}
Stopper Store::stopper() const {
  return Stopper(std::make_shared<Stopper::State>(state_->store.stop_control()));
}
void Store::cancel_waits() {
  state_->store.cancel_waits();
}
void Store::set_growth_observer(GrowthObserver observer) {
  state_->store.set_growth_observer(std::move(observer));
}
void Store::set_data(void* data) {
  state_->data = data;
}
void* Store::data() const {
  return state_->data;
}

Result<Val> Store::new_externref(uint64_t number) {
  return Val::from_bits(ValKind::externref, TRY(state_->store.new_externref(number)));
}

std::optional<uint64_t> Store::externref_number(Val reference) const {
  if (reference.kind() != ValKind::externref || reference.is_null()) return std::nullopt;
  return state_->store.externref_number(api::reference_of(*state_, reference));
}

namespace {

Result<wasm::MemoryType> checked(const MemoryType& type) {
  const uint64_t most = type.is_64_bit ? limits::memory64_pages : limits::memory32_pages;
  if (type.min_pages > most || type.max_pages.value_or(0) > most) {
    return fail(ErrorKind::bad_input, format("memory size must be at most {} pages", most));
  }
  if (type.max_pages && *type.max_pages < type.min_pages) {
    return fail(ErrorKind::bad_input, "size minimum must not be greater than maximum");
  }
  if (type.is_shared && !type.max_pages) return fail(ErrorKind::bad_input, "shared memory must have maximum");
  return wasm::MemoryType{limits_of(type.is_64_bit, type.is_shared, type.min_pages, type.max_pages)};
}

Result<uint64_t> grown(runtime::Memory& memory, uint64_t pages) {
  if (const auto old = memory.grow(pages)) return *old;
  return fail(ErrorKind::limit, format("memory of {} pages cannot grow by {}: its maximum, {} or the machine forbids",
                                       memory.pages(), pages, limits::memory_size.name));
}

}  // namespace

Result<Memory> Memory::create(Store& store, const MemoryType& type) {
  const wasm::MemoryType wasm_type = TRY(checked(type));
  Store::State* state = store.state();
  runtime::Memory* memory = TRY(state->store.add_memory(wasm_type, state->engine->key.memory));
  Memory handle;
  handle.handle = reinterpret_cast<Handle*>(memory);
  handle.store = state;
  return handle;
}

std::span<uint8_t> Memory::bytes() const {
  return api::runtime_of(*this).bytes();
}
uint64_t Memory::pages() const {
  return api::runtime_of(*this).pages();
}

Result<uint64_t> Memory::grow(uint64_t pages) const {
  return grown(api::runtime_of(*this), pages);
}

std::optional<SharedMemory> Memory::share() const {
  auto shared = store->store.share(&api::runtime_of(*this));
  if (shared == nullptr) return std::nullopt;
  return SharedMemory(std::make_shared<SharedMemory::State>(store->engine, std::move(shared)));
}

Result<SharedMemory> SharedMemory::create(const Engine& engine, const MemoryType& type, const StoreLimits& limits) {
  TRY(check_limits(limits));
  MemoryType shared = type;
  shared.is_shared = true;
  const wasm::MemoryType wasm_type = TRY(checked(shared));
  const Engine::State& state = *engine.state();
  const runtime::Memory::Bounds bounds = {
      .size_bytes = limits.memory_size_bytes, .shared_size_bytes = limits.shared_memory_size_bytes, .waiters = limits.waiters};
  return SharedMemory(std::make_shared<State>(
      engine.state(), TRY(runtime::Memory::create(wasm_type, state.key.memory, bounds, nullptr, state.config.huge_pages))));
}

std::span<uint8_t> SharedMemory::bytes() const {
  return state_->memory->bytes();
}
uint64_t SharedMemory::pages() const {
  return state_->memory->pages();
}
Result<uint64_t> SharedMemory::grow(uint64_t pages) const {
  return grown(*state_->memory, pages);
}

Result<Table> Table::create(Store& store, const TableType& type) {
  const wasm::ValueType element = api::type_of(type.element);
  if (!element.is_ref()) return fail(ErrorKind::bad_input, format("a table holds references, not {}", name(type.element)));
  if (type.max && *type.max < type.min) return fail(ErrorKind::bad_input, "size minimum must not be greater than maximum");
  const wasm::TableType wasm_type{element, limits_of(type.is_64_bit, false, type.min, type.max)};
  Store::State* state = store.state();
  runtime::Table* table = TRY(state->store.add_table(wasm_type, 0));
  Table handle;
  handle.handle = reinterpret_cast<Handle*>(table);
  handle.store = state;
  return handle;
}

uint64_t Table::size() const {
  return api::runtime_of(*this).size();
}

Result<Val> Table::get(uint64_t index) const {
  runtime::Table& table = api::runtime_of(*this);
  if (index >= table.size())
    return fail(ErrorKind::bad_input, format("table index {} is out of bounds: size {}", index, table.size()));
  TRY(api::require_room_for_handles(*store));
  code::Value16 value = {};
  store_le(value.bytes, table.get(index));
  return api::to_val(*store, value, api::kind_of(table.type().element, store->engine->runtime->types()));
}

Result<void> Table::set(uint64_t index, Val value) const {
  runtime::Table& table = api::runtime_of(*this);
  if (index >= table.size())
    return fail(ErrorKind::bad_input, format("table index {} is out of bounds: size {}", index, table.size()));
  TRY(api::check_value(*store, value, table.type().element));
  table.set(index, load_le<uint64_t>(api::to_value16(*store, value).bytes));
  return {};
}

Result<uint64_t> Table::grow(uint64_t elements, Val value) const {
  runtime::Table& table = api::runtime_of(*this);
  TRY(api::check_value(*store, value, table.type().element));
  if (const auto old = table.grow(elements, load_le<uint64_t>(api::to_value16(*store, value).bytes))) return *old;
  return fail(ErrorKind::limit, format("table of {} elements cannot grow by {}: its maximum or {} forbids", table.size(), elements,
                                       limits::table_elements.name));
}

Result<Global> Global::create(Store& store, Val value, bool is_mutable) {
  Store::State* state = store.state();
  const wasm::GlobalType type{api::type_of(value.kind()), is_mutable};
  Global handle;
  handle.handle = reinterpret_cast<Handle*>(state->store.add_global(type, api::to_value16(*state, value)));
  handle.store = state;
  return handle;
}

Val Global::get() const {
  const runtime::Global& global = api::runtime_of(*this);
  return api::to_val(*store, *global.value, api::kind_of(global.type.type, store->engine->runtime->types()));
}

Result<void> Global::set(Val value) const {
  const runtime::Global& global = api::runtime_of(*this);
  if (!global.type.is_mutable) return fail(ErrorKind::bad_input, "global is immutable");
  TRY(api::check_value(*store, value, global.type.type));
  *global.value = api::to_value16(*store, value);
  return {};
}

void* Caller::data() const {
  return store_->data;
}

bool Caller::may_park() const {
  return store_->store.task() != nullptr;
}
bool Caller::park() {
  return may_park() && store_->store.task()->park();
}

std::span<uint8_t> Caller::memory() const {
  auto* instance = static_cast<runtime::Instance*>(instance_);
  if (instance == nullptr || instance->memory_count() == 0) return {};
  // Nearly every module exports memory 0 as "memory" or has just one: look by name only when there is a choice.
  if (instance->memory_count() > 1) {
    if (const auto named = instance->find_export("memory"); named && named->memory != nullptr) return named->memory->bytes();
  }
  return instance->memory(0)->bytes();
}

std::optional<std::span<uint8_t>> Caller::writable(uint64_t offset, uint64_t size) const {
  const std::span<uint8_t> all = memory();
  if (offset > all.size() || size > all.size() - offset) return std::nullopt;
  const std::span<uint8_t> part = all.subspan(offset, size);
  os::make_writable(part);
  return part;
}

}  // namespace mote
