// Processes that a process beside this one starts: with channels, told of when they end, and ended when they are to.
#include "platform/isolate/keeper.h"

#include "base/os/channel.h"
#include "base/os/descriptor.h"
#include "platform/isolate/channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace mote::isolate {
namespace {

// Says what it was asked for, how often the keeper was asked before, and ends with the channels, or by itself.
class Duty final : public Keeper::Duty {
 public:
  void prepare(const Request&) override { ++prepared_; }
  int run(const Request& request, std::vector<os::File> channels) override {
    (void)say_hello(channels[0], {.digest = request.component, .code_size = prepared_ * 10 + channels.size()});
    if (request.component == "ends") return 5;
    const os::Wanted end{channels[0].descriptor(), false};
    os::wait_for({&end, 1}, std::nullopt);
    return 0;
  }

 private:
  uint64_t prepared_ = 0;
};

std::vector<Keeper::Ended> await_end(Keeper& keeper) {
  for (;;) {
    if (auto ended = keeper.take_ended(); !ended.empty()) return ended;
    const os::Wanted word{keeper.descriptor(), false};
    os::wait_for({&word, 1}, std::nullopt);
  }
}

TEST(Keeper, StartsProcessesAndTellsOfTheirEnd) {
  Duty duty;
  auto keeper = Keeper::start(duty);
  ASSERT_TRUE(keeper);
  auto one = (*keeper)->start_cell({.component = "one"}, 3);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->channels.size(), 3u);
  auto hello = await_hello(one->channels[0], 10'000);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->digest, "one");
  EXPECT_EQ(hello->code_size, 13u);
  auto two = (*keeper)->start_cell({.component = "ends"}, 1);
  ASSERT_TRUE(two);
  EXPECT_EQ(await_hello(two->channels[0], 10'000)->code_size, 21u) << "the keeper remembers, its processes do not";
  auto ended = await_end(**keeper);
  EXPECT_EQ(ended[0].number, two->number);
  EXPECT_EQ(ended[0].how, "exited with status 5");
  EXPECT_FALSE(await_hello(two->channels[0], 10'000)) << "nothing follows";
  (*keeper)->end_cell(one->number);
  ended = await_end(**keeper);
  EXPECT_EQ(ended[0].number, one->number);
  EXPECT_EQ(ended[0].how, "was killed by SIGKILL");
  EXPECT_EQ((*keeper)->start_cell({.component = "many"}, os::most_sent_descriptors + 1).error().kind, ErrorKind::limit);
}

TEST(Keeper, AProcessEndsWithItsChannels) {
  Duty duty;
  auto keeper = Keeper::start(duty);
  {
    auto one = (*keeper)->start_cell({.component = "one"}, 1);
    ASSERT_TRUE(await_hello(one->channels[0], 10'000));
  }
  EXPECT_EQ(await_end(**keeper)[0].how, "exited with status 0");
}

TEST(Keeper, SilenceIsNotWaitedForLong) {
  const auto ends = os::connected_pair(os::Pair::stream).value();
  EXPECT_EQ(await_hello(ends.first, 20).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace mote::isolate
