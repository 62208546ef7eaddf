// StoreTemplate: what a store's guests hold right after they were initialized, in a form that any store with instances of the same
// modules can take on. A pool runs initialization once, and gives its result to every slot.
//
// Holds the heap's objects and, for each instance: its own memories, tables and globals and which of its segments are dropped. A
// reference to a function is kept as whose and which, since each store has its own. Immutable, thread-safe. Tested by
// engine/api/pool_test.cpp and tests/differential (pooled setups).
//
// Most modules run nothing while they are initialized. Their memories are what their data segments say, and are written down when
// somebody needs them, which is after the first event.
#pragma once

#include "base/os/memory_file.h"
#include "base/os/touched_pages.h"
#include "engine/pool/heap_state.h"
#include "engine/runtime/store.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace mote::pool {

class StoreTemplate {
 public:
  // Data segments that a copy of a memory is still to be made of.
  struct Declared {
    struct Part {
      uint64_t offset;
      Bytes bytes;  // of the module, which the pool keeps
    };
    std::vector<Part> parts;  // in the module's order: later ones overwrite earlier ones
    std::once_flag written;
  };
  struct MemoryState {
    uint64_t length = 0;
    std::vector<os::PageRun> nonzero;  // all others are zeros
    // The first bytes, up to the last such page: a copy with nothing between them, or, where they are many, a file.
    os::Mapping copy;
    std::unique_ptr<Declared> declared;  // null: the copy is made
    std::optional<os::MemoryFile> shared;
    [[nodiscard]] Bytes bytes() const;  // made now if it was not before; any thread
    [[nodiscard]] Bytes extent() const { return shared ? shared->bytes() : copy.bytes(); }  // where they are; not to be read
  };
  struct TableState {
    uint64_t length = 0;
    bool is_func = false;
    bool is_as_declared = false;    // what the module's segments alone make of it: `entries` is empty
    std::vector<uint64_t> entries;  // PortableFunc where is_func, else references as they are
  };
  struct InstanceState {
    const runtime::Module* module = nullptr;
    std::vector<MemoryState> memories;  // own ones, in order; likewise:
    std::vector<TableState> tables;
    std::vector<code::Value16> globals;  // references to functions as PortableFunc
    std::vector<uint64_t> dropped;
    std::vector<std::vector<uint32_t>> element_objects;
  };

  // What ran in a store: guests, or nothing but start functions.
  enum class History : uint8_t { guests_ran, instantiated };
  // Of a store in which no guest runs; collects its heap. Fails with unsupported where something cannot be pooled: a shared memory, a reference to
  // what the host made in this store.
  [[nodiscard]] static Result<std::shared_ptr<const StoreTemplate>> capture(runtime::Store& store,
                                                                            History history = History::guests_ran);
  // To a store whose instances were just made blank (runtime::instantiate_blank), of the same modules in the same order.
  [[nodiscard]] Result<void> apply(runtime::Store& store) const;

  [[nodiscard]] const std::vector<InstanceState>& instances() const { return instances_; }
  [[nodiscard]] const HeapState& heap() const { return heap_; }
  [[nodiscard]] uint64_t size_bytes() const;  // of memories, tables and objects, as kept here

  // Where this many bytes of a memory's contents are not zeros, they are a MemoryFile, and slots have copies
  // only of the pages that guests write to.
  static constexpr uint64_t most_copied_bytes = 256 << 10;

 private:
  std::vector<InstanceState> instances_;
  std::vector<uint64_t> externrefs_;
  HeapState heap_;
};

// Whether an own global holds a reference to a function.
[[nodiscard]] bool is_func_global(const runtime::Module& module, uint32_t index);

}  // namespace mote::pool
