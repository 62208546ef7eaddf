// Pairs, messages with descriptors, and processes made by fork.
#include "base/os/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace mote::os {
namespace {

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text(const std::vector<uint8_t>& from) {
  return {from.begin(), from.end()};
}
std::optional<EndedChild> reap() {
  for (;;) {
    if (auto ended = reap_child()) return ended;
    usleep(1000);
  }
}

TEST(Channel, MessagesStayWholeAndCarryDescriptors) {
  auto ends = connected_pair(Pair::messages).value();
  auto inner = connected_pair(Pair::stream).value();
  const int given[] = {inner.first.descriptor(), inner.second.descriptor()};
  ASSERT_TRUE(send_message(ends.first.descriptor(), bytes("one"), given));
  ASSERT_TRUE(send_message(ends.first.descriptor(), bytes("two")));
  const auto one = receive_message(ends.second.descriptor(), 10);
  ASSERT_TRUE(one);
  EXPECT_EQ(text(one->bytes), "one");
  ASSERT_EQ(one->descriptors.size(), 2u);
  ASSERT_EQ(::write(one->descriptors[0].descriptor(), "x", 1), 1);
  char got = 0;
  EXPECT_EQ(::read(inner.second.descriptor(), &got, 1), 1);
  EXPECT_EQ(got, 'x') << "a copy of the same socket";
  EXPECT_EQ(text(receive_message(ends.second.descriptor(), 10)->bytes), "two");
  ASSERT_TRUE(send_message(ends.first.descriptor(), bytes("longer than ten bytes")));
  EXPECT_EQ(receive_message(ends.second.descriptor(), 10).error(), EMSGSIZE);
  ends.first = {};
  EXPECT_TRUE(receive_message(ends.second.descriptor(), 10)->bytes.empty());
  EXPECT_EQ(send_message(ends.second.descriptor(), bytes("nobody")).error(), EPIPE);
  EXPECT_FALSE(send_message(ends.second.descriptor(), bytes("x"), std::vector<int>(most_sent_descriptors + 1, 0)));
}

TEST(Channel, CopiesEndAndAreReaped) {
  const int seven = start_copy([] { return 7; }).value();
  auto ended = reap();
  EXPECT_EQ(ended->id, seven);
  EXPECT_EQ(ended->how, "exited with status 7");
  const int waits = start_copy([] {
                      for (;;) pause();
                      return 0;
                    }).value();
  kill_child(waits);
  ended = reap();
  EXPECT_EQ(ended->id, waits);
  EXPECT_EQ(ended->how, "was killed by SIGKILL");
}

TEST(Channel, ClosesAllOtherDescriptors) {
  auto ends = connected_pair(Pair::stream).value(), others = connected_pair(Pair::stream).value();
  (void)start_copy([&] {
    const int kept[] = {ends.second.descriptor()};
    close_all_but(kept);
    const bool is_right = ::fcntl(kept[0], F_GETFD) >= 0 && ::fcntl(ends.first.descriptor(), F_GETFD) < 0 &&
                          ::fcntl(others.first.descriptor(), F_GETFD) < 0 && ::fcntl(2, F_GETFD) >= 0;
    return is_right ? 0 : 1;
  }).value();
  EXPECT_EQ(reap()->how, "exited with status 0");
}

}  // namespace
}  // namespace mote::os
