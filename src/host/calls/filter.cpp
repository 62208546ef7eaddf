// See filter.h.
#include "host/calls/filter.h"

#include "base/core/format.h"
#include "base/core/nearest.h"

#include <algorithm>

namespace mote::calls {
namespace {

struct GroupName {
  std::string_view name;
  uint32_t bits;
};
constexpr GroupName group_names[] = {
    {"file", group::path | group::descriptor},
    {"filesystem", group::path | group::descriptor},
    {"path", group::path},
    {"desc", group::descriptor},
    {"fd", group::descriptor},
    {"clock", group::clock},
    {"poll", group::poll},
    {"random", group::random},
    {"process", group::process},
    {"proc", group::process},
    {"network", group::network},
    {"sock", group::network},
    {"env", group::environment},
    {"memory", group::memory},
};
constexpr std::string_view growth_name = "memory.grow", failed_word = "failed", denied_word = "denied", all_word = "all";

bool matches_pattern(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view before = pattern.substr(0, star), behind = pattern.substr(star + 1);
  return name.size() >= before.size() + behind.size() && name.starts_with(before) && name.ends_with(behind);
}

}  // namespace

std::string filter_words() {
  std::string words;
  for (const GroupName& one : group_names) words += std::string(one.name) + ", ";
  return format("{}{}, {}, {}", words, failed_word, denied_word, all_word);
}

bool Filter::Entry::matches(std::string_view name, uint32_t groups_of) const {
  return pattern.empty() ? (groups & groups_of) != 0 : matches_pattern(pattern, name);
}

Result<Filter> Filter::parse(std::string_view text, std::span<const std::string_view> functions) {
  Filter filter;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    Entry entry;
    entry.takes_away = word.starts_with('!');
    if (entry.takes_away) word.remove_prefix(1);
    if (word == all_word && !entry.takes_away) continue;
    if ((word == failed_word || word == denied_word) && !entry.takes_away) {
      (word == failed_word ? filter.only_failed_ : filter.only_denied_) = true;
      continue;
    }
    const auto* const group = std::ranges::find(group_names, word.starts_with('%') ? word.substr(1) : word, &GroupName::name);
    if (group != std::end(group_names)) {
      entry.groups = group->bits;
    } else {
      entry.pattern = word;
      const bool is_known = std::ranges::any_of(functions, [&](std::string_view name) { return matches_pattern(word, name); });
      if (!is_known && !matches_pattern(word, growth_name)) {
        std::vector<std::string_view> names(functions.begin(), functions.end());
        for (const GroupName& one : group_names) names.push_back(one.name);
        return fail(ErrorKind::bad_input,
                    format("knows no function or group \"{}\"{} (a function, a pattern like path_*, or one of: {})", word,
                           did_you_mean(word, names), filter_words()));
      }
    }
    filter.adds_ = filter.adds_ || !entry.takes_away;
    filter.entries_.push_back(std::move(entry));
  }
  return filter;
}

bool Filter::shows(std::string_view name, uint32_t groups) const {
  bool is_shown = !adds_;
  for (const Entry& entry : entries_) {
    if (entry.matches(name, groups)) is_shown = !entry.takes_away;
  }
  return is_shown;
}

bool Filter::shows_function(const Function& function) const {
  return shows(function.name, function.groups);
}
bool Filter::shows_outcome(const Call& call) const {
  if (only_denied_ && (call.denial == nullptr || call.denial->is_probe)) return false;
  return !only_failed_ || !call.has_succeeded();
}
bool Filter::shows_growth() const {
  return shows(growth_name, group::memory) && !only_denied_;
}

}  // namespace mote::calls
