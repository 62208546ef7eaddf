// Memory: a linear memory. Address space for its largest size is reserved at once, so it grows in place and its base never moves.
//
// Guard mode, 32-bit: 4 GiB and 32 MiB on both sides are reserved; what is not committed faults, so compiled code needs no check
// for offsets below 32 MiB. 64-bit memories and dense mode: compiled code compares with `length`; the reservation is the declared
// maximum, capped, and in dense mode it is writable as a whole, so that growing is a store.
//
// A shared memory may belong to several stores that run at once. Its declared maximum is reserved whole; it grows under a lock and
// publishes its length with release, which everybody reads relaxed: a length that is behind only makes an access trap that nothing
// orders after the growth. All other members of a memory are constant.
//
// The memories of pooled stores (engine/pool) are watched for writes, and in dense mode lie in slabs. Spec: core/exec/runtime
// (memory instances), core/exec/modules (growing). Tested by memory_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_file.h"
#include "base/os/memory_map.h"
#include "base/os/write_watch.h"
#include "engine/code/codegen_key.h"
#include "engine/code/instance_layout.h"
#include "engine/runtime/parking_lot.h"
#include "engine/runtime/slab.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace mote::runtime {

// Bytes behind (and before) a guarded memory that must fault. An access with a constant offset up to here needs no check of its
// own.
inline constexpr uint64_t guard_size_bytes = 32ull << 20;

class Memory {
  struct Key {
    explicit Key() = default;
  };

 public:
  struct Bounds {
    uint64_t size_bytes = limits::memory_size.standard;
    uint64_t shared_size_bytes = limits::shared_memory_size.standard;  // what a shared memory may declare as its maximum
    uint64_t waiters = limits::waiters.standard;                       // on a shared memory
  };
  // Fails with kind limit when the minimum (of a shared one, the maximum) exceeds its bound, unavailable when the machine has no
  // room. `def` is where compiled code finds it (in its instance); null, and always so for a shared one: the memory keeps it
  // itself. `slabs`, which outlives it, is where a dense one that is not shared lies.
  [[nodiscard]] static Result<std::unique_ptr<Memory>> create(const wasm::MemoryType& type, code::MemoryMode mode,
                                                              const Bounds& bounds, code::MemoryDef* def, bool huge_pages = false,
                                                              Slabs* slabs = nullptr);
  Memory(Key, const wasm::MemoryType& type, code::MemoryMode mode) : type_(type), mode_(mode) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  [[nodiscard]] const wasm::MemoryType& type() const { return type_; }  // as declared
  [[nodiscard]] code::MemoryMode mode() const { return mode_; }
  [[nodiscard]] MutableBytes bytes() const { return {def_->base, length()}; }
  [[nodiscard]] uint64_t pages() const;
  // The old size in pages; nothing when the maximum, a limit or the machine forbids. Never moves.
  [[nodiscard]] std::optional<uint64_t> grow(uint64_t delta_pages);
  [[nodiscard]] code::MemoryDef* def() const { return def_; }
  // Whether an access that faulted at `address` meant this memory. Async-signal-safe.
  [[nodiscard]] bool reserves(const void* address) const {
    return reservation_.contains(address) ||
           reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(place_.base) < place_.size;
  }

  // For pooled stores; not for shared memories. What it may grow to, in bytes.
  [[nodiscard]] uint64_t most_bytes() const { return most_bytes_; }
  // From now on writes to it are noted; also where it grows, but in guard mode: there shrink_to() takes away what is behind.
  // Fails where the kernel cannot (os::WriteWatch).
  [[nodiscard]] Result<void> watch();
  [[nodiscard]] os::WriteWatch* write_watch() const { return watch_.get(); }
  [[nodiscard]] uint64_t watched_bytes() const { return watched_bytes_; }  // writes behind are not noted
  // Gives back what is behind this length, which must be as long as the memory is: in dense mode a memory keeps what it once grew
  // to.
  [[nodiscard]] Result<void> forget_behind(uint64_t length);
  // Its first bytes, in whole pages, become what the file holds; to be called before watch().
  [[nodiscard]] Result<void> show(const os::MemoryFile& file);
  // Makes it as small as it was. In guard mode what lies behind becomes zeros; else that is for the caller to see to. A failure
  // leaves a memory that must not be used again.
  [[nodiscard]] Result<void> shrink_to(uint64_t length);

  [[nodiscard]] ParkingLot* parking_lot() { return sharing_ ? &sharing_->lot : nullptr; }  // null: not shared

 private:
  struct Sharing {
    explicit Sharing(uint64_t most_waiters) : lot(most_waiters) {}
    std::mutex growing;
    ParkingLot lot;
  };
  [[nodiscard]] uint64_t length() const { return std::atomic_ref(def_->length).load(std::memory_order_relaxed); }
  [[nodiscard]] Result<uint8_t*> reserve(bool is_dense, uint64_t room);
  [[nodiscard]] Result<void> commit(uint64_t length);
  [[nodiscard]] Result<void> watch_up_to(uint64_t length);

  wasm::MemoryType type_;
  code::MemoryMode mode_;
  code::MemoryDef* def_ = nullptr;
  code::MemoryDef own_def_ = {};
  bool huge_pages_ = false;  // ask for them as it grows
  uint64_t most_bytes_ = 0;  // what `length` may become
  os::Mapping reservation_;  // its own, …
  Slabs* slabs_ = nullptr;
  Slabs::Place place_;        // … or a place in one of these
  uint64_t shown_bytes_ = 0;  // of a memory file
  std::unique_ptr<os::WriteWatch> watch_;
  uint64_t watched_bytes_ = 0;
  std::unique_ptr<Sharing> sharing_;  // null: not shared
};

}  // namespace mote::runtime
