// See minimize.h.
#include "tests/differential/minimize.h"

#include <algorithm>
#include <cstddef>

namespace mote::differential {

std::vector<uint8_t> minimize(std::vector<uint8_t> choices, uint32_t attempts,
                              const std::function<bool(const std::vector<uint8_t>&)>& fails) {
  auto try_candidate = [&](std::vector<uint8_t> candidate) {
    if (attempts == 0 || candidate == choices) return false;
    --attempts;
    if (!fails(candidate)) return false;
    choices = std::move(candidate);
    return true;
  };
  // The tail that was never read goes first: behind the end every choice is 0.
  while (choices.size() > 1 &&
         try_candidate({choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(choices.size() / 2)})) {
  }
  for (size_t chunk = std::max<size_t>(choices.size() / 4, 1); chunk != 0 && attempts != 0; chunk /= 2) {
    for (size_t at = 0; at < choices.size() && attempts != 0;) {
      const auto begin = static_cast<std::ptrdiff_t>(at);
      const auto end = static_cast<std::ptrdiff_t>(std::min(at + chunk, choices.size()));
      std::vector<uint8_t> without = choices, zeroed = choices;
      without.erase(without.begin() + begin, without.begin() + end);
      std::fill(zeroed.begin() + begin, zeroed.begin() + end, uint8_t{0});
      if (try_candidate(std::move(without))) continue;  // what followed has moved here
      try_candidate(std::move(zeroed));
      at += chunk;
    }
  }
  while (!choices.empty() && choices.back() == 0) choices.pop_back();
  return choices;
}

}  // namespace mote::differential
