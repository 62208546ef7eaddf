// Signals arrive at the descriptor instead of the handler; the supervisor is told when there is one.
#include "base/os/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace mote::os {
namespace {

TEST(Signals, AreRead) {
  constexpr int signals[] = {SIGUSR1, SIGUSR2};
  const auto descriptor = signal_descriptor(signals);
  ASSERT_TRUE(descriptor);
  EXPECT_FALSE(next_signal(*descriptor));
  kill(getpid(), SIGUSR2);
  pollfd ready{descriptor->descriptor(), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, -1), 1);
  EXPECT_EQ(next_signal(*descriptor), SIGUSR2);
  EXPECT_FALSE(next_signal(*descriptor));
}

TEST(Supervisor, IsToldWhenThereIsOne) {
  unsetenv("NOTIFY_SOCKET");
  Supervisor().tell("READY=1");  // nobody
  const int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  const std::string name = "@mote-signals-test-" + std::to_string(getpid());
  name.copy(address.sun_path + 0, name.size());
  address.sun_path[0] = '\0';
  ASSERT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
      0);
  setenv("NOTIFY_SOCKET", name.c_str(), 1);
  Supervisor().tell("READY=1");
  char text[20] = {};
  EXPECT_EQ(recv(listener, text, sizeof text, 0), 7);
  EXPECT_EQ(std::string(text), "READY=1");
  setenv("NOTIFY_SOCKET", "/not/there", 1);
  Supervisor().tell("STOPPING=1");  // does not matter
  unsetenv("NOTIFY_SOCKET");
  close(listener);
}

}  // namespace
}  // namespace mote::os
