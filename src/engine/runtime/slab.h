// Slabs: address space for dense memories of pooled stores, many in one mapping, in size classes of powers of two. A process may have
// some 65,000 mappings (vm.max_map_count); a slab is one for hundreds of memories, and the page tables of neighbours are shared.
//
// Thread-safe. Tested by memory_test.cpp.
#pragma once

#include "base/os/memory_map.h"

#include <mote/result.h>

#include <cstdint>
#include <mutex>
#include <vector>

namespace mote::runtime {

class Slabs {
 public:
  // Readable and writable zeros at first.
  struct Place {
    uint8_t* base = nullptr;
    uint64_t size = 0;
  };
  static constexpr uint64_t slab_size_bytes = 1ull << 30, smallest_bytes = 64 << 10;

  [[nodiscard]] static uint64_t size_class(uint64_t size);
  // At least `size` bytes. Fails with unavailable where the machine has no address space left.
  [[nodiscard]] Result<Place> take(uint64_t size);
  void give(Place place);  // its memory goes back to the kernel

  struct Count {
    uint64_t slabs, places;  // mappings; places taken
  };
  [[nodiscard]] Count count() const;

 private:
  struct Class {
    uint64_t size = 0;
    std::vector<uint8_t*> free;
    os::Mapping slab;    // the one that places come from, …
    uint64_t used = 0;   // … up to here
  };
  [[nodiscard]] Class& class_of(uint64_t size);

  mutable std::mutex mutex_;  // guards the following
  std::vector<Class> classes_;
  std::vector<os::Mapping> full_;
  uint64_t taken_ = 0;
};

}  // namespace mote::runtime
