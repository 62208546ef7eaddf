// Engine: what all stores of a process part share: types, stacks for guests, the epoch. Creating the first one installs the trap
// handlers.
#pragma once

#include "base/os/guest_stack.h"
#include "engine/runtime/type_registry.h"

#include <mote/limits.h>

#include <atomic>
#include <cstdint>

namespace mote::runtime {

class Engine {
 public:
  Engine();
  [[nodiscard]] TypeRegistry& types() { return types_; }
  [[nodiscard]] os::StackPool& stacks() { return stacks_; }
  [[nodiscard]] const std::atomic<uint64_t>& epoch() const { return epoch_; }
  void increment_epoch() { epoch_.fetch_add(1, std::memory_order_relaxed); }  // async-signal-safe

 private:
  TypeRegistry types_;
  os::StackPool stacks_{limits::pooled_stacks.standard};
  std::atomic<uint64_t> epoch_ = 0;
};

}  // namespace mote::runtime
