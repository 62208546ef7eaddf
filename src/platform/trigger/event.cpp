// See event.h.
#include "platform/trigger/event.h"

#include "base/core/format.h"

namespace mote::trigger {

const char* word(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::answered:
      return "answered";
    case Outcome::Kind::exited:
      return "exited";
    case Outcome::Kind::trapped:
      return "trapped";
    case Outcome::Kind::timed_out:
      return "timed_out";
    case Outcome::Kind::busy:
      return "busy";
    case Outcome::Kind::lost:
      return "lost";
    case Outcome::Kind::unavailable:
      break;
  }
  return "unavailable";
}

void Variables::add(std::string_view name, std::string_view value) {
  add(name) += value.substr(0, value.find('\0'));
}

std::string& Variables::add(std::string_view name) {
  if (used_ == environment_.size()) environment_.emplace_back();
  std::string& entry = environment_[used_++];
  entry.assign(name);
  entry += '=';
  return entry;
}

void describe(Event& event, Variables& variables) {
  event.describe(variables);
  if (!event.trace) [[likely]]
    return;
  variables.add("TRACEPARENT", event.trace->parent());
  if (!event.trace->state().empty()) variables.add("TRACESTATE", event.trace->state());
}

std::string id_text(uint64_t id) {
  return format("{:016x}", id);
}

}  // namespace mote::trigger
