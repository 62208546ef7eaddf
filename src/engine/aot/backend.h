// Backend: LLVM's passes and code generators, set up once and used by one thread for one partition after another.
//
// Which passes run is decided here and nowhere else (docs/internals/optimizing-tier.md has the measurements). No LLVM header is
// needed to use it.
#pragma once

#include "engine/code/codegen_key.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace mote::aot {

struct Source;
struct Partition;

class Backend {
 public:
  explicit Backend(const code::CodegenKey& key);
  ~Backend();
  Backend(Backend&&) noexcept;
  Backend& operator=(Backend&&) noexcept;

  [[nodiscard]] const code::CodegenKey& key() const;
  // The partition as a relocatable object (link.h says what it looks like). Its key is that of this Backend.
  [[nodiscard]] Result<std::vector<uint8_t>> compile(const Source& source, const Partition& partition);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mote::aot
