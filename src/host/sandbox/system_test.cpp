// Tests of system.h on real pipes and clocks.
#include "host/sandbox/system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

namespace mote::sandbox {
namespace {

class SystemStreams : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pipe(pipe_), 0);
    from_ = system_stream(pipe_[0]);
    to_ = system_stream(pipe_[1]);
  }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  int pipe_[2] = {-1, -1};
  std::unique_ptr<Stream> from_, to_;
  uint8_t buffer_[8] = {};
};

TEST_F(SystemStreams, CarryBytes) {
  EXPECT_FALSE(from_->readiness(false).is_ready);
  EXPECT_TRUE(to_->readiness(true).is_ready);
  EXPECT_EQ(to_->write(Bytes(reinterpret_cast<const uint8_t*>("abc"), 3)), 3u);
  EXPECT_EQ(from_->readiness(false).bytes, 3u);
  EXPECT_EQ(from_->read(buffer_), 3u);
  EXPECT_EQ(std::memcmp(buffer_, "abc", 3), 0);
  EXPECT_FALSE(from_->is_terminal());
}

TEST_F(SystemStreams, WaitEvenWhenSomebodyMadeTheDescriptorNonBlocking) {
  ASSERT_EQ(fcntl(pipe_[0], F_SETFL, O_NONBLOCK), 0);
  std::jthread writer([&] {
    usleep(20'000);
    (void)to_->write(Bytes(reinterpret_cast<const uint8_t*>("x"), 1));
  });
  EXPECT_EQ(from_->read(buffer_), 1u);
}

TEST_F(SystemStreams, RefusalsSayWhatHappened) {
  EXPECT_EQ(system_stream(-1)->read(buffer_), std::unexpected(Refusal::bad_descriptor));
  EXPECT_EQ(system_stream(-1)->write(buffer_), std::unexpected(Refusal::bad_descriptor));
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  EXPECT_EQ(system_stream(full)->write(buffer_), std::unexpected(Refusal::no_space));
  close(full);
}

TEST_F(SystemStreams, ClocksWaitForStreamsOrTime) {
  SystemClocks clocks;
  const uint64_t begin = clocks.now_ns(ClockId::monotonic);
  const Wanted wanted[] = {{from_.get(), false}};
  EXPECT_TRUE(clocks.wait_for(wanted, 10'000'000));
  EXPECT_GE(clocks.now_ns(ClockId::monotonic) - begin, 10'000'000u);
  EXPECT_TRUE(clocks.sleep_until(ClockId::realtime, clocks.now_ns(ClockId::realtime) + 5'000'000));
  EXPECT_GE(clocks.now_ns(ClockId::monotonic) - begin, 15'000'000u);
  EXPECT_GE(clocks.resolution_ns(ClockId::monotonic), 1u);
}

TEST(ReserveRandomTest, DrawsDiffer) {
  ReserveRandom random;
  std::array<uint8_t, 16> first = {}, second = {};
  ASSERT_TRUE(random.fill(first));
  ASSERT_TRUE(random.fill(second));
  EXPECT_NE(first, second);
}

TEST(SystemRandomTest, FillsWithSomethingElseEachTime) {
  SystemRandom random;
  uint8_t one[32] = {}, two[32] = {};
  ASSERT_TRUE(random.fill(one));
  ASSERT_TRUE(random.fill(two));
  EXPECT_NE(std::memcmp(one, two, 32), 0);
}

}  // namespace
}  // namespace mote::sandbox
