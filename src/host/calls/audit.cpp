// See audit.h.
#include "host/calls/audit.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/core/time.h"

namespace mote::calls {
namespace {

std::string time_text(uint64_t ns) {
  return utc_text(static_cast<int64_t>(ns), 3);
}

}  // namespace

void Audit::denied(const Denial& denial) {
  if (!recent_.is_new(denial)) return;
  JsonWriter line;
  line.begin('{');
  line.member("time", json_string(time_text(now_ns_())));
  line.member("guest", json_string(guest_));
  line.member("event", denial.is_let_through ? "\"let through\"" : "\"denied\"");
  line.member("kind", json_string(denial.kind));
  line.member("thing", json_string(denial.thing));
  line.member("rule", json_string(denial.rule));
  line.member("would_grant", json_string(denial.would_grant));
  line.end('}');
  write_(line.text() + "\n");
}

void Audit::finish() {
  const auto add = [&](std::string_view kind, std::string_view rule, uint64_t suppressed) {
    write_(format(R"({{"time":{},"guest":{},"event":"suppressed","kind":{},"rule":{},"suppressed":{},"text":{}}})"
                  "\n",
                  json_string(time_text(now_ns_())), json_string(guest_), json_string(kind), json_string(rule), suppressed,
                  json_string(format("suppressed {}", suppressed))));
  };
  for (const auto& [key, rule] : recent_.rules()) {
    if (rule.count != rule.said) add(key.first, key.second, rule.count - rule.said);
  }
  if (recent_.uncounted() != 0) add("", "", recent_.uncounted());
}

}  // namespace mote::calls
