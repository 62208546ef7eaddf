// Memory: a linear memory. Address space for its largest size is reserved at once, so it grows in place and its base never moves.
//
// Guard mode, 32-bit: 4 GiB and 32 MiB on both sides are reserved; what is not committed faults, so compiled code needs no check
// for offsets below 32 MiB. 64-bit memories and dense mode: compiled code compares with `length`; the reservation is the declared
// maximum, capped, and in dense mode it is writable as a whole, so that growing is a store. Spec: core/exec/runtime (memory
// instances), core/exec/modules (growing). Tested by memory_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_map.h"
#include "engine/code/codegen_key.h"
#include "engine/code/instance_layout.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
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
  // Fails with kind limit when the minimum exceeds `most_bytes`, unavailable when the machine has no room. `def` is where compiled
  // code finds it (in its instance); null: the memory keeps it itself.
  [[nodiscard]] static Result<std::unique_ptr<Memory>> create(const wasm::MemoryType& type, code::MemoryMode mode,
                                                              uint64_t most_bytes, code::MemoryDef* def, bool huge_pages = false);
  Memory(Key, const wasm::MemoryType& type, code::MemoryMode mode) : type_(type), mode_(mode) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  [[nodiscard]] const wasm::MemoryType& type() const { return type_; }  // as declared
  [[nodiscard]] code::MemoryMode mode() const { return mode_; }
  [[nodiscard]] MutableBytes bytes() const { return {def_->base, def_->length}; }
  [[nodiscard]] uint64_t pages() const;
  // The old size in pages; nothing when the maximum, a limit or the machine forbids. Never moves.
  [[nodiscard]] std::optional<uint64_t> grow(uint64_t delta_pages);
  [[nodiscard]] code::MemoryDef* def() const { return def_; }
  // Whether an access that faulted at `address` meant this memory. Async-signal-safe.
  [[nodiscard]] bool reserves(const void* address) const { return reservation_.contains(address); }

 private:
  [[nodiscard]] Result<void> commit(uint64_t length);

  wasm::MemoryType type_;
  code::MemoryMode mode_;
  code::MemoryDef* def_ = nullptr;
  code::MemoryDef own_def_ = {};
  bool huge_pages_ = false;  // ask for them as it grows
  uint64_t most_bytes_ = 0;  // what `length` may become
  os::Mapping reservation_;
};

}  // namespace mote::runtime
