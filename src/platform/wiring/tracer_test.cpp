// Events as spans: whose trace they go on with, what is left out, what the guest is told.
#include "platform/wiring/tracer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::wiring {
namespace {

constexpr std::string_view sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

class Asked final : public trigger::Event {
 public:
  explicit Asked(std::string_view parent = {}, std::string_view state = {}) : Event(trigger::Kind::http), caller_{parent, state} {}
  [[nodiscard]] Bytes input() const override { return {}; }
  void describe(trigger::Variables& variables) override { variables.add("OWN", "1"); }
  void done(const trigger::Outcome&) override {}
  [[nodiscard]] Caller caller() const override { return caller_; }
  void introduce(trigger::Trace& into) const override {
    into.name("GET /a");
    into.note("http.route", "/a");
  }

 private:
  Caller caller_;
};

struct TracerTest : ::testing::Test {
  std::vector<observe::Span> spans;
  std::unique_ptr<Tracer> tracer(observe::Sampler sampler = {}) {
    return Tracer::create(sampler, [this](observe::Span span) { spans.push_back(std::move(span)); }).value();
  }
};

TEST_F(TracerTest, AnEventIsASpanWithItsGuestsInIt) {
  Asked event;
  event.trace = tracer()->begin(event);
  ASSERT_NE(event.trace, nullptr);
  event.trace->end({.queued_ns = 5'000, .ran_ns = 7'000});
  ASSERT_EQ(spans.size(), 2u);
  const observe::Span &guest = spans[0], &whole = spans[1];
  EXPECT_EQ(whole.name, "GET /a");
  EXPECT_EQ(whole.kind, observe::Span::Kind::server);
  EXPECT_EQ(whole.parent, (std::array<uint8_t, 8>{}));
  EXPECT_NE(whole.context.trace, (std::array<uint8_t, 16>{}));
  EXPECT_EQ(guest.context.trace, whole.context.trace);
  EXPECT_EQ(guest.parent, whole.context.span);
  EXPECT_NE(guest.context.span, whole.context.span);
  EXPECT_FALSE(whole.has_failed || guest.has_failed);
  EXPECT_LE(whole.start_ns, guest.start_ns);
  EXPECT_LE(guest.end_ns, whole.end_ns);
  bool has_queue_time = false;
  for (const observe::Attribute& one : whole.attributes)
    has_queue_time |= one.name == "mote.event.queue_time_us" && std::get<int64_t>(one.value) == 5;
  EXPECT_TRUE(has_queue_time);
}

TEST_F(TracerTest, GoesOnWithTheCallersTraceAndTheGuestWithIts) {
  Asked event(sampled, "vendor=1");
  event.trace = tracer()->begin(event);
  ASSERT_NE(event.trace, nullptr);
  std::vector<std::string> arguments, environment;
  trigger::Variables variables(arguments, environment, 0);
  trigger::describe(event, variables);
  event.trace->end({.ran_ns = 1});
  ASSERT_EQ(spans.size(), 2u);
  const auto caller = observe::TraceContext::parse(sampled);
  EXPECT_EQ(spans[1].context.trace, caller->trace);
  EXPECT_EQ(spans[1].parent, caller->span);
  EXPECT_EQ(environment,
            (std::vector<std::string>{"OWN=1", "TRACEPARENT=" + spans[0].context.traceparent(), "TRACESTATE=vendor=1"}));
  EXPECT_EQ(event.trace->state(), "vendor=1");  // still, for an answer's message
}

TEST_F(TracerTest, WhatIsNotSampledIsNothing) {
  Asked event(unsampled);
  EXPECT_EQ(tracer()->begin(event), nullptr);
  Asked other;
  EXPECT_EQ(tracer({.kind = observe::Sampler::Kind::never})->begin(other), nullptr);
  std::vector<std::string> arguments, environment;
  trigger::Variables variables(arguments, environment, 0);
  trigger::describe(other, variables);
  EXPECT_EQ(environment, std::vector<std::string>{"OWN=1"});
}

TEST_F(TracerTest, AMalformedCallerBeginsATrace) {
  Asked event("00-zz-00f067aa0ba902b7-01");
  event.trace = tracer()->begin(event);
  ASSERT_NE(event.trace, nullptr);
  event.trace->end({});
  EXPECT_EQ(spans.back().parent, (std::array<uint8_t, 8>{}));
}

TEST_F(TracerTest, SaysWhatFailedAndLeavesOutAGuestThatNeverRan) {
  Asked event;
  event.trace = tracer()->begin(event);
  event.trace->end({.kind = trigger::Outcome::Kind::busy, .text = "too many events wait\nmore"});
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_TRUE(spans[0].has_failed);
  EXPECT_EQ(spans[0].failure, "too many events wait");
}

}  // namespace
}  // namespace mote::wiring
