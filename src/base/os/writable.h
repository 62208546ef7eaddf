// Guest memory that the kernel is about to write.
//
// A pooled memory is write-protected page by page, so that every page that an event changes is known. A store by code of ours to
// such a page is a fault that notes the page, opens it and goes on; a write by the kernel is none: read(2) and its like fail with
// EFAULT. So whatever hands guest memory to the kernel stores to each of its pages before. Every function of this room that fills a
// caller's memory with data of files, streams, sockets or random numbers does. Tested by writable_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_map.h"

#include <cstdint>
#include <span>

namespace mote::os {

// Stores to each page of `bytes` without changing it, also under the eyes of threads that write there (shared memories): on x86
// the exchange writes whether or not it compared equal. Some 5 ns for a page that is open.
inline void make_writable(MutableBytes bytes) {
  if (bytes.empty()) return;
  const uint64_t begin = reinterpret_cast<uint64_t>(bytes.data()), end = begin + bytes.size();
  for (uint64_t at = begin; at < end; at = (at / page_size + 1) * page_size) {
    auto* const place = reinterpret_cast<volatile uint8_t*>(at);
    uint8_t value = *place;
    __atomic_compare_exchange_n(place, &value, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  }
}

// How much of a long span is made writable at once. A guest may ask for a gigabyte where ten bytes are to be had: memory that
// nothing will be read into is not worth touching. A read that fills what it was given goes on with twice as much.
inline constexpr uint64_t first_written = 64 << 10, most_written = 1 << 20;

}  // namespace mote::os
