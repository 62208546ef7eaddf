// Cron expressions: the next time, at the ends of months, in leap years, and what is refused.
#include "platform/manifest/cron.h"

#include "base/core/time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace mote::manifest {
namespace {

int64_t at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  using namespace std::chrono;
  const sys_days date{year_month_day{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}}};
  return date.time_since_epoch().count() * int64_t{86'400} + hour * 3600 + minute * 60 + second;
}

std::string next(std::string_view text, int64_t after, int times = 1) {
  const auto cron = Cron::parse(text);
  if (!cron) return cron.error().message;
  std::string found;
  for (int i = 0; i < times; ++i) {
    const auto time = cron->next(after);
    if (!time) return "never";
    found = utc_text(*time * 1'000'000'000, 0);
    after = *time;
  }
  return found;
}

TEST(Cron, FindsTheNextTime) {
  const int64_t now = at(2026, 11, 26, 19, 21, 30);  // a Thursday
  EXPECT_EQ(next("* * * * *", now), "2026-11-26T19:22:00Z");
  EXPECT_EQ(next("* * * * * *", now), "2026-11-26T19:21:31Z");
  EXPECT_EQ(next("*/15 * * * *", now), "2026-11-26T19:30:00Z");
  EXPECT_EQ(next("*/20 * * * * *", now), "2026-11-26T19:21:40Z");
  EXPECT_EQ(next("21 19 * * *", now), "2026-11-27T19:21:00Z");
  EXPECT_EQ(next("0 0 * * *", now), "2026-11-27T00:00:00Z");
  EXPECT_EQ(next("10/20 * * * *", now), "2026-11-26T19:30:00Z");
  EXPECT_EQ(next("5,45-50/5 20 * * *", now, 3), "2026-11-26T20:50:00Z");
  EXPECT_EQ(next("30 9 * * mon-fri", now), "2026-11-27T09:30:00Z");
  EXPECT_EQ(next("30 9 * * MON", now), "2026-11-30T09:30:00Z");
  EXPECT_EQ(next("0 0 * * 7", now), "2026-11-29T00:00:00Z");
  EXPECT_EQ(next("0 0 * * 5-7", now, 3), "2026-11-29T00:00:00Z");
  EXPECT_EQ(next("0 12 1 jan,jul *", now, 2), "2027-07-01T12:00:00Z");
  EXPECT_EQ(next("0 0 * * *", now), next("@daily", now));
  EXPECT_EQ(next("@hourly", now), "2026-11-26T20:00:00Z");
  EXPECT_EQ(next("@weekly", now), "2026-11-29T00:00:00Z");
  EXPECT_EQ(next("@monthly", now), "2026-12-01T00:00:00Z");
  EXPECT_EQ(next("@yearly", now), "2027-01-01T00:00:00Z");
}

TEST(Cron, KnowsEndsOfMonthsAndLeapYears) {
  EXPECT_EQ(next("0 0 31 * *", at(2026, 1, 31)), "2026-03-31T00:00:00Z");
  EXPECT_EQ(next("0 0 30 * *", at(2026, 1, 30)), "2026-03-30T00:00:00Z");
  EXPECT_EQ(next("59 23 28-31 2 *", at(2026, 2, 28)), "2026-02-28T23:59:00Z");
  EXPECT_EQ(next("0 0 29 2 *", at(2026, 1, 1)), "2028-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 29 2 *", at(2096, 3, 1)), "2104-02-29T00:00:00Z");  // 2100 has none
  EXPECT_EQ(next("0 0 29 2 *", at(1999, 3, 1)), "2000-02-29T00:00:00Z");  // 2000 has one
  EXPECT_EQ(next("59 59 23 31 12 *", at(2026, 1, 1)), "2026-12-31T23:59:59Z");
  EXPECT_EQ(next("0 0 29 2 */7", at(2096, 3, 1)), "2128-02-29T00:00:00Z");  // a Sunday: both must fit where one begins with *
}

TEST(Cron, EitherDayIsEnoughWhereBothAreRestricted) {
  EXPECT_EQ(next("0 0 13 * fri", at(2026, 11, 1)), "2026-11-06T00:00:00Z");
  EXPECT_EQ(next("0 0 3 * fri", at(2026, 11, 1)), "2026-11-03T00:00:00Z");
}

TEST(Cron, RefusesWhatIsWrong) {
  for (const std::string_view bad : {"",           "* * * *",    "* * * * * * *", "60 * * * *",  "* 24 * * *",
                                     "* * 0 * *",  "* * * 13 *", "* * * * 8",     "5-1 * * * *", "*/0 * * * *",
                                     "*/ * * * *", "a * * * *",  "1,,2 * * * *",  ", * * * *",   "* * * foo *",
                                     "@never",     "0 0 31 2 *", "0 0 31 4,6 *",  "-1 * * * *",  "1- * * * *",
                                     "* * * * mo"})
    EXPECT_FALSE(Cron::parse(bad)) << bad;
  EXPECT_NE(Cron::parse("61 * * * *").error().message.find("minute, which is 0 to 59"), std::string::npos);
  EXPECT_NE(Cron::parse("0 0 31 2 *").error().message.find("never"), std::string::npos);
}

// Against the definition: second by second from a random time on.
TEST(Cron, AgreesWithTheDefinition) {
  std::mt19937 random(7);
  for (const std::string_view text :
       {"*/7 */11 3-5 * * *", "0 */13 * 1,15 * *", "30 0 0 * * sun", "15-45/10 5 */6 28-31 feb,mar *"}) {
    const Cron cron = Cron::parse(text).value();
    for (int i = 0; i < 20; ++i) {
      const int64_t from = at(2027, 2, 20) + static_cast<int64_t>(random() % 2'000'000);
      const int64_t found = cron.next(from).value();
      ASSERT_GT(found, from);
      EXPECT_EQ(cron.next(found - 1), found);
      for (int64_t t = from; t < found; t += 1 + static_cast<int64_t>(random() % 1000)) EXPECT_EQ(cron.next(t), found);
    }
  }
}

}  // namespace
}  // namespace mote::manifest
