// When a timer fires that is written as cron writes it: five fields (minute, hour, day of month, month, day of week), or six with
// the second first. All times are UTC. Tested by cron_test.cpp.
//
// A field is "*", a number, a range "1-5", a step "*/15", "10-30/5" or "10/5" (from 10 on), or a list of these. Months and days of
// the week have names (jan, mon); 7 is Sunday too. Where both days are restricted, either is enough, as in cron. "@hourly",
// "@daily" ("@midnight"),
// "@weekly", "@monthly", "@yearly" ("@annually") are short for what they say.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::manifest {

class Cron {
 public:
  // Fails with what is wrong, also for a time that never comes ("0 0 31 2 *").
  [[nodiscard]] static Result<Cron> parse(std::string_view text);

  // The first time after `seconds`; both since 1970. Nothing beyond the year 9999.
  [[nodiscard]] std::optional<int64_t> next(int64_t seconds) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] int64_t month_that_fits(int64_t day) const;  // that day, or the first one of the next month: to be looked at
  [[nodiscard]] bool fits_day(int64_t day) const;            // of a month that fits
  [[nodiscard]] std::optional<int64_t> next_in_day(int64_t second) const;

  std::string text_;
  uint64_t seconds_ = 1, minutes_ = 0;  // bit n: n is in it
  uint32_t hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;
  bool any_day_ = true, any_weekday_ = true;
};

}  // namespace mote::manifest
