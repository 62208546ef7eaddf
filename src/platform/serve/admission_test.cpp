// A worker that is offered more than it can do, by a clock of the test's own: who is let in is answered.
#include "platform/serve/admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>

namespace mote::serve {
namespace {

constexpr uint64_t us = 1'000, ms = 1'000'000, s = 1'000'000'000;

// Events come at a constant rate; to look at one that is refused takes time too.
struct Overload {
  uint64_t period_ns, event_ns, refusal_ns = 15 * us, time_ns = 100 * ms;
  Admission admission{time_ns, 1024};
  uint64_t now_ns = 0, next_ns = 0;
  std::deque<uint64_t> waiting = {};  // when they came
  uint64_t answered = 0, refused = 0, too_late = 0, cut_short = 0, longest_wait_ns = 0;

  void run(uint64_t for_ns) {
    answered = refused = too_late = cut_short = longest_wait_ns = 0;
    for (const uint64_t end = now_ns + for_ns; now_ns < end;) {
      take_those_that_came();
      if (waiting.empty()) {
        now_ns = next_ns;
      } else {
        turn();
      }
    }
  }
  void take_those_that_came() {
    for (; next_ns <= now_ns; next_ns += period_ns) {
      if (admission.is_full(waiting.size())) {
        ++refused;
        now_ns += refusal_ns;
      } else {
        waiting.push_back(next_ns);
      }
    }
  }
  void turn() {
    const uint64_t waited = now_ns - waiting.front();
    waiting.pop_front();
    if (admission.is_too_late(waited)) {
      ++too_late;
      now_ns += refusal_ns;
      return;
    }
    longest_wait_ns = std::max(longest_wait_ns, waited);
    admission.began(now_ns, !waiting.empty());
    const uint64_t ran = std::min(event_ns, time_ns - waited);
    now_ns += ran;
    admission.ended(ran, ran < event_ns);
    ++(ran < event_ns ? cut_short : answered);
  }
};

TEST(Admission, WhoIsLetInIsAnsweredAlsoWhenItBeganWithTooMuch) {
  Overload overload{.period_ns = 74 * us, .event_ns = 200 * us};
  overload.run(1 * s);
  EXPECT_LT(overload.cut_short, 5U);
  overload.run(5 * s);
  EXPECT_EQ(overload.cut_short, 0U);
  EXPECT_EQ(overload.too_late, 0U);
  EXPECT_GT(overload.refused, overload.answered);
  EXPECT_GT(overload.answered * 200 * us, 4 * s);  // what refusals leave
}

// A burst may wait for three quarters of the time; what goes on is none.
TEST(Admission, AQueueThatStandsIsShort) {
  Overload overload{.period_ns = 74 * us, .event_ns = 200 * us};
  overload.run(400 * ms);
  EXPECT_GT(overload.longest_wait_ns, 50 * ms);
  EXPECT_LT(overload.longest_wait_ns, 90 * ms);
  overload.run(400 * ms);
  overload.run(1 * s);
  EXPECT_GT(overload.longest_wait_ns, 20 * ms);
  EXPECT_LT(overload.longest_wait_ns, 30 * ms);
  overload.period_ns = 400 * us;  // less than can be done: nobody waits
  overload.run(1 * s);
  overload.period_ns = 74 * us;
  overload.run(400 * ms);
  EXPECT_GT(overload.longest_wait_ns, 50 * ms);
}

// Slower all of a sudden, by another's doing: the estimate follows, although those that it had let in run out of time.
TEST(Admission, ItFollowsWhatChanges) {
  Overload overload{.period_ns = 74 * us, .event_ns = 200 * us};
  overload.run(1 * s);
  overload.event_ns = 2 * ms;
  overload.run(1 * s);
  EXPECT_GT(overload.too_late + overload.cut_short, 0U);
  overload.run(1 * s);
  EXPECT_EQ(overload.too_late + overload.cut_short, 0U);
  overload.event_ns = 100 * us;
  overload.run(1 * s);
  overload.run(1 * s);
  EXPECT_EQ(overload.too_late + overload.cut_short, 0U);
  EXPECT_GT(overload.answered, 7'000U);
}

TEST(Admission, WhereNobodyWaitsOneMay) {
  Overload overload{.period_ns = 10 * ms, .event_ns = 150 * ms};  // no event has that much time
  overload.run(3 * s);
  EXPECT_GT(overload.cut_short, 20U);
  overload.event_ns = 1 * ms;
  overload.run(3 * s);
  overload.run(3 * s);
  EXPECT_EQ(overload.answered, 300U);
}

TEST(Admission, WhatEndedIsCountedAndWhatMayWaitIsBounded) {
  Admission admission(100 * ms, 4);
  EXPECT_FALSE(admission.is_full(3));
  EXPECT_TRUE(admission.is_full(4));
  admission.began(0, false);
  admission.ended(50 * ms, false);
  EXPECT_EQ(admission.usual_ns(), 50 * ms);
  EXPECT_FALSE(admission.is_full(0));
  EXPECT_TRUE(admission.is_full(1));
  EXPECT_FALSE(admission.is_too_late(37 * ms));
  EXPECT_TRUE(admission.is_too_late(38 * ms));
}

}  // namespace
}  // namespace mote::serve
