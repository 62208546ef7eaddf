// Linear memories (memory.h). What a reservation of its own holds, low to high: guard | the memory's largest size | guard.
#include "engine/runtime/memory.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::runtime {

namespace {

constexpr uint64_t bytes_of(uint64_t pages) {
  return pages > UINT64_MAX / limits::page_size_bytes ? UINT64_MAX : pages * limits::page_size_bytes;
}

bool is_guarded32(const wasm::MemoryType& type, code::MemoryMode mode) {
  return mode == code::MemoryMode::guard && type.limits.address == wasm::AddressType::i32;
}

// The largest size that this memory may reach. A shared one may reach all that it declared: see create().
uint64_t capacity(const wasm::MemoryType& type, code::MemoryMode mode, uint64_t most_bytes) {
  const uint64_t declared = bytes_of(
      type.limits.max.value_or(type.limits.address == wasm::AddressType::i32 ? limits::memory32_pages : limits::memory64_pages));
  const uint64_t most = std::min(declared, most_bytes);
  if (is_guarded32(type, mode) || type.limits.is_shared) return most;
  const uint64_t reservation = mode == code::MemoryMode::guard || type.limits.address == wasm::AddressType::i64
                                   ? limits::memory64_reservation.standard
                                   : limits::dense_memory_size.standard;
  return std::min(most, std::max(reservation, bytes_of(type.limits.min)));
}

}  // namespace

Result<std::unique_ptr<Memory>> Memory::create(const wasm::MemoryType& type, code::MemoryMode mode, const Bounds& bounds,
                                               code::MemoryDef* def, bool huge_pages, Slabs* slabs) {
  const uint64_t length = bytes_of(type.limits.min);
  auto memory = std::make_unique<Memory>(Key(), type, mode);
  memory->most_bytes_ = capacity(type, mode, bounds.size_bytes);
  memory->huge_pages_ = huge_pages;
  if (length > memory->most_bytes_) {
    return fail(ErrorKind::limit, format("a memory of {} pages ({} bytes) exceeds {} ({} bytes)", type.limits.min, length,
                                         limits::memory_size.name, bounds.size_bytes));
  }
  if (type.limits.is_shared) {
    ASSERT(type.limits.max && def == nullptr);  // the validator and the front door see to the maximum
    if (bytes_of(*type.limits.max) > bounds.shared_size_bytes) {
      return fail(ErrorKind::limit,
                  format("a shared memory of at most {} pages exceeds {} ({} bytes): its maximum is reserved from the start",
                         *type.limits.max, limits::shared_memory_size.name, bounds.shared_size_bytes));
    }
    memory->sharing_ = std::make_unique<Sharing>(bounds.waiters);
  }
  const uint64_t room = is_guarded32(type, mode) ? bytes_of(limits::memory32_pages) : memory->most_bytes_;
  memory->slabs_ = type.limits.is_shared ? nullptr : slabs;
  uint8_t* const base = TRY(memory->reserve(mode == code::MemoryMode::dense, room));
  memory->def_ = def != nullptr ? def : &memory->own_def_;
  *memory->def_ = {base, 0};
  TRY(memory->commit(length));
  return memory;
}

// Where it begins. A page at least, so that an empty memory has a base of its own; 2 MiB more, to put the base where huge pages
// begin.
Result<uint8_t*> Memory::reserve(bool is_dense, uint64_t room) {
  if (is_dense && slabs_ != nullptr) {
    place_ = TRY(slabs_->take(room));
    return place_.base;
  }
  const uint64_t guard = is_dense ? 0 : guard_size_bytes;
  const bool is_large = most_bytes_ >= os::huge_page_size;
  const uint64_t size = std::max(guard + room + guard, os::page_size) + (is_large ? os::huge_page_size : 0);
  auto mapped = is_dense ? os::Mapping::anonymous(size) : os::Mapping::reserve(size);
  if (!mapped) {
    return fail(ErrorKind::unavailable,
                format("no address space for a memory of {} bytes ({}); -C memory=dense needs less", room, mapped.error().message));
  }
  reservation_ = std::move(*mapped);
  if (slabs_ != nullptr) reservation_.refuse_huge_pages();
  uint8_t* const base = reservation_.data() + guard;
  return is_large ? reinterpret_cast<uint8_t*>(align_up(reinterpret_cast<uintptr_t>(base), os::huge_page_size)) : base;
}

Memory::~Memory() {
  watch_.reset();
  if (place_.base == nullptr) return;
  // What cannot be made zeros again is not given to the next.
  if (os::show_zeros(place_.base, shown_bytes_)) slabs_->give(place_);
}

uint64_t Memory::pages() const {
  return length() / limits::page_size_bytes;
}

Result<void> Memory::commit(uint64_t length) {
  const uint64_t old = this->length();
  const uint64_t at = static_cast<uint64_t>(def_->base - reservation_.data());
  if (mode_ == code::MemoryMode::guard && length > old) TRY(reservation_.protect(at + old, length - old, os::Access::read_write));
  if (watch_ && mode_ == code::MemoryMode::dense) TRY(watch_up_to(length));
  // Only whole huge pages: a small memory keeps small pages, since each one touched would cost 2 MiB. From the one that the memory
  // ended in: growth in small steps fills it.
  const uint64_t huge_from = old & ~(os::huge_page_size - 1), huge_to = length & ~(os::huge_page_size - 1);
  if (huge_pages_ && reservation_ && huge_to > huge_from) reservation_.ask_for_huge_pages(at + huge_from, huge_to - huge_from);
  std::atomic_ref(def_->length).store(length, std::memory_order_release);
  return {};
}

Result<void> Memory::show(const os::MemoryFile& file) {
  ASSERT(watch_ == nullptr && file.bytes().size() <= length());
  shown_bytes_ = file.bytes().size();  // also where it fails in the middle
  return file.show_at(def_->base);
}

Result<void> Memory::watch() {
  ASSERT(sharing_ == nullptr);
  if (most_bytes_ == 0) return {};  // nothing can be written
  watch_ = TRY(os::WriteWatch::create(def_->base, align_up(most_bytes_, os::page_size)));
  return watch_up_to(length());
}

Result<void> Memory::watch_up_to(uint64_t length) {
  if (length <= watched_bytes_) return {};
  TRY(watch_->protect(watched_bytes_, length - watched_bytes_));
  watched_bytes_ = length;
  return {};
}

Result<void> Memory::forget_behind(uint64_t length) {
  ASSERT(length == this->length());
  if (length >= watched_bytes_) return {};
  if (!os::discard(def_->base + length, watched_bytes_ - length)) {
    return fail(ErrorKind::unavailable, "the kernel keeps pages that a guest grew into (locked memory?)");
  }
  watched_bytes_ = length;
  return {};
}

// What faults must fault: in guard mode pages behind the end are taken away, and with them what the watch knew of them.
Result<void> Memory::shrink_to(uint64_t length) {
  ASSERT(sharing_ == nullptr && length <= this->length());
  if (mode_ == code::MemoryMode::guard) {
    const uint64_t old = this->length(), at = static_cast<uint64_t>(def_->base - reservation_.data());
    TRY(reservation_.protect(at + length, old - length, os::Access::none));
    if (!os::discard(def_->base + length, old - length)) {
      return fail(ErrorKind::unavailable, "the kernel keeps pages that a guest grew into (locked memory?)");
    }
  }
  def_->length = length;
  return {};
}

std::optional<uint64_t> Memory::grow(uint64_t delta_pages) {
  std::unique_lock<std::mutex> lock;
  if (sharing_) lock = std::unique_lock(sharing_->growing);
  const uint64_t old = pages();
  if (delta_pages == 0) return old;
  if (delta_pages > (most_bytes_ - length()) / limits::page_size_bytes) return std::nullopt;
  if (!commit(length() + bytes_of(delta_pages))) return std::nullopt;
  return old;
}

}  // namespace mote::runtime
