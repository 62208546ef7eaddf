// Store: one unit of trust. Owns instances that may be linked to each other, their memories, tables and globals, and the stack
// they run on. Func, Memory, Table, Global, Instance are light handles of one store, cheap to copy; a handle must not outlive its
// store. A default-made handle is empty (`handle == nullptr`) and may only be assigned to.
//
// Threads: a store and its handles are used by one thread at a time; any thread will do.
// Spec: core/exec/runtime "Store"; the embedding functions func_*, table_*, mem_*, global_*, instance_export.
// Tested by engine/api/store_test.cpp.
#pragma once

#include <mote/call.h>
#include <mote/engine.h>
#include <mote/limits.h>
#include <mote/trap.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace mote {

// What the guests of one store may hold. Values above a limit's hard maximum are refused by Store::create.
struct StoreLimits {
  uint64_t memory_size_bytes = limits::memory_size.standard;                // per memory
  uint64_t shared_memory_size_bytes = limits::shared_memory_size.standard;  // what a shared memory may declare as its maximum
  uint64_t waiters = limits::waiters.standard;                              // on one shared memory that this store made
  uint64_t table_elements = limits::table_elements.standard;                // per table
  uint64_t instances = limits::instances.standard;
  uint64_t wasm_stack_bytes = limits::wasm_stack.standard;
  uint64_t gc_heap_size_bytes = limits::gc_heap_size.standard;  // objects, garbage included; twice that is reserved
  // For tests: every allocation collects, and what no root led to faults when it is touched. Slower by orders of magnitude.
  bool gc_zeal = false;
};

// Ends or interrupts the guests of one store from another thread: copies may be kept anywhere, and may outlive the store.
class Stopper {
 public:
  // The guest traps (interrupt, with the reason and where it was), at any instruction, inside a bulk operation and in
  // memory.atomic.wait at once; in a host function when that returns. The store runs nothing any more: every later call traps
  // alike. Returns whether no guest of the store runs; waits for that, at most `patience_ns`. The first reason counts. From any
  // thread but the store's own.
  bool stop(std::string reason, uint64_t patience_ns = 0) const;
  // Has the store's task (mote/task.h) come back to whoever resumed it: at any instruction, between the pieces of a bulk operation,
  // when a host function returns. At once where the guest is in compiled code; an order that meets it on its way in or out may be
  // lost, so it is repeated by whoever needs the thread. Without a task: nothing.
  void preempt() const;

  // What a watchdog needs (host/running). CPU time that the threads which ran the store's guests took for them and their host
  // functions; counted from the first question on, which makes each entry into a guest a system call dearer.
  [[nodiscard]] uint64_t cpu_time_ns() const;
  // Has `begins` called once, when the store's thread next enters a guest, by that thread, before. False: a guest runs now, and
  // nothing will be called. After cpu_time_ns() only. An empty function takes back the one before.
  bool notify_when_running(std::function<void()> begins) const;

  [[nodiscard]] bool has_copies() const { return state_.use_count() > 1; }

  struct State;
  explicit Stopper(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

class Store {
 public:
  [[nodiscard]] static Result<Store> create(const Engine& engine, StoreLimits limits = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Fuel counts wasm instructions; needs CodegenOptions::fuel. Starts at 0.
  void set_fuel(int64_t fuel);
  [[nodiscard]] int64_t fuel() const;
  // Traps (interrupt) when the engine's epoch has advanced by this many. Needs CodegenOptions::epochs.
  void set_epoch_deadline(uint64_t ticks_from_now);

  // To end a guest that runs too long, or is no longer wanted. Compiled code is the same whether or not anybody has one.
  [[nodiscard]] Stopper stopper() const;
  // `wake` is called when the store is stopped, by the thread that stops it, which holds a lock: it should wake the host function
  // that waits for the store's guest, and nothing more. Replaces the one before, which is not called any more from then on.
  void on_stop(std::function<void()> wake);
  // Ends the guest if it sleeps in memory.atomic.wait, now or later: the trap `interrupt`. From any thread; for good.
  void cancel_waits();

  // Called after every memory.grow of the store's guests, on their thread, inside the call: the size it had, the pages wanted, and
  // whether it was done (else the guest got -1). Must not call into the store. An empty function takes it away.
  using GrowthObserver = std::function<void(uint64_t old_pages, uint64_t added_pages, bool is_done)>;
  void set_growth_observer(GrowthObserver observer);

  // Stores an embedder's pointer, handed to host functions as Caller::data.
  void set_data(void* data);
  [[nodiscard]] void* data() const;

  // Makes an externref that stands for an embedder's number, and reads it back. Equal numbers give equal references.
  [[nodiscard]] Result<Val> new_externref(uint64_t number);
  [[nodiscard]] std::optional<uint64_t> externref_number(Val reference) const;

  struct State;
  [[nodiscard]] State* state() const { return state_.get(); }

 private:
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class SharedMemory;

class Memory {
 public:
  // A memory of its own, to be given to guests by Linker::define.
  [[nodiscard]] static Result<Memory> create(Store& store, const MemoryType& type);
  [[nodiscard]] static Result<Memory> create(Store& store, uint64_t min_pages, std::optional<uint64_t> max_pages) {
    return create(store, MemoryType{min_pages, max_pages});
  }
  [[nodiscard]] std::span<uint8_t> bytes() const;  // valid until the guest runs or the memory grows
  [[nodiscard]] uint64_t pages() const;
  [[nodiscard]] Result<uint64_t> grow(uint64_t pages) const;  // old size in pages
  // The memory as what other stores may import; empty when its type is not shared.
  [[nodiscard]] std::optional<SharedMemory> share() const;
  struct Handle;
  Handle* handle = nullptr;  // runtime::Memory
  Store::State* store = nullptr;
};

// A memory for the guests of several stores, which may run at once, each on a thread of its own: a guest "thread" is a store that
// imports it (Linker::define). It belongs to no store, and lives as long as a SharedMemory or a store has it.
//
// Threads: any thread may use and copy one. What guests write at the same time is theirs and the embedder's to order, with
// std::atomic_ref for instance. Spec: threads proposal. Tested by engine/api/shared_memory_test.cpp.
class SharedMemory {
 public:
  // `type.is_shared` is understood. The declared maximum is reserved at once, so it is required.
  [[nodiscard]] static Result<SharedMemory> create(const Engine& engine, const MemoryType& type, const StoreLimits& limits = {});
  [[nodiscard]] std::span<uint8_t> bytes() const;  // stays valid; it may have grown since
  [[nodiscard]] uint64_t pages() const;
  [[nodiscard]] Result<uint64_t> grow(uint64_t pages) const;  // old size in pages

  struct State;
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }

 private:
  friend class Memory;
  explicit SharedMemory(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class Table {
 public:
  // All elements are null.
  [[nodiscard]] static Result<Table> create(Store& store, const TableType& type);
  [[nodiscard]] static Result<Table> create(Store& store, ValKind element, uint64_t min, std::optional<uint64_t> max) {
    return create(store, TableType{element, min, max});
  }
  [[nodiscard]] uint64_t size() const;
  [[nodiscard]] Result<Val> get(uint64_t index) const;
  [[nodiscard]] Result<void> set(uint64_t index, Val value) const;
  [[nodiscard]] Result<uint64_t> grow(uint64_t elements, Val value) const;  // old size
  struct Handle;
  Handle* handle = nullptr;  // runtime::Table
  Store::State* store = nullptr;
};

class Global {
 public:
  [[nodiscard]] static Result<Global> create(Store& store, Val value, bool is_mutable);
  [[nodiscard]] Val get() const;
  [[nodiscard]] Result<void> set(Val value) const;  // fails on immutable globals and on a wrong type
  struct Handle;
  Handle* handle = nullptr;  // runtime::Global
  Store::State* store = nullptr;
};

// The identity of a kind of exception. Spec: core/exec/runtime "Tag Instances".
class Tag {
 public:
  // An exception of it carries values of these kinds. To be given to guests by Linker::define.
  [[nodiscard]] static Result<Tag> create(Store& store, std::span<const ValKind> payload);
  [[nodiscard]] FuncSignature type() const;  // without results
  bool operator==(const Tag& other) const { return handle == other.handle; }
  struct Handle;
  Handle* handle = nullptr;  // runtime::Tag
  Store::State* store = nullptr;
};

// What a host function sees of its caller. Valid during the call only.
class Caller {
 public:
  [[nodiscard]] Store::State* store() const { return store_; }
  [[nodiscard]] void* data() const;  // Store::set_data
  // Waits without the thread: leaves the task (mote/task.h) in which the guest runs, and returns when that is resumed. False: the
  // guest is to end, or there is no task to leave; the host function should return. What may have moved meanwhile, memory() above
  // all, is asked for again. No lock is held, and no address of a thread_local kept, across it: the task may go on on another
  // thread.
  [[nodiscard]] bool park();
  [[nodiscard]] bool may_park() const;  // whether there is a task
  // The calling instance's exported memory "memory", or its memory 0; empty when it has none. Valid until the guest runs again.
  //
  // Code of yours reads and writes it as any memory. What the kernel is to write (read, recv, getrandom, …; an address of it in an
  // iovec) is asked for by writable(): a pooled store notes which pages an event changes by write-protecting them, and the kernel's
  // own write to such a page fails with EFAULT.
  [[nodiscard]] std::span<uint8_t> memory() const;
  // A part of it that the kernel may write, until this call returns; nothing when it is not all inside. Counts as changed.
  [[nodiscard]] std::optional<std::span<uint8_t>> writable(uint64_t offset, uint64_t size) const;
  Caller(Store::State* store, void* instance) : store_(store), instance_(instance) {}

 private:
  Store::State* store_;
  void* instance_;
};

// The result of a host function: nothing, or what ends the guest (a trap, an exit, an error).
using HostResult = std::expected<void, Failure>;
using HostFunc = std::function<HostResult(Caller& caller, std::span<const Val> args, std::span<Val> results)>;

template <class Signature>
class TypedFunc;
template <class Signature>
class PoolFunc;  // mote/pool.h

class Func {
 public:
  [[nodiscard]] static Result<Func> create(Store& store, const FuncSignature& signature, HostFunc function);
  [[nodiscard]] FuncSignature signature() const;

  // Checks kinds and counts, then calls. `results` must have room for all results.
  [[nodiscard]] GuestResult<void> call(std::span<const Val> args, std::span<Val> results) const;
  [[nodiscard]] GuestResult<std::vector<Val>> call(std::span<const Val> args = {}) const;

  // The same without Val: `typed<int32_t(int32_t, double)>()`. Fails when the function has another type.
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> typed() const;

  [[nodiscard]] Val to_ref() const;  // as a funcref value
  // From a funcref value of this store; empty for null and for other kinds.
  [[nodiscard]] static std::optional<Func> from_ref(const Store& store, Val reference);

  // For TypedFunc: whether the type is exactly this one, and a call whose arguments are in their registers already.
  [[nodiscard]] Result<void> expect(std::span<const ValKind> params, std::span<const ValKind> results) const;
  [[nodiscard]] GuestResult<void> call_frame(const CallFrame& frame) const;

  void* handle = nullptr;  // code::FuncRef
  Store::State* store = nullptr;
};

// A function whose type was checked once. R: void, a number, or a std::tuple of numbers; at most 8 integers and 8 floats as
// arguments, 3 and 2 as results (what fits registers).
template <class R, class... Args>
class TypedFunc<R(Args...)> {
 public:
  using Arguments = call::Kinds<std::tuple<Args...>>;
  using ResultTuple = typename call::Results<R>::Tuple;
  using Results = call::Kinds<ResultTuple>;

  [[nodiscard]] GuestResult<R> operator()(Args... args) const {
    uint64_t integers[call::argument_integers];
    Slot16 vectors[call::argument_vectors];
    const CallFrame frame{integers, vectors, nullptr};
    [&]<size_t... I>(std::index_sequence<I...>) {
      static_assert(((Arguments::as_arguments[I].kind != call::Place::overflow) && ...), "too many arguments: call by Val");
      (call::put<Args>(frame, Arguments::as_arguments[I], args), ...);
    }(std::index_sequence_for<Args...>());
    if (auto status = func_.call_frame(frame); !status) return std::unexpected(std::move(status.error()));
    return [&]<size_t... I>(std::index_sequence<I...>) -> GuestResult<R> {
      static_assert(((Results::as_results[I].kind != call::Place::overflow) && ...), "too many results: call by Val");
      if constexpr (std::is_void_v<R>) {
        return {};
      } else {
        return R{call::get<std::tuple_element_t<I, ResultTuple>>(frame, Results::as_results[I])...};
      }
    }(std::make_index_sequence<std::tuple_size_v<ResultTuple>>());
  }
  [[nodiscard]] const Func& func() const { return func_; }

 private:
  friend class Func;
  friend class PoolFunc<R(Args...)>;
  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  using Typed = TypedFunc<Signature>;
  if (auto same = expect(Typed::Arguments::value, Typed::Results::value); !same) return std::unexpected(std::move(same.error()));
  return Typed(*this);
}

// An instantiated module. Exports by name; nothing when there is no such export or it is of another kind.
class Instance {
 public:
  [[nodiscard]] std::optional<Func> func(std::string_view name) const;
  [[nodiscard]] std::optional<Memory> memory(std::string_view name) const;
  [[nodiscard]] std::optional<Table> table(std::string_view name) const;
  [[nodiscard]] std::optional<Global> global(std::string_view name) const;
  [[nodiscard]] std::optional<Tag> tag(std::string_view name) const;
  // The export as a typed function; errors say which export and what type it has.
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> typed_func(std::string_view name) const {
    const auto found = func(name);
    if (!found) return fail(ErrorKind::not_found, "no exported function \"" + std::string(name) + "\"");
    return found->typed<Signature>();
  }
  [[nodiscard]] Module module() const;

  void* handle = nullptr;  // runtime::Instance
  Store::State* store = nullptr;
};

}  // namespace mote
