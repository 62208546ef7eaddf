// Making and carrying out a plan (reset_plan.h).
#include "engine/pool/reset_plan.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <algorithm>

namespace mote::pool {

namespace {

// Up to here copying all of a region that nobody watches is cheaper than having the kernel take it away.
constexpr uint64_t most_copied_blindly = 256 << 10;

}  // namespace

Region::Run Region::run_of(uint64_t offset, uint64_t size) const {
  const uint64_t copied = offset >= image_.size() ? 0 : std::min(size, image_.size() - offset);
  return {offset, copied, size - copied};
}

void Region::plan(uint64_t size) {
  if (watch_ == nullptr) return;
  planned_ = watch_->noted();
  (void)image();  // what is planned is going to be read
  runs_.clear();
  kept_ = 0;
  watch_->for_each_written(0, size, [&](uint64_t offset, uint64_t length) {
    runs_.push_back(run_of(offset, length));
    kept_ += length;
  });
}

void Region::restore_whole(uint64_t size) {
  if ((is_file_ || size > most_copied_blindly) && os::discard(base_, size)) {
    refill(0, size);
  } else {
    (void)image();
    restore(run_of(0, size));
  }
}

// What was given back is zeros, or the file that it shows.
void Region::refill(uint64_t offset, uint64_t size) {
  if (is_file_) return;
  const Bytes from = image();
  for (const os::PageRun& run : nonzero_) {
    const uint64_t begin = std::max(run.offset, offset), end = std::min(run.offset + run.size, offset + size);
    if (begin < end) std::memcpy(base_ + begin, from.data() + begin, end - begin);
  }
}

Result<void> Region::trim(uint64_t size) {
  if (watch_ == nullptr) return {};
  for (const Run& run : runs_) {
    if (!os::discard(base_ + run.offset, run.copied + run.cleared)) {
      return fail(ErrorKind::unavailable, "the kernel does not take pages back (locked memory?)");
    }
    refill(run.offset, run.copied + run.cleared);
    TRY(watch_->protect(run.offset, run.copied + run.cleared));
  }
  plan(size);
  return {};
}

std::optional<uint64_t> Region::first_difference(uint64_t size) const {
  const Bytes expected = image();
  for (uint64_t i = 0; i < size; ++i) {
    if (base_[i] != (i < expected.size() ? expected[i] : 0)) return i;
  }
  return std::nullopt;
}

Result<std::unique_ptr<ResetPlan>> ResetPlan::create(runtime::Store& store, std::shared_ptr<const StoreTemplate> from,
                                                     Tracking tracking) {
  std::unique_ptr<ResetPlan> plan(new ResetPlan(store, std::move(from)));
  if (tracking == Tracking::automatic) tracking = os::WriteWatch::missing().empty() ? Tracking::watch : Tracking::copy;
  for (size_t n = 0; n < store.instances().size(); ++n) {
    const runtime::Instance& instance = *store.instances()[n];
    const wasm::Module& info = instance.module().info();
    const StoreTemplate::InstanceState& state = plan->template_->instances()[n];
    for (uint32_t i = 0; i < state.memories.size(); ++i) {
      TRY(plan->add_memory(*instance.memory(info.imported_memories + i), state.memories[i], tracking));
    }
    for (uint32_t i = info.imported_tables; i < info.tables.size(); ++i) TRY(plan->add_table(*instance.table(i), tracking));
    for (const MutableBytes part : instance.changing_parts()) plan->add_part(part);
    if (!instance.element_objects().empty()) {
      plan->element_objects_.push_back({store.instances()[n].get(), instance.element_objects()});
    }
  }
  if (const runtime::Heap* heap = store.heap()) plan->heap_image_.assign(heap->objects().begin(), heap->objects().end());
  plan->extent_ = store.extent();
  return plan;
}

Result<void> ResetPlan::add_memory(runtime::Memory& memory, const StoreTemplate::MemoryState& state, Tracking tracking) {
  if (tracking == Tracking::watch) TRY(memory.watch());
  memories_.push_back({&memory, state.length, Region(memory.def()->base, state, memory.write_watch())});
  return {};
}

// The entries of a small table are resolved now: a lazy one would have to be resolved again in each event.
Result<void> ResetPlan::add_table(runtime::Table& table, Tracking tracking) {
  if (table.is_small()) {
    for (uint64_t i = 0; i < table.size(); ++i) (void)table.get(i);
    small_tables_.push_back({&table, table.size(), parts_.size()});
    add_part(table.array());
    return {};
  }
  if (tracking == Tracking::watch) TRY(table.watch());
  const MutableBytes array = table.array();
  uint64_t used = array.size();
  while (used > 0 && array[used - 1] == 0) --used;
  used = align_up(used, os::page_size);
  PooledTable& pooled = tables_.emplace_back(PooledTable{.table = &table,
                                                         .length = table.size(),
                                                         .image = {array.begin(), array.begin() + static_cast<ptrdiff_t>(used)},
                                                         .nonzero = {},
                                                         .region = Region(array.data(), {}, {}, nullptr)});
  if (used != 0) pooled.nonzero.push_back({0, used});
  pooled.region = Region(array.data(), pooled.image, pooled.nonzero, table.write_watch());
  return {};
}

std::vector<ResetPlan::TableView> ResetPlan::table_views() const {
  std::vector<TableView> views;
  for (const SmallTable& small : small_tables_) {
    const Part& part = parts_[small.part];
    views.push_back({small.table, small.length, Bytes(parts_image_).subspan(part.offset, part.size)});
  }
  for (const PooledTable& pooled : tables_)
    views.push_back({pooled.table, pooled.length, pooled.image, pooled.table->write_watch()});
  return views;
}

bool ResetPlan::TableView::is_changed(uint64_t index) const {
  const uint64_t size = table->is_func() ? sizeof(uint64_t) : sizeof(uint32_t), at = index * size;
  uint64_t before = 0, now = 0;
  if (at < image.size()) std::memcpy(&before, image.data() + at, std::min(size, image.size() - at));
  std::memcpy(&now, table->array().data() + at, size);
  return before != now;
}

void ResetPlan::add_part(MutableBytes part) {
  if (part.empty()) return;
  parts_.push_back({part.data(), parts_image_.size(), part.size()});
  parts_image_.insert(parts_image_.end(), part.begin(), part.end());
}

// A memory that grew: in guard mode what is behind its old end goes away, in dense mode it is cleared like all else.
bool ResetPlan::restore(PooledMemory& pooled) {
  uint64_t written = std::max(pooled.memory->bytes().size(), pooled.memory->watched_bytes());
  if (pooled.memory->bytes().size() != pooled.length) [[unlikely]] {
    if (!pooled.memory->shrink_to(pooled.length)) return false;
    if (pooled.memory->mode() == code::MemoryMode::guard) {
      written = pooled.length;
      pooled.region.plan(written);
    }
  }
  pooled.region.restore(written);
  return true;
}

bool ResetPlan::restore() {
  for (PooledMemory& pooled : memories_) {
    if (!restore(pooled)) return false;
  }
  for (PooledTable& pooled : tables_) pooled.region.restore(pooled.table->array().size());
  for (const Part& part : parts_) std::memcpy(part.at, parts_image_.data() + part.offset, part.size);
  if (store_.heap() != nullptr && !restore_heap()) return false;
  if (store_.extent() != extent_) [[unlikely]]
    store_.shrink_to(extent_);
  return true;
}

// Objects that the event made need no clearing: whoever allocates writes all of an object.
bool ResetPlan::restore_heap() {
  const auto content = store_.heap()->reset(heap_image_.size());
  if (!content) return false;
  if (!heap_image_.empty()) std::memcpy(content->data(), heap_image_.data(), heap_image_.size());
  for (const ElementObjects& one : element_objects_) one.instance->element_objects() = one.objects;
  return true;
}

// Pages, and for what a memory once grew to the page tables' entries.
uint64_t ResetPlan::kept_bytes() const {
  constexpr uint64_t bytes_per_entry = os::page_size / sizeof(uint64_t);
  uint64_t kept = 0;
  for (const PooledMemory& pooled : memories_) {
    kept += pooled.region.kept_bytes();
    const uint64_t watched = pooled.memory->watched_bytes();
    if (watched > pooled.length) kept += (watched - pooled.length) / bytes_per_entry;
  }
  for (const PooledTable& pooled : tables_) kept += pooled.region.kept_bytes();
  if (store_.heap() != nullptr) kept += store_.heap()->committed_bytes();
  return kept;
}

Result<void> ResetPlan::trim() {
  for (PooledMemory& pooled : memories_) {
    TRY(pooled.region.trim(pooled.memory->watched_bytes()));
    TRY(pooled.memory->forget_behind(pooled.length));
  }
  for (PooledTable& pooled : tables_) TRY(pooled.region.trim(pooled.table->array().size()));
  if (store_.heap() != nullptr) store_.heap()->give_back();
  return {};
}

std::optional<std::string> ResetPlan::difference() const {
  for (size_t i = 0; i < memories_.size(); ++i) {
    const PooledMemory& pooled = memories_[i];
    const uint64_t length = pooled.memory->bytes().size();
    if (length != pooled.length) return format("memory {} has {} bytes instead of {}", i, length, pooled.length);
    if (const auto at = pooled.region.first_difference(length)) return format("memory {} differs at {}", i, *at);
  }
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (const auto at = tables_[i].region.first_difference(tables_[i].table->array().size())) {
      return format("large table {} differs at byte {} of its array", i, *at);
    }
  }
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (std::memcmp(parts_[i].at, parts_image_.data() + parts_[i].offset, parts_[i].size) != 0) return format("part {} differs", i);
  }
  if (store_.heap() != nullptr && !std::ranges::equal(store_.heap()->objects(), heap_image_)) return "the heap differs";
  if (store_.extent() != extent_) return "the store owns other things than it did";
  return std::nullopt;
}

}  // namespace mote::pool
