// Pool: a fresh sandbox for each event, at the price of a function call.
//
// A pool links and initializes a group of modules once, and keeps that state as a template. A sandbox of the pool is a store that
// holds exactly the template. A worker leases one to an event; when the lease ends, what the event changed is copied back: pages of
// memories, tables, globals, sizes, dropped segments. In the steady state that costs no system call, no page fault, no lock and no
// allocation, however large the memory is: only pages that events write to are copied.
//
//   auto pool = Pool::create(engine, linker, {.members = {{"handler", module}}});
//   auto handle = pool->func<int32_t(int32_t)>("handle");
//   Pool::Worker worker = pool->worker();            // one for each thread
//   for (…) {
//     auto lease = worker.acquire();
//     auto answer = handle->in(*lease)(42);          // a fresh sandbox
//   }                                                // and back to the template
//
// Threads: a Pool may be copied and used by any; a Worker and its leases belong to one thread at a time, and so does writing to a
// sandbox's memory. Processes: a child of fork() must neither use nor end a pool of its parent; its sandboxes are not there. A
// process that locks its memory (mlockall) keeps pages that a pool would give back: sandboxes whose guests grow are then made anew.
// How it works: docs/internals/pool.md. Tested by engine/api/pool_test.cpp, tests/differential (pooled setups).
#pragma once

#include <mote/linker.h>
#include <mote/store.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote {

struct PoolConfig {
  struct Member {
    std::string name;  // under which later members import what it exports
    Module module;
  };
  // Linked in this order. Imports are found among the exports of earlier members, then in the linker, whose definitions must not
  // belong to a store. At least one.
  std::vector<Member> members = {};
  // Functions without parameters and results, called once if they are exported, member by member; then the template is taken. An
  // exit with status 0 counts as a return.
  std::vector<std::string> init = {"_initialize"};
  void* init_data = nullptr;                                     // Caller::data() during initialization
  std::function<void(const Stopper& stopper)> before_init = {};  // to have initialization that never ends stopped
  // A sandbox's. Memory beyond limits::pool_memory_size needs a larger `memory_size_bytes`.
  StoreLimits limits = {.memory_size_bytes = limits::pool_memory_size.standard};
  uint64_t sandboxes = limits::pool_sandboxes.standard;  // the most, leased or ready
  // Memory that sandboxes keep ready for the next event because an earlier one wrote to it. Above, it is given back to the kernel.
  uint64_t kept_bytes_each = limits::pool_kept_each.standard;
  uint64_t kept_bytes = limits::pool_kept.standard;      // of all together
  uint64_t packed_bytes = limits::pool_packed.standard;  // of all packed sandboxes
  int64_t fuel = 0;                                      // each event's, where code counts it (CodegenOptions::fuel)
  uint64_t epoch_ticks = 0;                              // each event's, where code looks at the epoch; 0: no deadline
  // Copy all of a memory after each event, as if the kernel had no way to tell which pages were written to.
  bool copies_whole = false;
};

template <class Signature>
class PoolFunc;

class Pool {
 public:
  class Worker;
  class Lease;
  class Packed;

  // Errors: bad_input, not_found (imports, as Linker::instantiate), limit (a memory or table above its limit), unsupported (shared
  // memories), unavailable; what ends initialization early.
  [[nodiscard]] static GuestResult<Pool> create(const Engine& engine, const Linker& linker, PoolConfig config);

  [[nodiscard]] Worker worker() const;
  // An exported function of a member, the last one if none is named. Errors as Instance::typed_func.
  template <class Signature>
  [[nodiscard]] Result<PoolFunc<Signature>> func(std::string_view name, std::string_view member = {}) const;

  // What was decided, and what there is now. Any thread.
  struct Report {
    MemoryMode memory_mode = MemoryMode::guard;
    std::string tracking;         // "watch", or "copy: " and why
    uint64_t template_bytes = 0;  // held once for all sandboxes
    uint64_t sandboxes = 0;       // leased or ready
    uint64_t reserved_bytes = 0;  // address space of each one's memories
    uint64_t mappings = 0;        // of the kernel's, for all their memories, about
    uint64_t kept_bytes = 0;      // PoolConfig::kept_bytes
    uint64_t packed = 0;          // Packed sandboxes alive
    uint64_t packed_bytes = 0;    // and their memory
  };
  [[nodiscard]] Report report() const;

  struct State;
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }

 private:
  explicit Pool(std::shared_ptr<State> state) : state_(std::move(state)) {}
  [[nodiscard]] Result<uint32_t> find(std::string_view name, std::string_view member, std::span<const ValKind> params,
                                      std::span<const ValKind> results) const;
  std::shared_ptr<State> state_;
};

// A sandbox between acquire() and its own end, which is the end of the event: everything in it is gone then, handles too. To be
// ended by its worker's thread, when no guest of it runs and no Task of it lives.
class Pool::Lease {
 public:
  Lease(Lease&& other) noexcept : worker_(other.worker_), slot_(std::exchange(other.slot_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(worker_, other.worker_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~Lease() {
    if (slot_ != nullptr) release();
  }

  [[nodiscard]] Store& store() const;
  [[nodiscard]] Instance instance(size_t member) const;  // by place in PoolConfig::members
  [[nodiscard]] Instance instance() const;               // of the last member
  // Ends the event from another thread. The same for all events of a sandbox: whoever keeps one must know that this event has not
  // ended. (Copies of it, and Store::stopper(), can do nothing to later events; they cost an allocation.)
  [[nodiscard]] const Stopper& stopper() const;

  // The sandbox as it is now, in as little memory as its changes take; the lease ends. Fails, with the lease as it was, when the
  // host made references in it (Store::new_externref), PoolConfig::packed_bytes are taken or the machine has no memory left.
  [[nodiscard]] Result<Packed> pack();

  struct Slot;

 private:
  friend class Pool;
  friend class Worker;
  template <class Signature>
  friend class PoolFunc;
  Lease(void* worker, Slot* slot) : worker_(worker), slot_(slot) {}
  void release();
  [[nodiscard]] Func func(uint32_t index, const State* pool) const;
  void* worker_;  // Worker::State
  Slot* slot_;
};

// A sandbox that nobody has leased, with all that its events changed: some hundred bytes and its changed pages. Keeps the pool
// alive. Any thread may own it.
class Pool::Packed {
 public:
  Packed(Packed&&) noexcept;
  Packed& operator=(Packed&&) noexcept;
  ~Packed();
  [[nodiscard]] uint64_t size_bytes() const;  // of memory that it holds

  struct State;

 private:
  friend class Worker;
  friend class Lease;
  explicit Packed(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Ready sandboxes of one thread.
class Pool::Worker {
 public:
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  ~Worker();  // after its leases; the pool's other workers get what it has

  // A sandbox that equals the template. Makes one when none is ready. Errors: limit (PoolConfig::sandboxes),
  // unavailable (the machine's address space, mappings or memory).
  [[nodiscard]] Result<Lease> acquire();
  // A packed sandbox, to go on with; it stays as it is when this fails. Errors: as acquire; bad_input when it is of another pool.
  [[nodiscard]] Result<Lease> unpack(Packed&& packed);
  // Has `count` sandboxes ready. They are this worker's until it tends, or ends.
  [[nodiscard]] Result<void> arm(uint64_t count);
  // What need not be done while an event waits: gives back memory above the limits, lets sandboxes that keep much learn anew what
  // events need, and leaves to other workers what this one had no use for since the last time. For idle moments; without it the
  // first of these is done when there is no other sandbox.
  void tend();

  struct State;

 private:
  friend class Pool;
  explicit Worker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A function that every sandbox of a pool has.
template <class R, class... Args>
class PoolFunc<R(Args...)> {
 public:
  [[nodiscard]] TypedFunc<R(Args...)> in(const Pool::Lease& lease) const {
    return TypedFunc<R(Args...)>(lease.func(index_, pool_));
  }

 private:
  friend class Pool;
  PoolFunc(uint32_t index, const Pool::State* pool) : index_(index), pool_(pool) {}
  uint32_t index_;
  const Pool::State* pool_;  // whose leases it is for
};

template <class Signature>
Result<PoolFunc<Signature>> Pool::func(std::string_view name, std::string_view member) const {
  using Typed = TypedFunc<Signature>;
  auto index = find(name, member, Typed::Arguments::value, Typed::Results::value);
  if (!index) return std::unexpected(std::move(index.error()));
  return PoolFunc<Signature>(*index, state_.get());
}

}  // namespace mote
