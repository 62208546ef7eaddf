// See admission.h.
//
// An event that ran out of time was cut short. By such times alone a worker that is offered too much would look fast: more would be
// let in, to wait until their time is nearly over and be cut short in turn. So they never make an average smaller.
#include "platform/serve/admission.h"

#include <algorithm>
#include <utility>

namespace mote::serve {

namespace {

uint64_t smoothed(uint64_t average, uint64_t one) {
  constexpr uint64_t over = 16;  // events, about
  return average == 0 ? one : (average * (over - 1) + one) / over;
}
uint64_t with(uint64_t average, uint64_t one, bool is_least) {
  const uint64_t next = smoothed(average, one);
  return is_least ? std::max(average, next) : next;
}

}  // namespace

bool Admission::is_full(size_t waiting) const {
  if (waiting >= most_waiting_) return true;
  const uint64_t pace = std::max(usual_ns_, pace_ns_);
  return waiting != 0 && pace != 0 && waiting >= patience_ns() / pace;
}

uint64_t Admission::patience_ns() const {
  const uint64_t most = time_ns_ - time_ns_ / 4;
  const bool stands = is_crowded_ && last_begun_ns_ - crowded_since_ns_ > burst_ns_;
  return stands ? std::min(most, standing_ns_) : most;
}

bool Admission::is_too_late(uint64_t waited_ns) const {
  return waited_ns >= time_ns_ || (waited_ns > time_ns_ / 4 && time_ns_ - waited_ns < usual_ns_ + usual_ns_ / 4);
}

void Admission::began(uint64_t now_ns, bool others_wait) {
  const uint64_t since_last = std::min(now_ns - last_begun_ns_, time_ns_);
  const bool is_least = std::exchange(one_was_ended_, false);
  pace_ns_ = is_crowded_ ? with(pace_ns_, since_last, is_least) : usual_ns_;
  last_begun_ns_ = now_ns;
  if (!is_crowded_) crowded_since_ns_ = now_ns;
  is_crowded_ = others_wait;
}

void Admission::ended(uint64_t ran_ns, bool ran_out_of_time) {
  usual_ns_ = with(usual_ns_, ran_ns, ran_out_of_time);
  one_was_ended_ = one_was_ended_ || ran_out_of_time;
}

}  // namespace mote::serve
