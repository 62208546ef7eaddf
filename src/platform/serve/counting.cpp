// See counting.h.
#include "platform/serve/counting.h"

namespace mote::serve {

using observe::Metric;
using trigger::Outcome;

namespace {

observe::Outcome label_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::answered:
      return observe::Outcome::answered;
    case Outcome::Kind::exited:
    case Outcome::Kind::lost:
      return observe::Outcome::failed;
    case Outcome::Kind::trapped:
      return observe::Outcome::trapped;
    case Outcome::Kind::timed_out:
      return observe::Outcome::timed_out;
    case Outcome::Kind::busy:
      return observe::Outcome::refused;
    case Outcome::Kind::unavailable:
      break;
  }
  return observe::Outcome::unready;
}

bool is_error(Outcome::Kind kind) {
  return kind == Outcome::Kind::trapped || kind == Outcome::Kind::exited || kind == Outcome::Kind::lost;
}

}  // namespace

void count_refused(observe::Shard& shard, uint32_t component, trigger::Kind kind) {
  shard.event(component, static_cast<observe::TriggerLabel>(kind), observe::Outcome::refused);
  shard.record(component, Metric::event_duration, 0);
}

void count(observe::Shard& shard, uint32_t component, const trigger::Event& event, const Outcome& outcome, uint64_t took_ns) {
  shard.event(component, static_cast<observe::TriggerLabel>(event.kind), label_of(outcome.kind));
  shard.record(component, Metric::event_duration, took_ns);
  if (is_error(outcome.kind)) shard.add(component, Metric::errors);
  if (outcome.kind == Outcome::Kind::timed_out) shard.add(component, Metric::timeouts);
  if (outcome.is_refusal()) return;
  shard.record(component, Metric::queue_duration, outcome.queued_ns);
  shard.record(component, Metric::invoke_duration, outcome.ran_ns);
  shard.add(component, Metric::cpu, static_cast<int64_t>(outcome.ran_ns));
  shard.add(component, Metric::bytes, static_cast<int64_t>(event.input().size()), 0);
  shard.add(component, Metric::bytes, static_cast<int64_t>(outcome.answer.size()), 1);
}

}  // namespace mote::serve
