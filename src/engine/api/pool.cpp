// Pool, its workers and leases: the front door of engine/pool. See mote/pool.h. Tested by pool_test.cpp, tests/differential.
//
// A slot is a store with a reset plan. Who has one: a lease; else its worker, ready or tired (it keeps more than it may); else the
// pool, when its worker ended. Only that last list is locked.
#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/api/pool_group.h"
#include "engine/pool/packed.h"
#include "engine/pool/reset_plan.h"
#include "engine/runtime/call.h"

#include <mote/pool.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace mote {

using api::PoolGroup;
using pool::ResetPlan;
using pool::StoreTemplate;

struct Pool::Lease::Slot {
  explicit Slot(Store of) : store(std::move(of)), stopper(store.stopper()) {}
  Store store;
  std::unique_ptr<ResetPlan> plan;
  std::vector<Func> exports;  // by place in Pool::State::exports
  Stopper stopper;
  uint64_t kept = 0;   // as counted by the pool
  size_t modules = 0;  // of Store::State
};
using SlotPtr = std::unique_ptr<Pool::Lease::Slot>;

struct Pool::State {
  State(const Engine& of, PoolConfig with, PoolGroup linked)
      : handle(of),
        engine(of.state()),
        config(std::move(with)),
        group(std::move(linked)),
        blocks(std::make_shared<pool::PageBlocks>()) {}
  ~State() { engine->pools_kept -= kept.load(); }

  struct Export {
    size_t member;
    std::string name;
    wasm::FuncIndex func;
  };
  const Engine handle;
  const std::shared_ptr<Engine::State> engine;  // its
  const PoolConfig config;
  const PoolGroup group;
  const std::shared_ptr<runtime::Slabs> slabs = std::make_shared<runtime::Slabs>();
  const std::shared_ptr<pool::PageBlocks> blocks;
  std::shared_ptr<const StoreTemplate> from;  // set by create(), as the next two
  std::vector<Export> exports;                // functions, member by member
  uint64_t reserved_bytes = 0, memories = 0;  // of each sandbox

  alignas(64) std::atomic<uint64_t> kept = 0;  // read at the end of each event
  alignas(64) std::atomic<uint64_t> sandboxes = 0;
  std::atomic<uint64_t> packed = 0, packed_bytes = 0;
  std::mutex mutex;
  std::vector<SlotPtr> free;  // under the mutex

  [[nodiscard]] Result<Store> make_store() const;
  [[nodiscard]] GuestResult<void> initialize();
  [[nodiscard]] Result<SlotPtr> make_slot();
  [[nodiscard]] Result<SlotPtr> try_make_slot() const;
  [[nodiscard]] Result<void> fit_out(Lease::Slot& slot) const;
  void drop(SlotPtr slot);
  void count_kept(Lease::Slot& slot, uint64_t now);
  [[nodiscard]] bool is_over_budget() const {
    return kept.load(std::memory_order_relaxed) > config.kept_bytes ||
           engine->pools_kept.load(std::memory_order_relaxed) > limits::engine_kept.standard;
  }
  [[nodiscard]] bool keeps_too_much(const Lease::Slot& slot) const {
    return slot.kept != 0 && (slot.kept > config.kept_bytes_each || is_over_budget());
  }
  void measure_reserved();
  void keep(Store initialized);
};

Result<Store> Pool::State::make_store() const {
  Store store = TRY(Store::create(handle, config.limits));
  store.state()->store.use_slabs(slabs);
  return store;
}

// Whether sandboxes have copies of all that the template holds: else most of it is there once, in files.
bool is_copied(const StoreTemplate& from) {
  for (const StoreTemplate::InstanceState& instance : from.instances()) {
    for (const StoreTemplate::MemoryState& memory : instance.memories) {
      if (memory.shared) return false;
    }
  }
  return true;
}

// Runs in a store of its own, whose end result is the template.
GuestResult<void> Pool::State::initialize() {
  auto made = make_store();
  if (!made) return std::unexpected(Failure(std::move(made.error())));
  Store store = std::move(*made);
  store.set_data(config.init_data);
  store.set_fuel(INT64_MAX);
  if (config.before_init) config.before_init(store.stopper());
  const auto has_exited = [](const Failure& failure) { return failure.kind == Failure::Kind::exit && failure.exit_code == 0; };
  if (auto linked = group.instantiate(store, PoolGroup::Beginning::initialized); !linked && !has_exited(linked.error()))
    return linked;
  runtime::Store& inner = store.state()->store;
  auto history = StoreTemplate::History::instantiated;
  if (inner.instances().size() != group.size()) {
    return std::unexpected(
        Failure(Error{ErrorKind::bad_input, "a start function exited before all modules of the pool were linked"}));
  }
  for (const auto& instance : inner.instances()) {
    for (const std::string& name : config.init) {
      const auto found = instance->find_export(name);
      if (!found || found->kind != wasm::ExternKind::func) continue;
      Func func;
      func.handle = const_cast<code::FuncRef*>(found->func);
      func.store = store.state();
      history = StoreTemplate::History::guests_ran;
      if (auto run = func.call({}, {}); !run && !has_exited(run.error())) return run;
    }
  }
  auto captured = StoreTemplate::capture(inner, history);
  if (!captured) return std::unexpected(Failure(std::move(captured.error())));
  from = std::move(*captured);
  if (is_copied(*from)) keep(std::move(store));
  return {};
}

// The store that was initialized is as good as any made from its template, and it is there.
void Pool::State::keep(Store initialized) {
  initialized.set_data(nullptr);
  initialized.set_growth_observer({});
  initialized.state()->store.renew_stop_control();
  auto slot = std::make_unique<Lease::Slot>(std::move(initialized));
  if (!fit_out(*slot)) return;
  ++sandboxes;
  free.push_back(std::move(slot));
}

// Errors of the machine come back as they are; it may have more room later.
Result<SlotPtr> Pool::State::try_make_slot() const {
  auto slot = std::make_unique<Lease::Slot>(TRY(make_store()));
  runtime::Store& store = slot->store.state()->store;
  if (auto made = group.instantiate(slot->store, PoolGroup::Beginning::blank); !made) {
    ASSERT(made.error().kind == Failure::Kind::error);  // nothing of it ran
    return std::unexpected(std::move(made.error().error));
  }
  TRY(from->apply(store));
  TRY(fit_out(*slot));
  return slot;
}

// Of a store that equals the template.
Result<void> Pool::State::fit_out(Lease::Slot& slot) const {
  runtime::Store& store = slot.store.state()->store;
  for (const Export& one : exports) {
    Func& func = slot.exports.emplace_back();
    func.handle = const_cast<code::FuncRef*>(store.instances()[one.member]->find_export(one.name)->func);
    func.store = slot.store.state();
  }
  slot.modules = slot.store.state()->modules.size();
  slot.plan = TRY(ResetPlan::create(store, from, config.copies_whole ? pool::Tracking::copy : pool::Tracking::automatic));
  return {};
}

Result<SlotPtr> Pool::State::make_slot() {
  if (sandboxes.fetch_add(1) >= config.sandboxes) {
    --sandboxes;
    return fail(ErrorKind::limit, format("{}: this pool has {} sandboxes, all of them in use or kept ready by other workers",
                                         limits::pool_sandboxes.name, config.sandboxes));
  }
  auto slot = try_make_slot();
  if (!slot) --sandboxes;
  return slot;
}

void Pool::State::drop(SlotPtr slot) {
  count_kept(*slot, 0);
  --sandboxes;
}

void Pool::State::count_kept(Lease::Slot& slot, uint64_t now) {
  if (now == slot.kept) return;
  kept += now - slot.kept;
  engine->pools_kept += now - slot.kept;
  slot.kept = now;
}

struct Pool::Worker::State {
  explicit State(std::shared_ptr<Pool::State> of) : pool(std::move(of)) {}
  std::shared_ptr<Pool::State> pool;
  std::vector<SlotPtr> ready;
  std::vector<SlotPtr> tired;
  std::vector<os::GuestStack> stacks;    // of sandboxes that are not leased
  uint64_t leased = 0, most_leased = 0;  // now; at once since the last tend()

  ~State();
  [[nodiscard]] Result<SlotPtr> take();
  [[nodiscard]] Result<SlotPtr> find_or_make();
  [[nodiscard]] bool rest(Lease::Slot& slot) const;
  [[nodiscard]] SlotPtr take_rested();
  void begin(Lease::Slot& slot);
  void end(SlotPtr slot);
  void put(SlotPtr slot);
};

// Gives back what it keeps. False: it is not to be used any more.
bool Pool::Worker::State::rest(Lease::Slot& slot) const {
  if (!slot.plan->trim()) return false;
  pool->count_kept(slot, slot.plan->kept_bytes());
  return true;
}

// One that is tired, fit again; null: there is none.
SlotPtr Pool::Worker::State::take_rested() {
  while (!tired.empty()) {
    SlotPtr slot = std::move(tired.back());
    tired.pop_back();
    if (rest(*slot)) return slot;
    pool->drop(std::move(slot));
  }
  return nullptr;
}

Result<SlotPtr> Pool::Worker::State::take() {
  if (ready.empty()) [[unlikely]]
    return find_or_make();
  SlotPtr slot = std::move(ready.back());
  ready.pop_back();
  return slot;
}

Result<SlotPtr> Pool::Worker::State::find_or_make() {
  if (SlotPtr slot = take_rested()) return slot;
  {
    const std::lock_guard lock(pool->mutex);
    if (!pool->free.empty()) {
      SlotPtr slot = std::move(pool->free.back());
      pool->free.pop_back();
      return slot;
    }
  }
  return pool->make_slot();
}

void Pool::Worker::State::begin(Lease::Slot& slot) {
  runtime::Store& store = slot.store.state()->store;
  if (!stacks.empty()) [[likely]] {
    store.lend_stack(std::move(stacks.back()));
    stacks.pop_back();
  }
  store.set_fuel(pool->config.fuel);
  store.set_epoch_deadline(pool->config.epoch_ticks == 0 ? UINT64_MAX : pool->config.epoch_ticks);
  if (++leased > most_leased) most_leased = leased;
}

// Modules that the host instantiated for one event.
void forget_modules(Store::State& store, const PoolGroup& group) {
  std::erase_if(store.modules, [&](const auto& one) {
    for (size_t n = 0; n < group.size(); ++n) {
      if (&group.module(n) == one.first) return false;
    }
    return true;
  });
}

// Back to the template. A store that was stopped, or that somebody else could still stop, gets a new stop control: who else has it
// is looked at before what was done to it, since whoever goes away does something first.
void Pool::Worker::State::end(SlotPtr slot) {
  runtime::Store& store = slot->store.state()->store;
  if (os::GuestStack stack = store.return_stack()) stacks.push_back(std::move(stack));
  slot->store.set_data(nullptr);
  if (store.has_growth_observer()) slot->store.set_growth_observer({});
  --leased;
  constexpr long own_users = 2;  // the store, and the slot's stopper
  const bool has_others = store.stop_control().use_count() > own_users || slot->stopper.has_copies();
  std::atomic_thread_fence(std::memory_order_acquire);
  if (has_others || store.stop_control()->was_touched()) [[unlikely]] {
    store.renew_stop_control();
    slot->stopper = slot->store.stopper();
  }
  if (slot->store.state()->modules.size() != slot->modules) [[unlikely]]
    forget_modules(*slot->store.state(), pool->group);
  if (!slot->plan->restore()) return pool->drop(std::move(slot));
  put(std::move(slot));
}

void Pool::Worker::State::put(SlotPtr slot) {
  if (const uint64_t kept = slot->plan->kept_bytes(); kept != slot->kept) [[unlikely]]
    pool->count_kept(*slot, kept);
  (pool->keeps_too_much(*slot) ? tired : ready).push_back(std::move(slot));
}

Pool::Worker::Worker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pool::Worker::Worker(Worker&&) noexcept = default;
Pool::Worker& Pool::Worker::operator=(Worker&&) noexcept = default;
Pool::Worker::~Worker() = default;
Pool::Worker::State::~State() {
  ASSERT(leased == 0);  // leases end before their worker
  for (os::GuestStack& stack : stacks) pool->engine->runtime->stacks().give(std::move(stack));
  const std::lock_guard lock(pool->mutex);
  for (auto* list : {&ready, &tired}) std::ranges::move(*list, std::back_inserter(pool->free));
}

Result<Pool::Lease> Pool::Worker::acquire() {
  SlotPtr slot = TRY(state_->take());
  state_->begin(*slot);
  return Lease(state_.get(), slot.release());
}

struct Pool::Packed::State {
  State(std::shared_ptr<Pool::State> of, pool::PackedStore packed) : pool(std::move(of)), store(std::move(packed)) {
    ++pool->packed;
    pool->packed_bytes += store.size_bytes();
  }
  ~State() {
    --pool->packed;
    pool->packed_bytes -= store.size_bytes();
  }
  std::shared_ptr<Pool::State> pool;
  pool::PackedStore store;
};

Pool::Packed::Packed(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pool::Packed::Packed(Packed&&) noexcept = default;
Pool::Packed& Pool::Packed::operator=(Packed&&) noexcept = default;
Pool::Packed::~Packed() = default;
uint64_t Pool::Packed::size_bytes() const {
  return state_->store.size_bytes() + sizeof *state_;
}

Result<Pool::Packed> Pool::Lease::pack() {
  auto* const worker = static_cast<Worker::State*>(worker_);
  if (worker->pool->packed_bytes.load() > worker->pool->config.packed_bytes) {
    return fail(ErrorKind::limit, format("{}: this pool's packed sandboxes take {} bytes", limits::pool_packed.name,
                                         worker->pool->config.packed_bytes));
  }
  auto packed = TRY(pool::PackedStore::pack(*slot_->plan, worker->pool->blocks));
  auto state = std::make_unique<Packed::State>(worker->pool, std::move(packed));
  release();
  return Packed(std::move(state));
}

Result<Pool::Lease> Pool::Worker::unpack(Packed&& packed) {
  if (packed.state_ == nullptr) return fail(ErrorKind::bad_input, "the packed sandbox was unpacked already");
  if (packed.state_->pool != state_->pool) return fail(ErrorKind::bad_input, "the packed sandbox belongs to another pool");
  Lease lease = TRY(acquire());
  TRY(packed.state_->store.unpack(*lease.slot_->plan));
  packed.state_.reset();
  return lease;
}

Result<void> Pool::Worker::arm(uint64_t count) {
  while (state_->ready.size() < count) state_->ready.push_back(TRY(state_->find_or_make()));
  state_->most_leased = std::max(state_->most_leased, count);
  return {};
}

// Every one is looked at once: whatever others keep, this ends.
void Pool::Worker::tend() {
  State& state = *state_;
  for (SlotPtr& slot : std::exchange(state.tired, {})) {
    if (state.rest(*slot)) {
      state.ready.push_back(std::move(slot));
    } else {
      state.pool->drop(std::move(slot));
    }
  }
  for (SlotPtr& slot : std::exchange(state.ready, {})) {
    if (state.pool->is_over_budget() && slot->kept != 0 && !state.rest(*slot)) {
      state.pool->drop(std::move(slot));
    } else {
      state.ready.push_back(std::move(slot));
    }
  }
  for (os::GuestStack& stack : state.stacks) stack.discard();
  const std::lock_guard lock(state.pool->mutex);
  while (state.ready.size() + state.leased > std::max<uint64_t>(state.most_leased, 1)) {
    state.pool->free.push_back(std::move(state.ready.back()));
    state.ready.pop_back();
  }
  state.most_leased = state.leased;
}

Store& Pool::Lease::store() const {
  return slot_->store;
}

Instance Pool::Lease::instance(size_t member) const {
  ASSERT(member < static_cast<const Worker::State*>(worker_)->pool->group.size());
  Instance instance;
  instance.handle = slot_->store.state()->store.instances()[member].get();
  instance.store = slot_->store.state();
  return instance;
}

Instance Pool::Lease::instance() const {
  return instance(static_cast<const Worker::State*>(worker_)->pool->group.size() - 1);
}

const Stopper& Pool::Lease::stopper() const {
  return slot_->stopper;
}

Func Pool::Lease::func(uint32_t index, const Pool::State* pool) const {
  ASSERT(static_cast<const Worker::State*>(worker_)->pool.get() == pool);  // a lease of the pool that the function was asked of
  return slot_->exports[index];
}

void Pool::Lease::release() {
  static_cast<Worker::State*>(worker_)->end(SlotPtr(std::exchange(slot_, nullptr)));
}

GuestResult<Pool> Pool::create(const Engine& engine, const Linker& linker, PoolConfig config) {
  const auto refused = [](Error error) { return std::unexpected(Failure(std::move(error))); };
  if (config.sandboxes > limits::pool_sandboxes.hard) {
    return refused({ErrorKind::limit,
                    format("{} is {}: at most {}", limits::pool_sandboxes.name, config.sandboxes, limits::pool_sandboxes.hard)});
  }
  auto group = PoolGroup::create(linker, config.members);
  if (!group) return refused(std::move(group.error()));
  auto state = std::make_shared<State>(engine, std::move(config), std::move(*group));
  for (size_t n = 0; n < state->group.size(); ++n) {
    const wasm::Module& info = state->group.module(n).info();
    for (const wasm::Export& one : info.exports) {
      if (one.kind == wasm::ExternKind::func) state->exports.push_back({n, std::string(one.name), one.index});
    }
    for (uint32_t i = info.imported_memories; i < info.memories.size(); ++i) {
      const uint64_t most = state->config.limits.memory_size_bytes;
      if (info.memories[i].limits.min > most / limits::page_size_bytes) {
        return refused({ErrorKind::limit, format("memory {} begins with {} pages: more than {} allows ({} bytes); raise it", i,
                                                 info.memories[i].limits.min, limits::pool_memory_size.name, most)});
      }
    }
  }
  state->measure_reserved();
  if (auto done = state->initialize(); !done) return std::unexpected(std::move(done.error()));
  return Pool(std::move(state));
}

// From the declarations: address space that every sandbox will have.
void Pool::State::measure_reserved() {
  for (size_t n = 0; n < group.size(); ++n) {
    const wasm::Module& info = group.module(n).info();
    const bool is_dense = group.module(n).image().key().memory == code::MemoryMode::dense;
    for (uint32_t i = info.imported_memories; i < info.memories.size(); ++i) {
      const wasm::Limits& declared = info.memories[i].limits;
      const bool is_guarded = !is_dense && declared.address == wasm::AddressType::i32;
      const uint64_t most_pages = config.limits.memory_size_bytes / limits::page_size_bytes;
      const uint64_t most = std::min(declared.max.value_or(most_pages), most_pages) * limits::page_size_bytes;
      reserved_bytes += is_guarded ? limits::memory32_pages * limits::page_size_bytes + 2 * runtime::guard_size_bytes
                        : is_dense ? runtime::Slabs::size_class(most)
                                   : most;
      ++memories;
    }
  }
}

Pool::Worker Pool::worker() const {
  return Worker(std::make_unique<Worker::State>(state_));
}

Result<uint32_t> Pool::find(std::string_view name, std::string_view member, std::span<const ValKind> params,
                            std::span<const ValKind> results) const {
  const std::optional<size_t> owner = member.empty() ? state_->group.size() - 1 : state_->group.find(member);
  if (!owner) return fail(ErrorKind::not_found, format("the pool has no module \"{}\"", member));
  for (uint32_t i = 0; i < state_->exports.size(); ++i) {
    const State::Export& found = state_->exports[i];
    if (found.member != *owner || found.name != name) continue;
    const runtime::TypeRegistry& types = state_->engine->runtime->types();
    const wasm::FuncType& type = types.type(state_->group.module(found.member).func_type(found.func)).func;
    const auto is_same = [](std::span<const ValKind> wanted, const std::vector<wasm::ValueType>& actual) {
      return std::ranges::equal(wanted, actual, {}, api::type_of);
    };
    if (!is_same(params, type.params) || !is_same(results, type.results)) {
      FuncSignature wanted;
      for (const ValKind kind : params) wanted.params.push_back({kind, mote::name(kind)});
      for (const ValKind kind : results) wanted.results.push_back({kind, mote::name(kind)});
      return fail(ErrorKind::bad_input,
                  format("type mismatch: the function is {}, not {}", api::signature_of(type, types).text(), wanted.text()));
    }
    return i;
  }
  return fail(ErrorKind::not_found, format("no exported function \"{}\"", name));
}

Pool::Report Pool::report() const {
  const bool watches = !state_->config.copies_whole && os::WriteWatch::missing().empty();
  constexpr uint64_t mappings_in_guard_mode = 4;  // guard, what is there, what is not, guard
  const uint64_t slabs = state_->slabs->count().slabs;
  const bool is_dense = state_->group.module(0).image().key().memory == code::MemoryMode::dense;
  Report report{.memory_mode = is_dense ? MemoryMode::dense : MemoryMode::guard,
                .tracking = watches ? "watch"
                                    : "copy: " + (state_->config.copies_whole ? "as configured"
                                                                              : "this kernel lacks " + os::WriteWatch::missing()),
                .template_bytes = state_->from->size_bytes(),
                .sandboxes = state_->sandboxes,
                .reserved_bytes = state_->reserved_bytes,
                .mappings = slabs + (is_dense ? 0 : state_->sandboxes * state_->memories * mappings_in_guard_mode),
                .kept_bytes = state_->kept,
                .packed = state_->packed,
                .packed_bytes = state_->packed_bytes};
  return report;
}

}  // namespace mote
