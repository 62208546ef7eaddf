// See nearest.h.
#include "base/core/nearest.h"

#include "base/core/format.h"

#include <algorithm>
#include <vector>

namespace mote {
namespace {

// Edits (insert, remove, replace) that turn one word into the other.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates) {
  constexpr size_t longest = 64;  // of what is compared: a word from a hostile file may be long
  std::string_view best;
  size_t least = std::max<size_t>(std::min(typed.size(), longest) / 3, 2) + 1;
  for (const std::string_view candidate : candidates) {
    // A beginning is close, however much is missing.
    const size_t edits = typed.size() >= 4 && candidate.starts_with(typed) ? 1 : distance(typed.substr(0, longest), candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates) {
  const std::string_view best = nearest(typed, candidates);
  return best.empty() ? std::string() : format(", did you mean \"{}\"?", best);
}

}  // namespace mote
