// The calling guest as a WASI function sees it: its memory, with every access checked, and its Process.
//
// Guest pointers are 32-bit and may be misaligned or point anywhere; sums are formed in 64 bits. Values are copied in and out,
// never referred to. A function checks everything it was passed before it writes the first byte, so an early failure leaves no
// trace.
#pragma once

#include "base/core/bytes.h"
#include "host/sandbox/process.h"
#include "host/wasi_p1/abi.h"

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace mote::wasi_p1 {

template <class T>
using Answer = std::expected<T, Errno>;

struct Guest {
  sandbox::Process& process;
  std::span<uint8_t> memory;

  [[nodiscard]] Answer<MutableBytes> bytes(uint32_t pointer, uint64_t length) const {
    if (uint64_t{pointer} + length > memory.size()) return std::unexpected(Errno::fault);
    return memory.subspan(pointer, length);
  }
  template <class T>
  [[nodiscard]] Answer<T> load(uint32_t pointer) const {
    const auto place = bytes(pointer, sizeof(T));
    if (!place) return std::unexpected(place.error());
    return load_le<T>(place->data());
  }
  // The buffers that an array of iovecs names, empty ones left out; at most iovecs_limit entries are looked at.
  [[nodiscard]] Answer<std::vector<MutableBytes>> buffers(uint32_t iovecs, uint32_t count) const;
  // An open descriptor. badf: not open.
  [[nodiscard]] Answer<sandbox::Descriptor*> descriptor(uint32_t fd) const {
    sandbox::Descriptor* found = process.find(fd);
    if (found == nullptr) return std::unexpected(Errno::badf);
    return found;
  }
};

// What preview 1 lets be done with a stream, less what the guest gave up.
[[nodiscard]] uint64_t rights_of(const sandbox::Descriptor& descriptor);

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
