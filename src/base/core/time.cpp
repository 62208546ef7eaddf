// See time.h.
#include "base/core/time.h"

#include "base/core/format.h"

namespace mote {

std::string utc_text(int64_t ns, int digits) {
  constexpr int64_t ns_per_s = 1'000'000'000, s_per_day = 86'400, ns_per_ms = 1'000'000;
  int64_t s = ns / ns_per_s, rest = ns % ns_per_s;
  if (rest < 0) rest += ns_per_s, --s;
  int64_t day = s / s_per_day, in_day = s % s_per_day;
  if (in_day < 0) in_day += s_per_day, --day;
  // Days to a date: years of 365.2425 days, counted from March of the year 0, so that leap days come last.
  const int64_t days = day + 719'468, era = days / 146'097, day_of_era = days % 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153, day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9, year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::string text =
      format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day_of_month, in_day / 3600, in_day / 60 % 60, in_day % 60);
  if (digits == 3) text += format(".{:03}", rest / ns_per_ms);
  if (digits == 9) text += format(".{:09}", rest);
  return text + "Z";
}

}  // namespace mote
