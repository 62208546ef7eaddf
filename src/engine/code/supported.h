// What no tier of this build compiles yet, and the one error that says so.
#pragma once

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <optional>

namespace mote::code {

// Something valid that cannot be compiled. A module that is both invalid and unsupported is invalid, so this is told last.
struct Unsupported {
  const char* feature;
  std::optional<wasm::FuncIndex> func;  // none: in a constant expression
  uint64_t offset;
};

[[nodiscard]] constexpr bool is_supported(wasm::Group group) {
  return group != wasm::Group::exceptions && group != wasm::Group::gc;
}
// The first constant expression that cannot be evaluated.
[[nodiscard]] std::optional<Unsupported> find_unsupported_constant(const wasm::Module& module);
[[nodiscard]] Error error_of(const Unsupported& unsupported);

}  // namespace mote::code
