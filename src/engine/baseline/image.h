// CodeMemory: where batches of compiled functions are put together; and the image that it becomes.
//
// One mapping, writable until finish(), executable from then on. Batches are placed in the order in which they are done: only
// inside a batch do functions ascend. Threads: place() may be called from several.
#pragma once

#include "base/os/memory_map.h"
#include "engine/baseline/unit.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <memory>
#include <mutex>
#include <vector>

namespace mote::baseline {

// Of a module's code: from there on its compile works in huge pages, which take fewer faults.
inline constexpr uint64_t least_for_huge_pages = os::huge_page_size / 4;

// Functions [first, last) of the module's own, which lie from `start` on.
struct Batch {
  uint32_t first = 0, last = 0;
  uint32_t start = 0;
  std::vector<Relocation> relocations;
};

class CodeMemory {
 public:
  // `code_bytes` of wasm are to come. Puts the prologue at the start.
  [[nodiscard]] static Result<CodeMemory> create(uint64_t code_bytes, uint64_t size_limit, uint32_t func_count);
  CodeMemory(CodeMemory&&) noexcept;
  ~CodeMemory();

  // Copies a batch's code to its place, giving the source's memory back as it goes when it is large.
  [[nodiscard]] Result<void> place(uint32_t first, os::Mapping& source, uint64_t size, Unit& unit);
  // Resolves what functions refer to, and makes the code executable.
  [[nodiscard]] Result<std::shared_ptr<const code::Image>> finish(const code::CodegenKey& key);

 private:
  struct State;
  explicit CodeMemory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::baseline
