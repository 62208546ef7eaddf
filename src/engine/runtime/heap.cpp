// Allocation and collection (heap.h).
#include "engine/runtime/heap.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstring>

namespace mote::runtime {

using code::ObjectHeader;
using code::ObjectKind;
using code::TypeRecord;

namespace {

constexpr auto forwarded = static_cast<ObjectKind>(0xff);  // ObjectHeader::type is where the object went
constexpr uint64_t commit_step = 64 << 10;
constexpr uint32_t objects_between_checks = 4096;
constexpr uint64_t cleared_at_once = 1 << 20;  // of a large object, before somebody who wants to stop the guest is heard

bool is_object(uint32_t reference) {
  return reference != 0 && (reference & code::reference_tag_mask) == 0;
}

uint64_t object_size(uint64_t bytes) {
  return align_up(bytes, code::object_alignment);
}

}  // namespace

// Copies each object that it meets, once, behind the ones before, and leaves word of it in the old one.
class Heap::Copier final : public code::RootVisitor {
 public:
  Copier(Heap& heap, uint32_t to) : base_(heap.base()), records_(heap.types_.records()), scanned_(to), free_(to) {}

  void visit(uint32_t* first, size_t count) override {
    for (uint32_t* slot = first; slot != first + count; ++slot) move(*slot);
  }
  // Follows what the copied objects refer to, until nothing new turns up; false when the store is to be stopped.
  bool scan(const std::atomic<uint32_t>& interrupt) {
    while (scanned_ != free_) {
      if ((interrupt.load(std::memory_order_relaxed) & code::interrupt_kill) != 0) return false;
      for (uint32_t i = 0; i < objects_between_checks && scanned_ != free_; ++i) scan_one();
    }
    return true;
  }
  [[nodiscard]] uint32_t free() const { return free_; }

 private:
  void move(uint32_t& slot) {
    if (!is_object(slot)) return;
    auto& header = *reinterpret_cast<ObjectHeader*>(base_ + slot);
    if (header.kind != forwarded) {
      const auto bytes = static_cast<uint32_t>(size_of(header));
      copy(base_ + free_, base_ + slot, bytes);
      header = {free_, forwarded};
      free_ += bytes;
    }
    slot = header.type;
  }
  static void copy(uint8_t* to, const uint8_t* from, uint32_t bytes) {
    constexpr uint32_t few = 64;
    if (bytes > few) {
      std::memcpy(to, from, bytes);
      return;
    }
    for (uint32_t i = 0; i < bytes; i += sizeof(uint64_t)) store_le(to + i, load_le<uint64_t>(from + i));
  }
  [[nodiscard]] uint64_t size_of(const ObjectHeader& header) const {
    const TypeRecord& record = records_[header.type];
    if (header.kind != ObjectKind::array) return record.size;
    const auto length = load_le<uint32_t>(reinterpret_cast<const uint8_t*>(&header) + code::array_length_offset);
    return object_size(record.size + uint64_t{length} * record.element_bytes);
  }
  void scan_one() {
    uint8_t* const object = base_ + scanned_;
    const auto& header = *reinterpret_cast<const ObjectHeader*>(object);
    const TypeRecord& record = records_[header.type];
    if (header.kind == ObjectKind::array) {
      const auto length = load_le<uint32_t>(object + code::array_length_offset);
      scanned_ += static_cast<uint32_t>(object_size(record.size + uint64_t{length} * record.element_bytes));
      if (record.has_collected) visit(reinterpret_cast<uint32_t*>(object + record.size), length);
      return;
    }
    scanned_ += record.size;
    for (uint32_t i = 1; i <= record.collected[0]; ++i) move(*reinterpret_cast<uint32_t*>(object + record.collected[i]));
  }

  uint8_t* base_;
  const TypeRecord* records_;
  uint32_t scanned_, free_;
};

Result<std::unique_ptr<Heap>> Heap::create(const Config& config, code::StoreContext& context, const TypeRegistry& types) {
  Config rounded = config;
  rounded.most_bytes = std::max(commit_step, config.most_bytes / commit_step * commit_step);
  auto heap = std::make_unique<Heap>(Key(), rounded, context, types);
  auto reserved = os::Mapping::reserve(2 * rounded.most_bytes);
  if (!reserved) {
    return fail(ErrorKind::unavailable, format("no address space for a heap of {} bytes; lower {} ({})", rounded.most_bytes,
                                               limits::gc_heap_size.name, reserved.error().message));
  }
  heap->reservation_ = std::move(*reserved);
  heap->publish(heap->start(0));
  return heap;
}

Heap::Heap(Key, const Config& config, code::StoreContext& context, const TypeRegistry& types)
    : config_(config), context_(context), types_(types) {}

uint64_t Heap::bytes_of(const ObjectHeader& header) const {
  const TypeRecord& record = types_.records()[header.type];
  if (header.kind != ObjectKind::array) return record.size;
  const auto length = load_le<uint32_t>(reinterpret_cast<const uint8_t*>(&header) + code::array_length_offset);
  return object_size(record.size + uint64_t{length} * record.element_bytes);
}

std::expected<uint32_t, Heap::Failure> Heap::new_object(TypeId type, Roots& roots) {
  const TypeRecord& record = types_.records()[type];
  const auto made = allocate(record.size, roots);
  if (made) *at<ObjectHeader>(*made) = {type, static_cast<ObjectKind>(record.kind)};
  return made;
}

std::expected<uint32_t, Heap::Failure> Heap::new_array(TypeId type, uint32_t length, Roots& roots) {
  const TypeRecord& record = types_.records()[type];
  const auto made = allocate(object_size(record.size + uint64_t{length} * record.element_bytes), roots);
  if (!made) return made;
  *at<ObjectHeader>(*made) = {type, ObjectKind::array};
  *at<uint32_t>(*made, code::array_length_offset) = length;
  return made;
}

std::expected<uint32_t, Heap::Failure> Heap::allocate(uint64_t bytes, Roots& roots) {
  if (is_broken_) return std::unexpected(Failure::stopped);
  const uint64_t end = start(space_) + capacity_;
  if (config_.is_zealous || bytes > end - context_.gc_bump) {
    if (bytes > config_.most_bytes - code::object_alignment) return std::unexpected(Failure::limit);
    if (auto collected = collect(roots, bytes); !collected) return std::unexpected(collected.error());
  }
  const uint32_t made = context_.gc_bump;
  for (uint64_t done = 0; done < bytes; done += cleared_at_once) {
    if ((context_.interrupt.load(std::memory_order_relaxed) & code::interrupt_kill) != 0) return std::unexpected(Failure::stopped);
    std::memset(base() + made + done, 0, std::min(bytes - done, cleared_at_once));
  }
  context_.gc_bump += static_cast<uint32_t>(bytes);
  return made;
}

// Room for `more` bytes behind `live` ones that a collection left, and for not having to collect again soon.
bool Heap::set_capacity(uint64_t live, uint64_t more) {
  const uint64_t most = config_.most_bytes - code::object_alignment, needed = live + more;
  if (needed > most) {
    capacity_ = std::min(capacity_, live);  // what is not committed must not be allocated from
    publish(context_.gc_bump);
    return false;
  }
  uint64_t wanted = std::max(capacity_, first_capacity);
  if (needed <= generous_up_to ? needed > wanted / 3 : needed > wanted / 2) {
    wanted = needed <= generous_up_to ? std::max<uint64_t>(needed * 4, needed + first_capacity) : needed * 2;
  }
  wanted = std::min(wanted, most);
  if (!commit(space_, wanted)) {
    wanted = needed;  // the kernel gives no more than this, if that
    if (!commit(space_, wanted)) {
      capacity_ = live;
      publish(context_.gc_bump);
      return false;
    }
  }
  capacity_ = wanted;
  publish(context_.gc_bump);
  return true;
}

bool Heap::commit(uint32_t space, uint64_t bytes) {
  const uint64_t wanted = std::min(align_up(bytes + code::object_alignment, commit_step), config_.most_bytes);
  uint64_t& committed = committed_[space];
  if (wanted <= committed) return true;
  if (!reservation_.protect(space * config_.most_bytes + committed, wanted - committed, os::Access::read_write)) return false;
  committed = wanted;
  return true;
}

void Heap::publish(uint32_t bump) {
  context_.gc_bump = bump;
  context_.gc_limit = config_.is_zealous ? 0 : start(space_) + static_cast<uint32_t>(capacity_);
}

// The other space is as large as this one is full.
std::expected<void, Heap::Failure> Heap::collect(Roots& roots, uint64_t more) {
  if (is_broken_) return std::unexpected(Failure::stopped);
  const uint32_t from = space_, to = 1 - space_;
  if (used_bytes() != 0 && !commit(to, used_bytes())) return std::unexpected(Failure::limit);
  Copier copier(*this, start(to));
  if (used_bytes() != 0) {
    roots.visit_roots(copier);
    if (!copier.scan(context_.interrupt)) {
      is_broken_ = true;
      publish(context_.gc_bump);
      return std::unexpected(Failure::stopped);
    }
  }
  space_ = to;
  ++collections_;
  if (config_.is_zealous && committed_[from] != 0) {
    reservation_.discard(from * config_.most_bytes, committed_[from]);
    (void)reservation_.protect(from * config_.most_bytes, committed_[from], os::Access::none);
    committed_[from] = 0;
  }
  publish(copier.free());
  if (!set_capacity(used_bytes(), more)) return std::unexpected(Failure::limit);
  return {};
}

std::expected<void, Heap::Failure> Heap::collect_into_first_space(Roots& roots) {
  if (auto done = collect(roots); !done) return done;
  return is_in_first_space() ? std::expected<void, Failure>() : collect(roots);
}

void Heap::give_back() {
  for (const uint32_t space : {0u, 1u}) {
    const bool holds_objects = space == space_ && used_bytes() != 0;
    const uint64_t kept = holds_objects ? align_up(used_bytes() + code::object_alignment, commit_step) : 0;
    if (kept >= committed_[space]) continue;
    const uint64_t from = space * config_.most_bytes + kept, size = committed_[space] - kept;
    reservation_.discard(from, size);
    if (reservation_.protect(from, size, os::Access::none)) committed_[space] = kept;
  }
  capacity_ = used_bytes();
  publish(context_.gc_bump);
}

Result<MutableBytes> Heap::reset(uint64_t bytes) {
  space_ = 0;
  is_broken_ = false;
  context_.gc_bump = start(0);
  const uint64_t most = config_.most_bytes - code::object_alignment;
  if (bytes > most) return fail(ErrorKind::limit, format("{}: {} bytes", limits::gc_heap_size.name, config_.most_bytes));
  capacity_ = std::min(std::max(capacity_, bytes), most);
  if (capacity_ != 0 && !commit(0, capacity_)) return fail(ErrorKind::unavailable, format("no memory for a heap of {} bytes", capacity_));
  publish(start(0) + static_cast<uint32_t>(bytes));
  return objects();
}

}  // namespace mote::runtime
