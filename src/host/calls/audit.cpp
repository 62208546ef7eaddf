// See audit.h.
#include "host/calls/audit.h"

#include "base/core/format.h"
#include "base/core/json.h"

namespace mote::calls {
namespace {

// "2026-11-26T13:05:00.123Z"
std::string time_text(uint64_t ns) {
  constexpr uint64_t ns_per_ms = 1'000'000, ms_per_s = 1000, s_per_day = 86'400;
  const uint64_t ms = ns / ns_per_ms, s = ms / ms_per_s;
  // Days to a date: years of 365.2425 days, counted from March of the year 0, so that leap days come last.
  const uint64_t days = s / s_per_day + 719'468, era = days / 146'097, day_of_era = days % 146'097;
  const uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted = (5 * day_of_year + 2) / 153, day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9, year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", year, month, day, s / 3600 % 24, s / 60 % 60, s % 60, ms % ms_per_s);
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
