// Admission: how many events may wait for a component at one worker, so that who is let in is answered in its time: whoever is not
// is told so at once, and may ask somewhere else.
//
// It learns from what happens. Two averages count: what an event takes in turns, and the time from the beginning of one event to
// the next one's while others wait, with all that lies between (other components, requests that are refused). No more wait than
// begin within three quarters of an event's time; where nobody waits one may, however long those before it took.
//
// That serves a burst. Where somebody has waited at every moment for half a second, a long queue answers no more events than a
// short one, only later, and costs more: memory that has grown cold, and for each answer that takes 40 ms a packet of its own that
// acknowledges the request. So then no more wait than begin within 25 ms (`./bench overload`: docs/internals/performance.md).
//
// Times are nanoseconds of one clock. One thread. Tested by admission_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mote::serve {

class Admission {
 public:
  Admission(uint64_t time_ns, size_t most_waiting) : time_ns_(time_ns), most_waiting_(most_waiting) {}

  [[nodiscard]] bool is_full(size_t waiting) const;
  // Who has waited for long and has hardly what an event takes left would probably only take the turn of another.
  [[nodiscard]] bool is_too_late(uint64_t waited_ns) const;

  void began(uint64_t now_ns, bool others_wait);
  void ended(uint64_t ran_ns, bool ran_out_of_time);

  [[nodiscard]] uint64_t usual_ns() const { return usual_ns_; }  // what an event takes in turns; 0: none has ended

 private:
  static constexpr uint64_t burst_ns_ = 500'000'000, standing_ns_ = 25'000'000;

  [[nodiscard]] uint64_t patience_ns() const;

  const uint64_t time_ns_;  // that an event has, waiting included
  const size_t most_waiting_;
  uint64_t usual_ns_ = 0, pace_ns_ = 0;
  uint64_t last_begun_ns_ = 0, crowded_since_ns_ = 0;
  bool is_crowded_ = false;     // others waited when the last one began
  bool one_was_ended_ = false;  // since then, because its time was over
};

}  // namespace mote::serve
