// The calling guest as a WASI function sees it: its memory, with every access checked, and its Process.
//
// Guest pointers are 32-bit and may be misaligned or point anywhere; sums are formed in 64 bits. Values are copied in and out,
// never referred to. A function checks everything it was passed before it writes the first byte, so an early failure leaves no
// trace.
#pragma once

#include "base/core/bytes.h"
#include "host/sandbox/process.h"
#include "host/wasi_p1/abi.h"

#include <mote/store.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace mote::wasi_p1 {

template <class T>
using Answer = std::expected<T, Errno>;

struct Guest {
  sandbox::Process& process;
  std::span<uint8_t> memory;
  const Layout& layout = preview1_layout;
  Caller* caller = nullptr;  // whose memory that is; null in tests

  // After a wait: what was found in memory before may lie elsewhere.
  void find_memory_again() {
    if (caller != nullptr) memory = caller->memory();
  }

  // Pieces found anew after a wait; none when the array has become one that cannot be followed.
  [[nodiscard]] std::vector<MutableBytes> pieces_again(uint32_t iovecs, uint32_t count) {
    find_memory_again();
    const auto found = pieces_in(iovecs, count);  // to be written as well: what is written was noted before the wait
    return found ? std::vector<MutableBytes>(found->begin(), found->end()) : std::vector<MutableBytes>();
  }

  // Whether a place is in the guest's memory: before anything is done, of a place that is written at the end.
  [[nodiscard]] Answer<void> check(uint32_t pointer, uint64_t length) const {
    if (uint64_t{pointer} + length > memory.size()) return std::unexpected(Errno::fault);
    return {};
  }
  // Counts bytes that are moved in or out of the guest's memory. A failure is not seen by the guest, which has moved too many and
  // ends (Process::count_moved).
  [[nodiscard]] Answer<void> count(uint64_t moved) const {
    if (!process.count_moved(moved)) return std::unexpected(Errno::dquot);
    return {};
  }
  // Bytes that the function reads, counted.
  [[nodiscard]] Answer<Bytes> bytes(uint32_t pointer, uint64_t length) const {
    if (uint64_t{pointer} + length > memory.size()) return std::unexpected(Errno::fault);
    if (!process.count_moved(length)) return std::unexpected(Errno::dquot);
    return memory.subspan(pointer, length);
  }
  // Bytes that the function is about to write: the only way to any, so that whoever watches knows them. Counted; those of
  // out_uncounted() are counted by the function, when it knows how many it wrote.
  [[nodiscard]] Answer<MutableBytes> out(uint32_t pointer, uint64_t length) const {
    const auto place = out_uncounted(pointer, length);
    if (place && !process.count_moved(length)) return std::unexpected(Errno::dquot);
    return place;
  }
  [[nodiscard]] Answer<MutableBytes> out_uncounted(uint32_t pointer, uint64_t length) const {
    if (uint64_t{pointer} + length > memory.size()) return std::unexpected(Errno::fault);
    if (process.watch != nullptr) process.watch->note_written(pointer, length);
    return memory.subspan(pointer, length);
  }
  template <class T>
  [[nodiscard]] Answer<T> load(uint32_t pointer) const {
    const auto place = bytes(pointer, sizeof(T));
    if (!place) return std::unexpected(place.error());
    return load_le<T>(place->data());
  }
  // The buffers that an array of iovecs names, empty ones left out; at most iovecs_limit entries are looked at, and what exceeds
  // transfer_limit bytes in all, or what the guest may still move, is cut off. What is transferred is to be counted. They lie in
  // Process::pieces: the next call of either takes their place.
  using Pieces = std::span<MutableBytes>;
  [[nodiscard]] Answer<Pieces> pieces_in(uint32_t iovecs, uint32_t count) const;   // to be read
  [[nodiscard]] Answer<Pieces> pieces_out(uint32_t iovecs, uint32_t count) const;  // to be written
  // An open descriptor. badf: not open.
  [[nodiscard]] Answer<const sandbox::Descriptor*> descriptor(uint32_t fd) const {
    const sandbox::Descriptor* found = process.find(fd);
    if (found == nullptr) return std::unexpected(no_descriptor(fd));
    return found;
  }
  // Notes that a guest uses a descriptor that is not open: badf.
  [[nodiscard]] Errno no_descriptor(uint32_t fd) const;
  // A path: UTF-8 without NUL (else ilseq, inval), not empty (noent), shorter than path_limit (nametoolong).
  [[nodiscard]] Answer<std::string> path(uint32_t pointer, uint32_t length) const;
};

// What preview 1 lets be done with a descriptor, and with what is opened below it, less what the guest gave up. Read-only grants
// are not seen here: like a read-only disk, they answer rofs.
[[nodiscard]] uint64_t rights_of(const sandbox::Descriptor& descriptor);
[[nodiscard]] uint64_t inheriting_of(const sandbox::Descriptor& descriptor);
[[nodiscard]] inline bool has_rights(const sandbox::Descriptor& descriptor, uint64_t needed) {
  return (rights_of(descriptor) & needed) == needed;
}

[[nodiscard]] bool is_socket(const sandbox::Descriptor& descriptor);
[[nodiscard]] bool is_listener(const sandbox::Descriptor& descriptor);

// The bytes of a filestat.
void store_filestat(uint8_t* to, const sandbox::NodeStatus& status, const Layout& layout);

struct NewTimes {
  sandbox::NewTime accessed, modified;
};
[[nodiscard]] Answer<NewTimes> new_times(uint64_t atim, uint64_t mtim, uint32_t flags);

// `auto x = NEED(…)` in a function that returns Errno: hands on the failure of an Answer or a sandbox::Outcome.
[[nodiscard]] inline Errno as_errno(Errno error) {
  return error;
}
[[nodiscard]] inline Errno as_errno(sandbox::Refusal refusal) {
  return to_errno(refusal);
}

}  // namespace mote::wasi_p1

#define NEED(expression)                                         \
  ({                                                             \
    auto need_ = (expression);                                   \
    if (!need_) return ::mote::wasi_p1::as_errno(need_.error()); \
    *std::move(need_);                                           \
  })
