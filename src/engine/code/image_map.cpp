// The code map (image_map.h): 47 bits of address = 17 bits of root, 18 bits of leaf, 12 bits within a page.
//
// The root is 1 MiB of zero pages of the program, a leaf 2 MiB of fresh ones, of which only those are touched that are used: two
// pages for a small image. A leaf covers 1 GiB of addresses and stays for the life of the process, which is what makes readers
// free of locks; the kernel places mappings close together, so there are few.
#include "engine/code/image_map.h"

#include "base/core/assert.h"
#include "base/os/memory_map.h"

#include <atomic>
#include <mutex>
#include <vector>

namespace mote::code {

namespace {

constexpr uint32_t page_bits = 12, leaf_bits = 18, root_bits = 17;
constexpr uint64_t address_end = 1ull << (page_bits + leaf_bits + root_bits);

using Slot = std::atomic<const Image*>;
static_assert(Slot::is_always_lock_free);

// Never destroyed: a thread may still fault, and so look here, while the process ends.
template <class T>
union Immortal {
  T value;
  constexpr Immortal() : value() {}
  ~Immortal() {}
};

constinit std::atomic<Slot*> root[1u << root_bits];
constinit std::mutex writers;
constinit Immortal<std::vector<os::Mapping>> leaves;  // guarded by writers

Slot* leaf_of(uint64_t address) {
  return root[address >> (page_bits + leaf_bits)].load(std::memory_order_acquire);
}
uint64_t slot_of(uint64_t address) {
  return address >> page_bits & ((1u << leaf_bits) - 1);
}

// Sets the slots of a range to `image`. Leaves are there.
void set(Bytes code, const Image* image) {
  auto start = reinterpret_cast<uint64_t>(code.data());
  for (uint64_t address = start; address < start + code.size(); address += os::page_size) {
    leaf_of(address)[slot_of(address)].store(image, std::memory_order_release);
  }
}

}  // namespace

Result<void> add_to_map(Bytes code, const Image* image) {
  auto start = reinterpret_cast<uint64_t>(code.data()), end = start + code.size();
  ASSERT(start % os::page_size == 0 && end <= address_end);
  std::lock_guard lock(writers);
  constexpr uint64_t leaf_span = 1ull << (page_bits + leaf_bits);
  for (uint64_t address = start & ~(leaf_span - 1); address < end; address += leaf_span) {
    if (leaf_of(address) != nullptr) continue;
    os::Mapping leaf = TRY(os::Mapping::anonymous(sizeof(Slot) << leaf_bits));
    root[address >> (page_bits + leaf_bits)].store(reinterpret_cast<Slot*>(leaf.data()), std::memory_order_release);
    leaves.value.push_back(std::move(leaf));
  }
  set(code, image);
  return {};
}

void remove_from_map(Bytes code) {
  std::lock_guard lock(writers);
  set(code, nullptr);
}

const Image* find_image(const void* pc) {
  auto address = reinterpret_cast<uint64_t>(pc);
  if (address >= address_end) return nullptr;
  Slot* leaf = leaf_of(address);
  return leaf == nullptr ? nullptr : leaf[slot_of(address)].load(std::memory_order_acquire);
}

}  // namespace mote::code
