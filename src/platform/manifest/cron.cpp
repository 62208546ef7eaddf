// See cron.h. Days are looked at one by one, then the time in the day. 41 years of days are enough: the longest gap is that between
// two 29 Februaries on the same day of the week, across a year like 2100.
#include "platform/manifest/cron.h"

#include "base/core/format.h"
#include "base/toml/values.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <span>
#include <vector>

namespace mote::manifest {
namespace {

constexpr int64_t seconds_a_day = 86'400;
constexpr int64_t days_until_10000 = 2'932'897;
constexpr int64_t days_to_look_at = int64_t{41} * 366;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

struct Field {
  std::string_view name;
  uint32_t least, most;
  std::string_view names;  // three letters each; the first is `least`
};
constexpr Field second_field{"second", 0, 59, ""}, minute_field{"minute", 0, 59, ""}, hour_field{"hour", 0, 23, ""},
    day_field{"day of the month", 1, 31, ""}, month_field{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    weekday_field{"day of the week", 0, 7, "sunmontuewedthufrisat"};

std::optional<uint32_t> read_number(std::string_view text) {
  uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<uint32_t> read_value(std::string_view text, const Field& field) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (size_t i = 0; i + 3 <= field.names.size() && lower.size() == 3; i += 3) {
    if (field.names.substr(i, 3) == lower) return static_cast<uint32_t>(field.least + i / 3);
  }
  const auto number = read_number(text);
  if (number && *number >= field.least && *number <= field.most) return *number;
  return refuse(format("has {} as {}, which is {} to {}{}", toml::quoted(text.substr(0, 32)), field.name, field.least, field.most,
                       field.names.empty() ? "" : " or a name of three letters"));
}

// "*", "5", "1-5", with "/2" behind it.
Result<uint64_t> read_part(std::string_view text, const Field& field) {
  const size_t slash = text.find('/');
  uint32_t step = 1;
  if (slash != text.npos) {
    const auto number = read_number(text.substr(slash + 1));
    if (!number || *number == 0 || *number > field.most)
      return refuse(
          format("has the step {} in the {}, which is 1 to {}", toml::quoted(text.substr(slash + 1, 32)), field.name, field.most));
    step = *number;
  }
  const std::string_view range = text.substr(0, slash);
  uint32_t first = field.least, last = field.most;
  if (range != "*") {
    const size_t dash = range.find('-');
    first = TRY(read_value(range.substr(0, dash), field));
    if (dash != range.npos)
      last = TRY(read_value(range.substr(dash + 1), field));
    else if (slash == text.npos)
      last = first;
    if (first > last)
      return refuse(
          format("has the range {} in the {}, which ends before it begins", toml::quoted(range.substr(0, 32)), field.name));
  }
  uint64_t bits = 0;
  for (uint32_t i = first; i <= last; i += step) bits |= uint64_t{1} << i;
  return bits;
}

Result<uint64_t> read_field(std::string_view text, const Field& field) {
  uint64_t bits = 0;
  for (;;) {
    const size_t comma = text.find(',');
    bits |= TRY(read_part(text.substr(0, comma), field));
    if (comma == text.npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

struct Short {
  std::string_view name, means;
};
constexpr Short shorts[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                            {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
                            {"@annually", "0 0 1 1 *"}};

// The lowest bit at or above `from`; nothing when there is none.
std::optional<int64_t> at_or_after(uint64_t bits, int64_t from) {
  if (from > 63) return std::nullopt;
  bits &= ~uint64_t{0} << from;
  if (bits == 0) return std::nullopt;
  return std::countr_zero(bits);
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  Cron cron;
  cron.text_ = text;
  for (const Short& one : shorts) {
    if (text == one.name) text = one.means;
  }
  const auto words = words_of(text);
  if (words.size() != 5 && words.size() != 6) {
    return refuse(
        format("has {} fields; it has five (minute, hour, day, month, day of the week), or six with the second first, "
               "or is @hourly, @daily, @weekly, @monthly or @yearly",
               words.size()));
  }
  const std::span<const std::string_view> fields = std::span(words).last(5);
  if (words.size() == 6) cron.seconds_ = TRY(read_field(words[0], second_field));
  cron.minutes_ = TRY(read_field(fields[0], minute_field));
  cron.hours_ = static_cast<uint32_t>(TRY(read_field(fields[1], hour_field)));
  cron.days_ = static_cast<uint32_t>(TRY(read_field(fields[2], day_field)));
  cron.months_ = static_cast<uint32_t>(TRY(read_field(fields[3], month_field)));
  cron.weekdays_ = static_cast<uint32_t>(TRY(read_field(fields[4], weekday_field)));
  if ((cron.weekdays_ >> 7 & 1) != 0) cron.weekdays_ |= 1;
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  if (!cron.next(0)) return refuse(format("{} never comes", toml::quoted(text.substr(0, 64))));
  return cron;
}

int64_t Cron::month_that_fits(int64_t day) const {
  using namespace std::chrono;
  const year_month_day parts{sys_days{days{day}}};
  if ((months_ >> static_cast<unsigned>(parts.month()) & 1) != 0) return day;
  const year_month_day next = year_month_day{parts.year(), parts.month(), std::chrono::day{1}} + months{1};
  return sys_days{next}.time_since_epoch().count();
}

bool Cron::fits_day(int64_t day) const {
  using namespace std::chrono;
  const sys_days date{days{day}};
  const year_month_day parts{date};
  const bool fits_date = (days_ >> static_cast<unsigned>(parts.day()) & 1) != 0;
  const bool fits_weekday = (weekdays_ >> weekday{date}.c_encoding() & 1) != 0;
  // Where both are restricted, either is enough.
  return any_day_ || any_weekday_ ? fits_date && fits_weekday : fits_date || fits_weekday;
}

std::optional<int64_t> Cron::next_in_day(int64_t second) const {
  if (second >= seconds_a_day) return std::nullopt;
  const int64_t hour_now = second / 3600, minute_now = second / 60 % 60;
  for (auto hour = at_or_after(hours_, hour_now); hour; hour = at_or_after(hours_, *hour + 1)) {
    const bool is_now = *hour == hour_now;
    for (auto minute = at_or_after(minutes_, is_now ? minute_now : 0); minute; minute = at_or_after(minutes_, *minute + 1)) {
      const auto in_minute = at_or_after(seconds_, is_now && *minute == minute_now ? second % 60 : 0);
      if (in_minute) return *hour * 3600 + *minute * 60 + *in_minute;
    }
  }
  return std::nullopt;
}

std::optional<int64_t> Cron::next(int64_t seconds) const {
  if (seconds < 0) seconds = -1;  // 1970 is early enough
  int64_t day = (seconds + 1) / seconds_a_day;
  int64_t from = (seconds + 1) % seconds_a_day;
  const int64_t last = std::min(day + days_to_look_at, days_until_10000);
  for (; day < last; ++day, from = 0) {
    if (const int64_t later = month_that_fits(day); later != day) {
      day = later - 1;
      continue;
    }
    if (!fits_day(day)) continue;
    if (const auto found = next_in_day(from)) return day * seconds_a_day + *found;
  }
  return std::nullopt;
}

}  // namespace mote::manifest
