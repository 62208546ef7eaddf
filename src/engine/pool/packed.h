// PackedStore: how a store differs from its template, in as little memory as that takes: copies of changed pages, and a list of
// everything else that changed. Holds no address into the store, so any store of the same template can take it on.
//
// At any time a handful of sandboxes run; all others only exist. Packed, one of them is its changes and some hundred bytes, without
// address space, page tables or mappings of its own. Tested by tests/differential (pooled setups), engine/api/pool_test.cpp.
#pragma once

#include "engine/pool/page_blocks.h"
#include "engine/pool/reset_plan.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mote::pool {

class PackedStore {
 public:
  // Reads the store, which stays as it is but for its heap, which is collected. Fails with unsupported when the host made things in
  // it, unavailable without memory.
  [[nodiscard]] static Result<PackedStore> pack(ResetPlan& plan, std::shared_ptr<PageBlocks> blocks);
  // To a store that equals the template. When it fails, the store is to be restored.
  [[nodiscard]] Result<void> unpack(ResetPlan& plan) const;

  PackedStore(PackedStore&&) noexcept = default;
  PackedStore& operator=(PackedStore&& other) noexcept {
    std::swap(blocks_, other.blocks_), std::swap(pages_, other.pages_), std::swap(changes_, other.changes_);
    std::swap(heap_, other.heap_);
    return *this;
  }
  ~PackedStore();
  [[nodiscard]] uint64_t size_bytes() const;

 private:
  struct Page {
    uint32_t memory;
    uint32_t page;
    uint8_t* block;
  };
  // What else changed: a word that says what, how many follow, and those.
  struct Change {
    enum Kind : uint8_t { memory_length, table_length, table_entry, global, dropped, element_object };
  };
  explicit PackedStore(std::shared_ptr<PageBlocks> blocks) : blocks_(std::move(blocks)) {}
  [[nodiscard]] Result<void> pack_memory(uint32_t index, const ResetPlan::PooledMemory& memory);
  [[nodiscard]] Result<void> pack_page(uint32_t index, const ResetPlan::PooledMemory& memory, uint64_t offset);
  [[nodiscard]] Result<void> pack_instance(const runtime::Store& store, uint32_t index, const ResetPlan& plan);
  [[nodiscard]] Result<void> pack_tables(const runtime::Store& store, const ResetPlan& plan);
  [[nodiscard]] Result<void> pack_entries(const runtime::Store& store, const ResetPlan::TableView& view, uint32_t number,
                                          uint64_t from, uint64_t to);
  void note(Change::Kind kind, uint32_t owner, uint32_t index, uint64_t low, uint64_t high = 0);
  [[nodiscard]] static Result<void> apply(ResetPlan& plan, std::span<const ResetPlan::TableView> tables, const uint64_t* change);

  std::shared_ptr<PageBlocks> blocks_;
  std::vector<Page> pages_;
  std::vector<uint64_t> changes_;  // triples: kind, owner and index; low; high
  HeapState heap_;                 // whole: a collection moves everything
};

}  // namespace mote::pool
