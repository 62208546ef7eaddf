// Packing and unpacking (packed.h).
#include "engine/pool/packed.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/runtime/values.h"

#include <algorithm>

namespace mote::pool {

using runtime::Instance;

namespace {

constexpr uint64_t page_size = os::page_size;
constexpr uint64_t words_each = 3;

bool is_as_before(const uint8_t* now, Bytes image, uint64_t offset) {
  static constexpr uint8_t zeros[page_size] = {};
  const uint8_t* const before = offset < image.size() ? image.data() + offset : zeros;  // an image is whole pages
  return std::memcmp(now, before, page_size) == 0;
}

}  // namespace

void PackedStore::note(Change::Kind kind, uint32_t owner, uint32_t index, uint64_t low, uint64_t high) {
  changes_.insert(changes_.end(), {uint64_t{kind} << 56 | uint64_t{owner} << 32 | index, low, high});
}

Result<void> PackedStore::pack_page(uint32_t index, const ResetPlan::PooledMemory& memory, uint64_t offset) {
  const uint8_t* const now = memory.region.base() + offset;
  if (is_as_before(now, memory.region.image(), offset)) return {};
  uint8_t* const block = TRY(blocks_->take());
  std::memcpy(block, now, page_size);
  pages_.push_back({index, static_cast<uint32_t>(offset / page_size), block});
  return {};
}

Result<void> PackedStore::pack_memory(uint32_t index, const ResetPlan::PooledMemory& memory) {
  const uint64_t length = memory.memory->bytes().size();
  if (length != memory.length) note(Change::memory_length, 0, index, length);
  Result<void> done;
  const auto pack_run = [&](uint64_t offset, uint64_t size) {
    for (uint64_t at = offset; at < offset + size && at < length && done; at += page_size) done = pack_page(index, memory, at);
  };
  if (memory.region.watch() == nullptr) {
    pack_run(0, length);
  } else {
    const uint64_t watched = std::min(length, memory.memory->watched_bytes());
    memory.region.watch()->for_each_written(0, watched, pack_run);
    pack_run(watched, length - watched);
  }
  return done;
}

Result<void> PackedStore::pack_tables(const runtime::Store& store, const ResetPlan& plan) {
  uint32_t n = 0;
  for (const ResetPlan::TableView& view : plan.table_views()) {
    const uint32_t index = n++;
    runtime::Table& table = *view.table;
    if (table.size() != view.length) note(Change::table_length, 0, index, table.size());
    if (view.watch == nullptr) {
      TRY(pack_entries(store, view, index, 0, table.size()));
      continue;
    }
    Result<void> done;
    const uint64_t entry_size = table.is_func() ? sizeof(uint64_t) : sizeof(uint32_t);
    view.watch->for_each_written(0, table.array().size(), [&](uint64_t offset, uint64_t size) {
      if (done) done = pack_entries(store, view, index, offset / entry_size, (offset + size) / entry_size);
    });
    TRY(std::move(done));
  }
  return {};
}

Result<void> PackedStore::pack_entries(const runtime::Store& store, const ResetPlan::TableView& view, uint32_t number,
                                       uint64_t from, uint64_t to) {
  runtime::Table& table = *view.table;
  for (uint64_t i = from; i < std::min(to, table.size()); ++i) {
    if (!view.is_changed(i)) continue;
    const std::optional<uint64_t> entry = table.is_func() ? portable(store, table.get(i)) : table.get(i);
    if (!entry) return fail(ErrorKind::unsupported, "a table holds a function that the host made for this event");
    note(Change::table_entry, number, static_cast<uint32_t>(i), *entry);
  }
  return {};
}

Result<void> PackedStore::pack_instance(const runtime::Store& store, uint32_t index, const ResetPlan& plan) {
  const Instance& instance = *store.instances()[index];
  const StoreTemplate::InstanceState& state = plan.store_template().instances()[index];
  for (uint32_t i = 0; i < state.globals.size(); ++i) {
    const uint32_t global = instance.module().info().imported_globals + i;
    code::Value16 now = instance.own_global(global);
    if (is_func_global(instance.module(), global)) {
      const auto func = portable(store, runtime::low_of(now));
      if (!func) return fail(ErrorKind::unsupported, "a global holds a function that the host made for this event");
      now = runtime::value_of(*func);
    }
    if (std::memcmp(now.bytes, state.globals[i].bytes, sizeof now.bytes) == 0) continue;
    note(Change::global, index, global, runtime::low_of(now), runtime::high_of(now));
  }
  const auto& objects = instance.element_objects();
  for (uint32_t i = 0; i < objects.size(); ++i) {
    for (uint32_t j = 0; j < objects[i].size(); ++j) {
      if (objects[i][j] != state.element_objects[i][j]) note(Change::element_object, index, i, j, objects[i][j]);
    }
  }
  const std::span<const uint64_t> dropped = instance.dropped_bits();
  for (uint32_t i = 0; i < dropped.size(); ++i) {
    if (dropped[i] != state.dropped[i]) note(Change::dropped, index, i, dropped[i]);
  }
  return {};
}

Result<PackedStore> PackedStore::pack(ResetPlan& plan, std::shared_ptr<PageBlocks> blocks) {
  if (plan.store().extent() != plan.extent()) {
    return fail(ErrorKind::unsupported,
                "the host made memories, tables, globals, functions or references in this sandbox; they cannot be packed");
  }
  PackedStore packed(std::move(blocks));
  packed.heap_ = TRY(HeapState::capture(plan.store()));  // first: it moves objects
  for (uint32_t i = 0; i < plan.memories().size(); ++i) TRY(packed.pack_memory(i, plan.memories()[i]));
  TRY(packed.pack_tables(plan.store(), plan));
  for (uint32_t i = 0; i < plan.store().instances().size(); ++i) TRY(packed.pack_instance(plan.store(), i, plan));
  packed.pages_.shrink_to_fit();
  packed.changes_.shrink_to_fit();
  return packed;
}

Result<void> PackedStore::apply(ResetPlan& plan, std::span<const ResetPlan::TableView> tables, const uint64_t* change) {
  const auto kind = static_cast<Change::Kind>(change[0] >> 56);
  const auto owner = static_cast<uint32_t>(change[0] >> 32 & 0xff'ffff), index = static_cast<uint32_t>(change[0]);
  const runtime::Store& store = plan.store();
  switch (kind) {
    case Change::memory_length: {
      runtime::Memory& memory = *plan.memories()[index].memory;
      if (!memory.grow((change[1] - memory.bytes().size()) / limits::page_size_bytes)) {
        return fail(ErrorKind::unavailable, format("no room for a memory of {} bytes", change[1]));
      }
      break;
    }
    case Change::table_length: {
      runtime::Table& table = *tables[index].table;
      if (!table.grow(change[1] - table.size(), 0)) {
        return fail(ErrorKind::unavailable, format("no room for a table of {} elements", change[1]));
      }
      break;
    }
    case Change::table_entry: {
      runtime::Table& table = *tables[owner].table;
      table.set(index, table.is_func() ? func_in(store, change[1]) : change[1]);
      break;
    }
    case Change::global: {
      const Instance& instance = *store.instances()[owner];
      const bool is_func = is_func_global(instance.module(), index);
      instance.own_global(index) = runtime::value_of(is_func ? func_in(store, change[1]) : change[1], change[2]);
      break;
    }
    case Change::element_object:
      store.instances()[owner]->element_objects()[index][change[1]] = static_cast<uint32_t>(change[2]);
      break;
    case Change::dropped:
      store.instances()[owner]->dropped_bits()[index] = change[1];
      break;
  }
  return {};
}

Result<void> PackedStore::unpack(ResetPlan& plan) const {
  TRY(heap_.apply(plan.store()));
  if (!changes_.empty()) {
    const std::vector<ResetPlan::TableView> tables = plan.table_views();
    for (size_t i = 0; i < changes_.size(); i += words_each) TRY(apply(plan, tables, &changes_[i]));
  }
  for (const Page& page : pages_) {
    const ResetPlan::PooledMemory& memory = plan.memories()[page.memory];
    const uint64_t at = page.page * page_size;
    if (memory.region.watch() != nullptr && at < memory.memory->watched_bytes()) memory.region.watch()->open(at, page_size);
    std::memcpy(memory.region.base() + at, page.block, page_size);
  }
  return {};
}

PackedStore::~PackedStore() {
  for (const Page& page : pages_) blocks_->give(page.block);
}

uint64_t PackedStore::size_bytes() const {
  return sizeof *this + heap_.size_bytes() + pages_.size() * (sizeof(Page) + page_size) + changes_.size() * sizeof(uint64_t);
}

}  // namespace mote::pool
