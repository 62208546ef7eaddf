// Store: the unit of trust and of ownership. It owns instances, memories, tables, globals, host references and the guest stack;
// everything in it may be linked to everything else, and all of it ends together.
//
// One thread at a time. While a guest runs, `context` is what compiled code and trampolines see. Limits are checked where things
// grow. Spec: core/exec/runtime (store). Tested by call_test.cpp, instantiate_test.cpp.
#pragma once

#include "base/os/guest_stack.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/heap.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/roots.h"
#include "engine/runtime/slab.h"
#include "engine/runtime/stop.h"
#include "engine/runtime/stop_control.h"

#include <mote/limits.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mote::runtime {

struct StoreLimits {
  uint64_t memory_size_bytes = limits::memory_size.standard;                // per memory
  uint64_t shared_memory_size_bytes = limits::shared_memory_size.standard;  // what a shared memory may declare as its maximum
  uint64_t waiters = limits::waiters.standard;                              // on a shared memory that this store made
  uint64_t table_elements = limits::table_elements.standard;                // per table
  uint64_t instances = limits::instances.standard;
  uint64_t wasm_stack_bytes = limits::wasm_stack.standard;
  uint64_t gc_heap_bytes = limits::gc_heap_size.standard;
  bool gc_zeal = false;     // Heap::Config::is_zealous
  bool huge_pages = false;  // ask for huge pages behind large memories
};

// Code addresses of a trap, innermost first: taken where it happened, resolved later.
struct TrapRecord {
  static constexpr uint32_t most_frames = limits::backtrace_frames.standard;
  code::TrapCode code = code::TrapCode::unreachable;
  uint32_t count = 0;
  const void* pcs[most_frames];  // the first one is exact or, after a host call, a return address like all others …
  bool is_first_exact = false;   // … as this says
};

class Task;

class Store final : public Roots {
 public:
  explicit Store(std::shared_ptr<Engine> engine, StoreLimits limits = {});
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  [[nodiscard]] Engine& engine() const { return *engine_; }
  [[nodiscard]] const StoreLimits& limits() const { return limits_; }
  [[nodiscard]] static Store& of(const code::StoreContext& context);

  // Definitions of the host's own; types with TypeIds for concrete heap types.
  [[nodiscard]] Result<Memory*> add_memory(const wasm::MemoryType& type, code::MemoryMode mode);
  [[nodiscard]] Memory* add_memory(
      std::shared_ptr<Memory> shared);  // of another store, or of none; the same one again costs nothing
  // The memory as what other stores may be given; null when it is not shared.
  [[nodiscard]] std::shared_ptr<Memory> share(Memory* memory) const;
  [[nodiscard]] Result<Table*> add_table(const wasm::TableType& type, Ref initial);
  [[nodiscard]] Global* add_global(const wasm::GlobalType& type, code::Value16 value);
  [[nodiscard]] Tag* add_tag(TypeId type);
  // A reference to a host function that belongs to no instance.
  [[nodiscard]] const code::FuncRef* add_func(std::shared_ptr<const HostFunc> func);

  // A 32-bit reference for an embedder's number, and back; equal numbers give equal references. Fails with kind limit.
  [[nodiscard]] Result<Ref> new_externref(uint64_t number);
  [[nodiscard]] std::optional<uint64_t> externref_number(Ref reference) const;

  // The collected objects; null until an instance needs one.
  [[nodiscard]] Heap* heap() const { return heap_.get(); }
  [[nodiscard]] Result<Heap*> require_heap();
  // What an embedder was given references to, by number.
  [[nodiscard]] HostRoots& host_roots() { return host_roots_; }
  [[nodiscard]] const HostRoots& host_roots() const { return host_roots_; }
  void visit_roots(code::RootVisitor& visitor) override;
  // The definition behind an exception's tag; null when it is none of the store's.
  [[nodiscard]] Tag* find_tag(uint32_t id) const;

  // Told of every memory.grow of a guest: old size and wanted pages, and whether it was done.
  using GrowthObserver = std::function<void(uint64_t old_pages, uint64_t added_pages, bool is_done)>;
  void set_growth_observer(GrowthObserver observer) { growth_observer_ = std::move(observer); }
  [[nodiscard]] bool has_growth_observer() const { return static_cast<bool>(growth_observer_); }
  void note_growth(uint64_t old_pages, uint64_t added_pages, bool is_done) const {
    if (growth_observer_) growth_observer_(old_pages, added_pages, is_done);
  }
  void set_fuel(int64_t fuel) { context.fuel = fuel; }
  [[nodiscard]] int64_t fuel() const { return context.fuel; }
  void set_epoch_deadline(uint64_t ticks_from_now);

  // Ends the guest that runs now: remembers why (with the frames, for a trap). To be followed by returning failure from the thunk
  // or builtin.
  void stop(Stop reason);
  // Like stop() for a trap of the runtime's own.
  void trap(code::TrapCode code) { stop(Stop::trap(code)); }
  // … because no object could be made.
  void stop_for_heap(Heap::Failure failure);
  // An exception, where the guest left: control goes on at a handler of the innermost activation (StoreContext::landing_*), or its
  // caller gets a Stop.
  void raise(uint32_t exception);
  // A host function returned why the guest ends. An exception may be caught in the guest that called it.
  void pass_on_exception(size_t host_roots_before);

  // How other threads end the guest (the trap `interrupt`), for good.
  [[nodiscard]] const std::shared_ptr<StopControl>& stop_control() const { return stop_control_; }
  [[nodiscard]] bool is_to_stop() const {  // async-signal-safe
    return (context.interrupt.load(std::memory_order_relaxed) & code::interrupt_kill) != 0;
  }
  // Whether the guest may go on, between two of its instructions: leaves its task when it is to be preempted; tells why it is to be
  // stopped.
  [[nodiscard]] bool may_go_on() { return context.interrupt.load(std::memory_order_relaxed) == 0 || obey_interrupt(); }
  // Ends memory.atomic.wait with the trap `interrupt`, the present one and all later ones. From any thread.
  void cancel_waits() {
    stop_control_->touch();
    waiter_.cancel();
  }
  // For the handler of faults: whether a memory or table of its own protects this address (os::WriteWatch), and the write may go
  // on.
  [[nodiscard]] bool note_write(const void* address) const;
  [[nodiscard]] Waiter& waiter() { return waiter_; }

  // For pooled stores (engine/pool), while no guest runs. Where dense memories made from now on lie; none asks for huge pages.
  void use_slabs(std::shared_ptr<Slabs> slabs) { slabs_ = std::move(slabs); }
  [[nodiscard]] const std::vector<std::unique_ptr<Instance>>& instances() const { return instances_; }
  // What the host made and the guests cannot have kept, to go back to: how much there was of each kind.
  struct Extent {
    size_t memories, tables, globals, tags, host_refs, instances, externrefs, host_roots;
    bool operator==(const Extent&) const = default;
  };
  [[nodiscard]] Extent extent() const;
  void shrink_to(const Extent& extent);
  [[nodiscard]] const std::vector<uint64_t>& externrefs() const { return externrefs_; }  // numbers, by reference / 4
  // The stack it runs on, of a size that fits its limits; without one it takes one of the engine's when it first needs it.
  void lend_stack(os::GuestStack stack);
  [[nodiscard]] os::GuestStack return_stack();  // empty: it had none
  // A stopped store runs again; whoever held its stop control can no longer stop it.
  void renew_stop_control();

  // For the embedder: handed to host functions.
  void* data = nullptr;

  code::StoreContext context = {};

  // For the files of this room.
  [[nodiscard]] Result<const os::GuestStack*> stack();     // made on first use
  [[nodiscard]] bool reserves(const void* address) const;  // a memory's address space; async-signal-safe
  [[nodiscard]] TrapRecord& trap_record() { return record_; }
  [[nodiscard]] Stop take_stop();  // what stop() or the signal handler left
  [[nodiscard]] bool has_stop() const { return stop_.has_value(); }
  [[nodiscard]] const os::GuestStack& running_stack() const { return stack_; }
  [[nodiscard]] Task* task() const { return task_; }  // that has begun and not ended
  void set_task(Task* task) { task_ = task; }
  [[nodiscard]] uint32_t next_func_id() { return next_func_id_++; }
  [[nodiscard]] Result<Instance*> add_instance(std::shared_ptr<const Module> module);
  [[nodiscard]] Result<Memory*> add_memory(const wasm::MemoryType& type, code::MemoryMode mode, code::MemoryDef* def);
  [[nodiscard]] Result<Table*> add_table(const wasm::TableType& type, bool is_func, Ref initial, code::TableDef* def);

 private:
  struct HostRef {
    std::shared_ptr<const HostFunc> func;
    HostBinding binding;
    code::FuncRef ref;
  };
  [[nodiscard]] std::vector<StackFrame> resolve(const TrapRecord& record) const;
  [[nodiscard]] std::string interrupt_message() const;
  [[nodiscard]] bool obey_interrupt();
  friend class LocalRoots;

  std::shared_ptr<Engine> engine_;
  StoreLimits limits_;
  std::shared_ptr<Slabs> slabs_;  // null: none
  os::GuestStack stack_;          // of the engine's pool
  Task* task_ = nullptr;
  std::vector<std::shared_ptr<Memory>> memories_;  // only shared ones have other owners
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Global>> globals_;
  std::vector<std::unique_ptr<Tag>> tags_;
  std::vector<std::unique_ptr<HostRef>> host_refs_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::unique_ptr<Heap> heap_;
  LocalRoots* local_roots_ = nullptr;  // the innermost
  HostRoots host_roots_;
  std::vector<uint64_t> externrefs_;  // by reference / 4
  std::unordered_map<uint64_t, Ref> externref_by_number_;
  uint32_t next_func_id_ = 1;
  uint32_t next_tag_id_ = 1;
  Waiter waiter_;
  std::shared_ptr<StopControl> stop_control_;
  std::optional<Stop> stop_;
  TrapRecord record_;
  GrowthObserver growth_observer_;
};

}  // namespace mote::runtime
