// What somebody may have meant: the candidate closest to a misspelt word. For flags, keys of policies, names of limits.
// Tested by nearest_test.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mote {

// Empty when none is close: about a third of the word may differ; a beginning of at least four letters is close to the whole.
[[nodiscard]] std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates);

// ", did you mean \"--env\"?" for what is close to one of the candidates; else empty.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates);

}  // namespace mote
