// Tracer: events of one worker as spans (OpenTelemetry): one from an event's arrival to its answer, goes on with the caller's trace
// or begins one; and in it one for the guest's run. Which are kept the sampler says; of others nothing is made.
//
// One thread. Tested by tracer_test.cpp; tests/up/run (traces).
#pragma once

#include "platform/observe/otlp.h"
#include "platform/trigger/event.h"

#include <mote/result.h>

#include <functional>
#include <memory>
#include <random>

namespace mote::wiring {

class Tracer {
 public:
  using Take = std::function<void(observe::Span)>;
  [[nodiscard]] static Result<std::unique_ptr<Tracer>> create(const observe::Sampler& sampler, Take take);

  // Null: it is not sampled. The trace may outlive the tracer, not what `take` leads to.
  [[nodiscard]] std::unique_ptr<trigger::Trace> begin(const trigger::Event& event);

 private:
  Tracer(const observe::Sampler& sampler, Take take, uint64_t seed) : sampler_(sampler), take_(std::move(take)), random_(seed) {}

  const observe::Sampler sampler_;
  const Take take_;
  std::mt19937_64 random_;  // ids are to differ, not to be secret
};

}  // namespace mote::wiring
