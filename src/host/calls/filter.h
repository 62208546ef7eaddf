// Which calls to show: `--strace=FILTER`, a comma list.
//
// An entry is a function ("path_open"), a pattern ("fd_*"), a group ("file", "clock", "network"; a % before it as in strace), or a
// sort of outcome ("failed", "denied"); with ! before it, it takes calls away. Without an entry that adds, all are shown. Names are
// checked against the functions that there are. Tested by filter_test.cpp.
#pragma once

#include "host/calls/watch.h"

#include <mote/result.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::calls {

class Filter {
 public:
  Filter() = default;  // everything
  [[nodiscard]] static Result<Filter> parse(std::string_view text, std::span<const std::string_view> functions);

  [[nodiscard]] bool shows_function(const Function& function) const;
  [[nodiscard]] bool shows_outcome(const Call& call) const;  // of a call that has ended
  [[nodiscard]] bool shows_growth() const;                   // memory.grow: group memory

 private:
  struct Entry {
    bool takes_away = false;
    uint32_t groups = 0;
    std::string pattern;  // empty: groups
    [[nodiscard]] bool matches(std::string_view name, uint32_t groups) const;
  };
  [[nodiscard]] bool shows(std::string_view name, uint32_t groups) const;

  std::vector<Entry> entries_;
  bool adds_ = false;  // an entry does
  bool only_failed_ = false, only_denied_ = false;
};

// "file, path, …": for messages and help.
[[nodiscard]] std::string filter_words();

}  // namespace mote::calls
