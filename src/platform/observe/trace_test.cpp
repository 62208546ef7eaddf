// W3C trace context: what is read, what begins anew, what is handed on.
#include "platform/observe/trace.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::observe {
namespace {

constexpr std::string_view good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, IsReadAndWritten) {
  const auto context = TraceContext::parse(good, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->is_sampled());
  EXPECT_EQ(context->traceparent(), good);
  EXPECT_EQ(context->state, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  // Flags that are not known are not handed on; of a later version what is known is read.
  EXPECT_EQ(TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->traceparent(), good);
  EXPECT_EQ(TraceContext::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")->traceparent(), good);
  EXPECT_FALSE(TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->is_sampled());
}

TEST(Trace, BeginsAnewWhereItIsMalformed) {
  for (const std::string_view bad : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
       })
    EXPECT_FALSE(TraceContext::parse(bad)) << bad;
  EXPECT_EQ(TraceContext::parse(good, std::string(600, 'x') + "=1")->state, "");
  EXPECT_EQ(TraceContext::parse(good, "a=1\nb")->state, "");
  EXPECT_EQ(TraceContext::parse(good, "nothing")->state, "");
}

TEST(Trace, IsNeverZero) {
  const RandomSource zeros = [](std::span<uint8_t> into) { std::ranges::fill(into, uint8_t{0}); };
  EXPECT_EQ(begin_trace(zeros, true).trace.back(), 1);
  EXPECT_EQ(new_span_id(zeros).back(), 1);
  EXPECT_FALSE(begin_trace(zeros, false).is_sampled());
}

}  // namespace
}  // namespace mote::observe
