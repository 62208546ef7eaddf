// See tracer.h.
#include "platform/wiring/tracer.h"

#include "base/os/clock.h"
#include "base/os/machine.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mote::wiring {
namespace {

using observe::Span;

constexpr uint64_t ns_per_us = 1000;

Span::Kind kind_of(trigger::Kind kind) {
  return kind == trigger::Kind::mqtt ? Span::Kind::consumer : Span::Kind::server;
}

class EventTrace final : public trigger::Trace {
 public:
  EventTrace(Span span, std::array<uint8_t, 8> guest, const Tracer::Take& take)
      : span_(std::move(span)), guest_(guest), take_(take), begun_ns_(os::now_ns(os::Clock::monotonic)) {
    observe::TraceContext onward = span_.context;
    onward.span = guest_;
    parent_ = onward.traceparent();
    state_ = onward.state;
    span_.start_ns = os::now_ns(os::Clock::realtime);
  }

  void name(std::string name) override { span_.name = std::move(name); }
  void note(std::string_view attribute, std::string_view text) override {
    const std::string_view cut = text.substr(0, observe::limits::attribute.standard);
    span_.attributes.push_back({std::string(attribute), std::string(cut)});
  }
  void note(std::string_view attribute, int64_t number) override { span_.attributes.push_back({std::string(attribute), number}); }
  void fail(std::string_view type) override {
    if (!std::exchange(span_.has_failed, true)) note("error.type", type);
  }
  [[nodiscard]] std::string_view parent() const override { return parent_; }
  [[nodiscard]] std::string_view state() const override { return state_; }

  void end(const trigger::Outcome& outcome) override {
    // By the clock that nobody sets.
    span_.end_ns = span_.start_ns + (os::now_ns(os::Clock::monotonic) - begun_ns_);
    const bool is_good = outcome.kind == trigger::Outcome::Kind::answered;
    if (!is_good) fail(trigger::word(outcome.kind));
    if (!is_good) span_.failure = outcome.text.substr(0, outcome.text.find('\n'));
    note("mote.event.outcome", trigger::word(outcome.kind));
    note("mote.event.queue_time_us", static_cast<int64_t>(outcome.queued_ns / ns_per_us));
    if (outcome.ran_ns != 0) take_(guest(outcome, is_good));
    take_(std::move(span_));
  }

 private:
  [[nodiscard]] Span guest(const trigger::Outcome& outcome, bool is_good) const {
    Span guest;
    guest.context = span_.context;
    guest.context.span = guest_;
    guest.parent = span_.context.span;
    guest.name = "guest";
    guest.kind = Span::Kind::internal;
    guest.start_ns = std::min(span_.start_ns + outcome.queued_ns, span_.end_ns);
    guest.end_ns = span_.end_ns;
    guest.attributes = {{"mote.guest.turns_us", static_cast<int64_t>(outcome.ran_ns / ns_per_us)}};
    if (outcome.exit_code != 0) guest.attributes.push_back({"mote.guest.exit_code", int64_t{outcome.exit_code}});
    guest.has_failed = !is_good;
    guest.failure = span_.failure;
    return guest;
  }

  Span span_;
  const std::array<uint8_t, 8> guest_;  // the id of the guest's span
  const Tracer::Take take_;
  const uint64_t begun_ns_;
  std::string parent_, state_;  // also for after the end
};

}  // namespace

Result<std::unique_ptr<Tracer>> Tracer::create(const observe::Sampler& sampler, Take take) {
  uint64_t seed = 0;
  TRY(os::fill_random({reinterpret_cast<uint8_t*>(&seed), sizeof seed}));
  return std::unique_ptr<Tracer>(new Tracer(sampler, std::move(take), seed));
}

std::unique_ptr<trigger::Trace> Tracer::begin(const trigger::Event& event) {
  const auto random = [this](std::span<uint8_t> into) {
    while (!into.empty()) {
      const uint64_t bits = random_();
      const size_t size = std::min(into.size(), sizeof bits);
      std::memcpy(into.data(), &bits, size);
      into = into.subspan(size);
    }
  };
  const trigger::Event::Caller caller = event.caller();
  auto context = observe::TraceContext::parse(caller.parent, caller.state);
  const bool has_parent = context.has_value();
  if (!has_parent) context = observe::begin_trace(random, false);
  if (!sampler_.samples(*context, has_parent)) return nullptr;
  Span span;
  if (has_parent) span.parent = context->span;
  span.context = *std::move(context);
  span.context.flags = 1;
  span.context.span = observe::new_span_id(random);
  span.kind = kind_of(event.kind);
  auto trace = std::make_unique<EventTrace>(std::move(span), observe::new_span_id(random), take_);
  event.introduce(*trace);
  return trace;
}

}  // namespace mote::wiring
