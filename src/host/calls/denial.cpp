// See denial.h.
#include "host/calls/denial.h"

#include <algorithm>
#include <utility>

namespace mote::calls {

std::string Denial::text() const {
  std::string text = thing + (is_let_through ? ": not granted by " : ": refused by ") + rule;
  text += would_grant.empty() ? "; nothing can allow it" : "; " + would_grant + " would allow it";
  return text;
}

void Denials::note(Denial denial) {
  ++count_;
  last_ = std::move(denial);
  for (DenialListener* listener : listeners_) listener->denied(last_);
}

void Denials::forget() {
  count_ = 0;
  last_ = {};
}

bool Recent::is_new(const Denial& denial) {
  auto found = rules_.find({std::string(denial.kind), denial.rule});
  if (found == rules_.end()) {
    if (rules_.size() >= rules_most) {
      ++uncounted_;
      return false;
    }
    found = rules_.emplace(std::pair(std::string(denial.kind), denial.rule), Rule{}).first;
  }
  Rule& rule = found->second;
  ++rule.count;
  if (rule.things.size() >= things_most_ || std::ranges::find(rule.things, denial.thing) != rule.things.end()) return false;
  rule.things.push_back(denial.thing);
  ++rule.said;
  return true;
}

}  // namespace mote::calls
