// For tests that something allocates nothing: counts the allocations of a test program. To be included by one file of the program.
// Sanitizers have allocators of their own in their place: there nothing is counted, and the count stays 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace mote {
inline std::atomic<uint64_t> allocations = 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOTE_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MOTE_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef MOTE_COUNTS_ALLOCATIONS
#define MOTE_COUNTS_ALLOCATIONS 1
#endif

#if MOTE_COUNTS_ALLOCATIONS
void* operator new(size_t size) {
  ++mote::allocations;
  if (void* made = std::malloc(size)) return made;
  std::abort();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++mote::allocations;
  return std::malloc(size);
}
void operator delete(void* gone) noexcept {
  std::free(gone);
}
void operator delete(void* gone, size_t) noexcept {
  std::free(gone);
}
#endif
