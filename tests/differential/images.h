// Compiled code of one program, made when first asked for: setups that differ in what is linked to what share it.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::differential {

// Whether this build has the baseline tier.
[[nodiscard]] bool has_baseline();

class Images {
 public:
  explicit Images(Bytes wasm) : wasm_(wasm) {}
  [[nodiscard]] Result<std::shared_ptr<const code::Image>> get(const code::CodegenKey& key);

 private:
  Bytes wasm_;
  std::vector<std::pair<code::CodegenKey, std::shared_ptr<const code::Image>>> made_;
};

}  // namespace mote::differential
