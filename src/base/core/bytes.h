// Borrowed bytes, and unaligned little-endian loads and stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace mote {

using Bytes = std::span<const uint8_t>;   // borrowed, read only
using MutableBytes = std::span<uint8_t>;  // borrowed

// WebAssembly and both target CPUs are little endian, so a load is a copy.
template <class T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] T load_le(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
  requires std::is_trivially_copyable_v<T>
void store_le(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Rounds up to a multiple of a power of two. The caller knows that it does not overflow.
[[nodiscard]] constexpr uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace mote
