// Tests of time.h against dates whose numbers are known.
#include "base/core/time.h"

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(UtcText, KnowsTheCalendar) {
  EXPECT_EQ(utc_text(0, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(951'782'400'000'000'000, 0), "2000-02-29T00:00:00Z");
  EXPECT_EQ(utc_text(4'107'542'400'000'000'000, 0), "2100-03-01T00:00:00Z");
  EXPECT_EQ(utc_text(1'795'700'626'226'000'001, 3), "2026-11-26T13:43:46.226Z");
  EXPECT_EQ(utc_text(1'795'700'626'226'000'001, 9), "2026-11-26T13:43:46.226000001Z");
  EXPECT_EQ(utc_text(-1, 9), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace mote
