// Prescan: one quick look at a function body before it is compiled, to learn which locals are worth a register.
//
// A single pass cannot know that a local is used a thousand times in the loop to come. Skipping over a body costs a tenth of
// compiling it and tells: how often each of the first locals is named (weighted by loop depth), and for each loop which locals it
// reads or writes, whether it calls, whether it touches memory. The result is advice only: the bytes have not been validated, so
// a scan that meets nonsense ends there, and whatever it says leads to correct code. Tested by prescan_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace mote::baseline {

class Prescan {
 public:
  static constexpr uint32_t counted_locals = 256;

  struct Loop {
    uint64_t offset = 0;      // of the loop instruction, in the body
    uint64_t used = 0;        // locals named in it, as bits index % 64
    uint64_t set = 0;         // locals set in it
    bool has_call = false;    // a call to another function
    bool has_memory = false;  // accesses memory 0
  };

  // `body` begins behind the declarations of locals.
  void scan(Bytes body);

  // Whether the end was reached, which it is not where there are legacy exception instructions; otherwise any local may be named
  // that the scan did not see.
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  // Weighted uses of the locals below counted_locals.
  [[nodiscard]] uint32_t weight(uint32_t local) const { return weights_[local]; }
  // The number of locals up to the last one that is named.
  [[nodiscard]] uint32_t named_locals() const { return named_locals_; }
  [[nodiscard]] std::span<const Loop> loops() const { return loops_; }  // in the order of the body
  [[nodiscard]] bool may_have_vectors() const { return has_vectors_; }  // false: there is no vector instruction, seen or not

 private:
  void use(uint32_t local, bool is_set);
  void begin_block(bool is_loop, uint64_t offset);
  void end_block();

  std::array<uint32_t, counted_locals> weights_{};
  uint32_t named_locals_ = 0;
  uint32_t loop_weight_ = 1;
  uint32_t loop_depth_ = 0;
  bool is_complete_ = false, has_vectors_ = false;
  std::vector<Loop> loops_;
  std::vector<uint32_t> blocks_;  // open ones: index of the loop, or no_loop
  uint64_t used_ = 0, set_ = 0;   // since the innermost loop began
  bool called_ = false, accessed_ = false;
  struct Outer {
    uint64_t used, set;
    bool called, accessed;
  };
  std::vector<Outer> outer_;  // what the enclosing loops had seen
};

}  // namespace mote::baseline
