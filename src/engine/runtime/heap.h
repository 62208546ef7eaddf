// Heap: the collected objects of one store, shared by its instances (code/object_layout.h says how they lie).
//
// Two spaces of equal size in one reservation; objects are made one behind the other in one of them. When it is full, a collection
// copies what is reachable to the other (Cheney's algorithm) and the roles change. References are offsets from base(), which never
// moves; objects do, in every collection. Compiled code allocates by itself between StoreContext::gc_bump and gc_limit.
//
// A collection looks at StoreContext::interrupt as it goes, and gives up when the store is to be stopped: the heap is broken then,
// until reset(). Threads: the store's. Design and figures: docs/internals/gc.md. Tested by heap_test.cpp, tests/spec and
// tests/differential (with zeal).
#pragma once

#include "base/os/memory_map.h"
#include "engine/code/image.h"
#include "engine/code/instance_layout.h"
#include "engine/runtime/type_registry.h"

#include <mote/result.h>

#include <array>
#include <cstdint>
#include <expected>
#include <memory>

namespace mote::runtime {

// Everything outside the heap that refers to objects.
class Roots {
 public:
  virtual void visit_roots(code::RootVisitor& visitor) = 0;

 protected:
  ~Roots() = default;
};

class Heap {
  struct Key {
    explicit Key() = default;
  };

 public:
  struct Config {
    uint64_t most_bytes = 0;  // of one space: limits::gc_heap_size
    bool is_zealous = false;  // collects at every allocation and takes the old space away: whoever missed a root faults
  };
  enum class Failure : uint8_t { limit, stopped };

  // Address space only. Fails with kind unavailable.
  [[nodiscard]] static Result<std::unique_ptr<Heap>> create(const Config& config, code::StoreContext& context,
                                                            const TypeRegistry& types);
  Heap(Key, const Config& config, code::StoreContext& context, const TypeRegistry& types);
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  [[nodiscard]] uint8_t* base() const { return reservation_.data(); }
  [[nodiscard]] bool reserves(const void* address) const { return reservation_.contains(address); }
  // A new object of a struct or tag type, or an array: its header, (length,) and zeros. May collect.
  [[nodiscard]] std::expected<uint32_t, Failure> new_object(TypeId type, Roots& roots);
  [[nodiscard]] std::expected<uint32_t, Failure> new_array(TypeId type, uint32_t length, Roots& roots);
  // Afterwards `more` bytes can be allocated; else it fails with limit.
  [[nodiscard]] std::expected<void, Failure> collect(Roots& roots, uint64_t more = 0);

  template <class T>
  [[nodiscard]] T* at(uint32_t reference, uint32_t offset = 0) const {
    return reinterpret_cast<T*>(base() + reference + offset);
  }
  [[nodiscard]] const code::ObjectHeader& header(uint32_t reference) const { return *at<code::ObjectHeader>(reference); }
  [[nodiscard]] uint32_t array_length(uint32_t reference) const { return *at<uint32_t>(reference, code::array_length_offset); }
  [[nodiscard]] uint64_t object_bytes(uint32_t reference) const { return bytes_of(header(reference)); }

  [[nodiscard]] uint64_t used_bytes() const { return context_.gc_bump - start(space_); }  // garbage included
  [[nodiscard]] uint64_t capacity_bytes() const { return capacity_; }
  [[nodiscard]] uint64_t most_bytes() const { return config_.most_bytes; }
  [[nodiscard]] uint64_t collections() const { return collections_; }
  [[nodiscard]] bool is_zealous() const { return config_.is_zealous; }

  // For pooled stores, while no guest runs. The objects as they lie, from the first byte of the first space on, where a collection
  // brings them with `into_first_space`.
  [[nodiscard]] std::expected<void, Failure> collect_into_first_space(Roots& roots);
  [[nodiscard]] MutableBytes objects() const { return {base() + start(space_), used_bytes()}; }
  [[nodiscard]] bool is_in_first_space() const { return space_ == 0; }
  // Makes room for so many bytes of objects at the start of the first space, which become the heap's content, for the caller to
  // write. What was there is gone, and so is what broke the heap. Fails with kind unavailable.
  [[nodiscard]] Result<MutableBytes> reset(uint64_t bytes);
  // What may have pages behind it; and gives back those that hold no objects, with the room that the heap grew to.
  [[nodiscard]] uint64_t committed_bytes() const { return committed_[0] + committed_[1]; }
  void give_back();
  // Calls `visit(reference)` for each object, in order. Right after a collection these are the reachable ones.
  template <class Visit>
  void for_each_object(Visit visit) const {
    for (uint32_t at = start(space_); at < context_.gc_bump; at += static_cast<uint32_t>(object_bytes(at))) visit(at);
  }

 private:
  class Copier;
  static constexpr uint64_t first_capacity = 512 << 10;  // a cache's worth: short-lived objects never leave it
  static constexpr uint64_t generous_up_to = 64 << 20;   // up to here a heap grows to four times what is live, then to twice

  [[nodiscard]] uint32_t start(uint32_t space) const {  // offset 0 is null
    return static_cast<uint32_t>(space * config_.most_bytes) + code::object_alignment;
  }
  [[nodiscard]] uint64_t bytes_of(const code::ObjectHeader& header) const;
  [[nodiscard]] std::expected<uint32_t, Failure> allocate(uint64_t bytes, Roots& roots);
  [[nodiscard]] bool commit(uint32_t space, uint64_t bytes);
  [[nodiscard]] bool set_capacity(uint64_t live, uint64_t more);
  void publish(uint32_t bump);

  Config config_;
  code::StoreContext& context_;
  const TypeRegistry& types_;
  os::Mapping reservation_;
  std::array<uint64_t, 2> committed_ = {};  // bytes from each space's start on that may be touched
  uint32_t space_ = 0;
  uint64_t capacity_ = 0;  // of the present space
  uint64_t collections_ = 0;
  bool is_broken_ = false;
};

}  // namespace mote::runtime
