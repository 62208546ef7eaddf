// From the kernel's error numbers to what a guest may learn: one table. Tested by file_test.cpp.
#pragma once

#include "host/sandbox/effects.h"

#include <utility>

namespace mote::sandbox {

[[nodiscard]] Refusal refusal(int error_number);

// The outcome of a call of base/os.
template <class T>
[[nodiscard]] Outcome<T> outcome(std::expected<T, int>&& result) {
  if (!result) return std::unexpected(refusal(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

}  // namespace mote::sandbox
