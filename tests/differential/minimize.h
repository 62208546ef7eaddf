// Makes a failing stream of choices smaller: chunks are cut out or zeroed, largest first, as long as the failure stays.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mote::differential {

// `fails` must hold for `choices`. Tries at most `attempts` candidates.
[[nodiscard]] std::vector<uint8_t> minimize(std::vector<uint8_t> choices, uint32_t attempts,
                                            const std::function<bool(const std::vector<uint8_t>&)>& fails);

}  // namespace mote::differential
