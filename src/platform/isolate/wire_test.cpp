// Frames come back as they were; whatever else comes is refused.
#include "platform/isolate/wire.h"

#include <gtest/gtest.h>

#include <random>

namespace mote::isolate {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Wire, EventsComeBack) {
  Frame frame;
  encode(
      EventFrame{
          .id = 7, .kind = trigger::Kind::timer, .entry = 3, .arguments = {"a", ""}, .environment = {"B=c"}, .input = bytes("in")},
      frame);
  const auto event = decode_event(frame);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, 7u);
  EXPECT_EQ(event->kind, trigger::Kind::timer);
  EXPECT_EQ(event->entry, 3u);
  EXPECT_EQ(event->arguments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(event->environment, std::vector<std::string>{"B=c"});
  EXPECT_EQ(std::string(event->input.begin(), event->input.end()), "in");
}

TEST(Wire, OutcomesComeBack) {
  using Kind = trigger::Outcome::Kind;
  for (const Kind kind :
       {Kind::answered, Kind::exited, Kind::trapped, Kind::timed_out, Kind::busy, Kind::unavailable, Kind::lost}) {
    Frame frame;
    const trigger::Outcome outcome{.kind = kind,
                                   .answer = bytes("out"),
                                   .messages = bytes("err"),
                                   .is_cut = true,
                                   .exit_code = -3,
                                   .text = "why",
                                   .retry_after_s = 2,
                                   .queued_ns = 4,
                                   .ran_ns = 5};
    encode(OutcomeFrame{.id = 9, .outcome = outcome}, frame);
    const auto came = decode_outcome(frame);
    ASSERT_TRUE(came);
    EXPECT_EQ(came->id, 9u);
    EXPECT_EQ(came->outcome.kind, kind);
    EXPECT_EQ(came->outcome.exit_code, -3);
    EXPECT_EQ(came->outcome.text, "why");
    EXPECT_TRUE(came->outcome.is_cut);
    EXPECT_EQ(came->outcome.retry_after_s + came->outcome.queued_ns + came->outcome.ran_ns, 11u);
    EXPECT_EQ(came->outcome.answer.size() + came->outcome.messages.size(), 6u);
  }
}

TEST(Wire, WhatIsCutOrLongerIsRefused) {
  std::vector<Frame> frames(4);
  encode(EventFrame{.id = 1, .arguments = {"a"}, .environment = {"b=c"}, .input = bytes("d")}, frames[0]);
  encode(OutcomeFrame{.id = 1, .outcome = {.answer = bytes("a"), .messages = bytes("b"), .text = "c"}}, frames[1]);
  encode(Hello{.error = "a", .digest = "b", .code = "c", .code_size = 4}, frames[2]);
  encode(Request{.component = "a", .manifest_digest = "b", .module_digest = "c"}, frames[3]);
  const auto accepted = [](Bytes frame) {
    return int{decode_event(frame).has_value()} + decode_outcome(frame).has_value() + decode_hello(frame).has_value() +
           decode_request(frame).has_value();
  };
  for (Frame& frame : frames) {
    EXPECT_EQ(accepted(frame), 1) << "what it is, and nothing else";
    for (size_t size = 0; size < frame.size(); ++size) EXPECT_EQ(accepted(Bytes(frame).first(size)), 0);
    frame.push_back(0);
    EXPECT_EQ(accepted(frame), 0);
  }
}

TEST(Wire, AnyBytesAreRead) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Frame frame(random() % 200);
    for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random() % 3 == 0 ? random() : random() % 5);
    (void)decode_event(frame), (void)decode_outcome(frame), (void)decode_hello(frame), (void)decode_request(frame);
  }
  Frame frame;
  encode(OutcomeFrame{.id = 1, .outcome = {.answer = bytes("answer"), .text = "text"}}, frame);
  for (size_t at = 0; at < frame.size(); ++at) {
    Frame changed = frame;
    for (const uint8_t value : {0, 1, 127, 255}) {
      changed[at] = value;
      const auto outcome = decode_outcome(changed);
      if (outcome) EXPECT_LE(outcome->outcome.answer.size(), frame.size());
    }
  }
}

}  // namespace
}  // namespace mote::isolate
