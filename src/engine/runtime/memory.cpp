// Linear memories (memory.h). What a reservation holds, low to high: guard | the memory's largest size | guard.
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
                                               code::MemoryDef* def, bool huge_pages) {
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
  const bool is_dense = mode == code::MemoryMode::dense;
  const uint64_t before = is_dense ? 0 : guard_size_bytes;
  const uint64_t room = is_guarded32(type, mode) ? bytes_of(limits::memory32_pages) : memory->most_bytes_;
  const uint64_t after = is_dense ? 0 : guard_size_bytes;
  // A page at least, so that an empty memory has a base of its own; 2 MiB more, to put the base where huge pages begin.
  const bool is_large = memory->most_bytes_ >= os::huge_page_size;
  const uint64_t size = std::max(before + room + after, os::page_size) + (is_large ? os::huge_page_size : 0);
  auto mapped = is_dense ? os::Mapping::anonymous(size) : os::Mapping::reserve(size);
  if (!mapped) {
    return fail(ErrorKind::unavailable,
                format("no address space for a memory of {} bytes ({}); -C memory=dense needs less", room, mapped.error().message));
  }
  memory->reservation_ = std::move(*mapped);
  uint8_t* base = memory->reservation_.data() + before;
  if (is_large) base += align_up(reinterpret_cast<uintptr_t>(base), os::huge_page_size) - reinterpret_cast<uintptr_t>(base);
  memory->def_ = def != nullptr ? def : &memory->own_def_;
  *memory->def_ = {base, 0};
  TRY(memory->commit(length));
  return memory;
}

uint64_t Memory::pages() const {
  return length() / limits::page_size_bytes;
}

Result<void> Memory::commit(uint64_t length) {
  const uint64_t old = this->length();
  const uint64_t at = static_cast<uint64_t>(def_->base - reservation_.data());
  if (mode_ == code::MemoryMode::guard && length > old) TRY(reservation_.protect(at + old, length - old, os::Access::read_write));
  // Only whole huge pages: a small memory keeps small pages, since each one touched would cost 2 MiB. From the one that the memory
  // ended in: growth in small steps fills it.
  const uint64_t huge_from = old & ~(os::huge_page_size - 1), huge_to = length & ~(os::huge_page_size - 1);
  if (huge_pages_ && huge_to > huge_from) reservation_.ask_for_huge_pages(at + huge_from, huge_to - huge_from);
  std::atomic_ref(def_->length).store(length, std::memory_order_release);
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
