// ResetPlan: brings one store back to its template after an event, by copying what events change: the pages of memories and large
// tables that were ever written to, small tables, globals, lengths, dropped segments. Nothing of it is decided while it runs: no
// system call, no fault, no allocation, unless an event wrote to a page that none before it did.
//
// Where the kernel cannot watch writes (os::WriteWatch), all of a memory is copied, or given back and made anew when it is large.
// Threads: the store's. Tested by tests/differential (pooled setups), engine/api/pool_test.cpp.
#pragma once

#include "engine/pool/store_template.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::pool {

// How writes are found.
enum class Tracking : uint8_t {
  automatic,  // by watching, where the kernel can
  watch,      // each page once, by its first write
  copy,       // not at all
};

// A memory or a table's array: its bytes as they were, zeros behind them.
class Region {
 public:
  // A table's array. `nonzero`: the pages of the image that are not zeros.
  Region(uint8_t* base, Bytes image, std::span<const os::PageRun> nonzero, os::WriteWatch* watch)
      : base_(base), image_(image), nonzero_(nonzero), watch_(watch) {}
  Region(uint8_t* base, const StoreTemplate::MemoryState& state, os::WriteWatch* watch)
      : Region(base, state.extent(), state.nonzero, watch) {
    memory_ = &state;
    is_file_ = state.shared.has_value();
  }

  // Puts back all that was written below `size`, of which nothing behind the image was ever anything but zeros to begin with.
  void restore(uint64_t size) {
    if (watch_ == nullptr) [[unlikely]]
      return restore_whole(size);
    if (watch_->noted() != planned_) [[unlikely]]
      plan(size);
    for (const Run& run : runs_) restore(run);
  }
  [[nodiscard]] uint64_t kept_bytes() const { return kept_; }  // that every restore() copies or clears
  // Gives back the pages that were written to, and learns anew which they are.
  [[nodiscard]] Result<void> trim(uint64_t size);
  void plan(uint64_t size);  // what restore() does, from what is written to by now
  [[nodiscard]] std::optional<uint64_t> first_difference(uint64_t size) const;  // an offset
  [[nodiscard]] uint8_t* base() const { return base_; }
  [[nodiscard]] Bytes image() const { return memory_ != nullptr ? memory_->bytes() : image_; }
  [[nodiscard]] os::WriteWatch* watch() const { return watch_; }

 private:
  struct Run {
    uint64_t offset, copied, cleared;
  };
  void restore(const Run& run) {
    if (run.copied != 0) std::memcpy(base_ + run.offset, image_.data() + run.offset, run.copied);
    if (run.cleared != 0) std::memset(base_ + run.offset + run.copied, 0, run.cleared);
  }
  [[nodiscard]] Run run_of(uint64_t offset, uint64_t size) const;
  void restore_whole(uint64_t size);
  void refill(uint64_t offset, uint64_t size);

  uint8_t* base_;
  Bytes image_;                                         // its place; whoever is about to read it asks image() once before
  const StoreTemplate::MemoryState* memory_ = nullptr;  // whose image it is; null: a table's
  std::span<const os::PageRun> nonzero_;
  os::WriteWatch* watch_;  // null: writes are not watched
  bool is_file_ = false;   // a memory whose first bytes are a file's (os::MemoryFile): what was given back is the file again
  uint64_t planned_ = 0;
  uint64_t kept_ = 0;
  std::vector<Run> runs_;
};

class ResetPlan {
 public:
  // The store holds what its template says. Its memories are watched from here on.
  [[nodiscard]] static Result<std::unique_ptr<ResetPlan>> create(runtime::Store& store, std::shared_ptr<const StoreTemplate> from,
                                                                 Tracking tracking);

  // After an event, when no guest of the store runs. False: a memory could not be made small again, and the store is not to be used
  // any more.
  [[nodiscard]] bool restore();
  [[nodiscard]] uint64_t kept_bytes() const;
  [[nodiscard]] Result<void> trim();  // after restore()
  // Where the store differs from its template; nothing: nowhere. Reads all of it: for tests.
  [[nodiscard]] std::optional<std::string> difference() const;

  // For packing (packed.h).
  struct PooledMemory {
    runtime::Memory* memory;
    uint64_t length;  // in the template
    Region region;
  };
  struct PooledTable {  // a large one
    runtime::Table* table;
    uint64_t length;
    std::vector<uint8_t> image;
    std::vector<os::PageRun> nonzero;
    Region region;
  };
  struct TableView {
    runtime::Table* table;
    uint64_t length;                        // in the template; likewise:
    Bytes image;                            // the array
    const os::WriteWatch* watch = nullptr;  // of a large one
    [[nodiscard]] bool is_changed(uint64_t index) const;
  };
  [[nodiscard]] std::vector<PooledMemory>& memories() { return memories_; }
  [[nodiscard]] std::vector<TableView> table_views() const;  // of all own tables
  [[nodiscard]] const runtime::Store::Extent& extent() const { return extent_; }
  [[nodiscard]] const StoreTemplate& store_template() const { return *template_; }
  [[nodiscard]] runtime::Store& store() const { return store_; }

 private:
  struct Part {  // copied always
    uint8_t* at;
    uint64_t offset, size;  // in parts_image_
  };
  ResetPlan(runtime::Store& store, std::shared_ptr<const StoreTemplate> from) : store_(store), template_(std::move(from)) {}
  [[nodiscard]] Result<void> add_memory(runtime::Memory& memory, const StoreTemplate::MemoryState& state, Tracking tracking);
  [[nodiscard]] Result<void> add_table(runtime::Table& table, Tracking tracking);
  void add_part(MutableBytes part);
  [[nodiscard]] static bool restore(PooledMemory& pooled);
  [[nodiscard]] bool restore_heap();

  runtime::Store& store_;
  std::shared_ptr<const StoreTemplate> template_;
  std::vector<PooledMemory> memories_;
  std::vector<PooledTable> tables_;
  struct SmallTable {
    runtime::Table* table;
    uint64_t length;
    size_t part;  // its array
  };
  std::vector<SmallTable> small_tables_;
  std::vector<Part> parts_;
  std::vector<uint8_t> parts_image_;
  std::vector<uint8_t> heap_image_;  // the objects, with this store's function references
  struct ElementObjects {            // of an instance that has some
    runtime::Instance* instance;
    std::vector<std::vector<uint32_t>> objects;
  };
  std::vector<ElementObjects> element_objects_;
  runtime::Store::Extent extent_ = {};
};

}  // namespace mote::pool
