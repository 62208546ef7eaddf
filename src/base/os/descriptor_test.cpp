// Tests of descriptor.h on pipes.
#include "base/os/descriptor.h"

#include "base/os/clock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mote::os {
namespace {

class Descriptors : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(Descriptors, CarriesBytesAndSaysHowMany) {
  EXPECT_FALSE(readiness(pipe_[0], false).is_ready);
  EXPECT_TRUE(readiness(pipe_[1], true).is_ready);
  EXPECT_EQ(write_descriptor(pipe_[1], Bytes(reinterpret_cast<const uint8_t*>("hello"), 5)), 5u);
  const Readiness ready = readiness(pipe_[0], false);
  EXPECT_TRUE(ready.is_ready);
  EXPECT_FALSE(ready.is_hung_up);
  EXPECT_EQ(ready.bytes, 5u);
  uint8_t into[3];
  EXPECT_EQ(read_descriptor(pipe_[0], into), 3u);
  EXPECT_EQ(std::memcmp(into, "hel", 3), 0);
}

TEST_F(Descriptors, EndAndHangUp) {
  close(pipe_[1]);
  pipe_[1] = -1;
  const Readiness ready = readiness(pipe_[0], false);
  EXPECT_TRUE(ready.is_ready);
  EXPECT_TRUE(ready.is_hung_up);
  uint8_t into[3];
  EXPECT_EQ(read_descriptor(pipe_[0], into), 0u);
}

TEST_F(Descriptors, ErrorsAreErrnoValues) {
  uint8_t byte = 0;
  EXPECT_EQ(read_descriptor(-1, {&byte, 1}), std::unexpected(EBADF));
  EXPECT_EQ(write_descriptor(-1, {&byte, 1}), std::unexpected(EBADF));
  ignore_broken_pipes();
  close(pipe_[0]);
  pipe_[0] = -1;
  EXPECT_EQ(write_descriptor(pipe_[1], {&byte, 1}), std::unexpected(EPIPE));
}

TEST_F(Descriptors, WaitsUntilReadyOrTimeHasPassed) {
  const Wanted wanted[] = {{pipe_[0], false}};
  const uint64_t begin = now_ns(Clock::monotonic);
  wait_for(wanted, 20'000'000);
  EXPECT_GE(now_ns(Clock::monotonic) - begin, 20'000'000u);
  uint8_t byte = 1;
  ASSERT_EQ(write_descriptor(pipe_[1], {&byte, 1}), 1u);
  wait_for(wanted, std::nullopt);  // would hang if readiness went unnoticed
  wait_for({}, 0);
}

}  // namespace
}  // namespace mote::os
