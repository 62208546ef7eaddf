// HeapState: the objects of a store's heap in a form that any store with instances of the same modules can take on, as the rest of
// a StoreTemplate is. References into it are offsets, so they are the same in every store; a reference to a function is kept as
// whose and which. Tested by tests/differential (pooled setups), engine/api/pool_test.cpp.
#pragma once

#include "engine/runtime/store.h"

#include <cstdint>
#include <vector>

namespace mote::pool {

// A function reference in any store with the same instances: 0 is null.
using PortableFunc = uint64_t;
[[nodiscard]] std::optional<PortableFunc> portable(const runtime::Store& store, runtime::Ref func);  // nothing: it lies elsewhere
[[nodiscard]] runtime::Ref func_in(const runtime::Store& store, PortableFunc func);

class HeapState {
 public:
  // Collects: whoever keeps other references into the heap reads them afterwards. Nothing to keep: no heap, or an empty one.
  // Fails with unsupported where an object holds a function that the host made in this store.
  [[nodiscard]] static Result<HeapState> capture(runtime::Store& store);
  // Makes it the content of the store's heap.
  [[nodiscard]] Result<void> apply(runtime::Store& store) const;

  [[nodiscard]] uint64_t size_bytes() const { return objects_.size() + funcs_.size() * sizeof(Func); }
  [[nodiscard]] uint64_t object_bytes() const { return objects_.size(); }

 private:
  struct Func {
    uint32_t offset;  // in objects_
    PortableFunc func;
  };
  std::vector<uint8_t> objects_;  // from the start of the first space on; function references are zeros
  std::vector<Func> funcs_;
};

}  // namespace mote::pool
