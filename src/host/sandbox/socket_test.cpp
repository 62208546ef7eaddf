// Tests of socket.h and of what a process does with sockets, on real ones and the system's clocks.
#include "host/sandbox/socket.h"

#include "host/sandbox/fake.h"
#include "host/sandbox/process.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace mote::sandbox {
namespace {

class SocketTest : public testing::Test {
 protected:
  // Opens one end in the process; returns the other.
  os::File hand_in(int type, bool may_wait = true) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    auto socket = Socket::adopt(os::File(ends[0]));
    EXPECT_TRUE(socket.has_value());
    number_ = *process_.open({.stream = std::move(*socket), .is_readable = true, .is_writable = true, .may_wait = may_wait});
    return os::File(ends[1]);
  }
  std::string receive(size_t most, Process::Receiving how = {}) {
    std::string text(most, '?');
    const MutableBytes pieces[] = {{reinterpret_cast<uint8_t*>(text.data()), most / 2},
                                   {reinterpret_cast<uint8_t*>(text.data()) + most / 2, most - most / 2}};
    const auto received = process_.receive(number_, pieces, how);
    if (!received) return "refused " + std::to_string(static_cast<int>(received.error()));
    return text.substr(0, received->size) + (received->is_truncated ? "…" : "");
  }
  static std::string refused(Refusal refusal) { return "refused " + std::to_string(static_cast<int>(refusal)); }
  static void put(const os::File& to, std::string_view text) { (void)!::write(to.descriptor(), text.data(), text.size()); }

  SystemClocks clocks_;
  FakeRandom random_;
  Process process_{clocks_, random_};
  uint32_t number_ = 0;
};

TEST_F(SocketTest, WaitsWhenItMay) {
  const os::File peer = hand_in(SOCK_STREAM);
  std::thread later([&] {
    usleep(20'000);
    put(peer, "late");
  });
  EXPECT_EQ(receive(10), "late");
  later.join();
  process_.change(number_)->may_wait = false;
  EXPECT_EQ(receive(10), refused(Refusal::would_block));
}

// A guest's memory is looked for again after each wait: what was received before it stays where it is, the rest goes to the new
// place.
TEST_F(SocketTest, FindsThePiecesAgainAfterAWait) {
  const os::File peer = hand_in(SOCK_STREAM);
  std::string before(8, '.'), after(8, '.');
  const auto bytes = [](std::string& text) { return MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()); };
  const MutableBytes pieces[] = {bytes(before)};
  put(peer, "one ");
  std::thread later([&] {
    usleep(20'000);
    put(peer, "two ");
  });
  const auto received = process_.receive(number_, pieces, {.fills = true}, [&] { return std::vector{bytes(after)}; });
  later.join();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size, 8u);
  EXPECT_EQ(before, "one ....");
  EXPECT_EQ(after, "....two ");
}

TEST_F(SocketTest, FillsOnlyWhenAsked) {
  const os::File peer = hand_in(SOCK_STREAM);
  std::thread later([&] {
    for (const char* piece : {"one ", "two ", "three"}) {
      put(peer, piece);
      usleep(10'000);
    }
    shutdown(peer.descriptor(), SHUT_WR);
  });
  EXPECT_EQ(receive(8, {.fills = true}), "one two ");
  EXPECT_EQ(receive(3, {.only_looks = true}), "thr");
  EXPECT_EQ(receive(100, {.fills = true}), "three");  // the end
  EXPECT_EQ(receive(100, {.fills = true}), "");
  later.join();
}

// What came before a failure is handed on.
TEST_F(SocketTest, FillsAsFarAsThereIsWithoutWaiting) {
  const os::File peer = hand_in(SOCK_STREAM, false);
  put(peer, "some");
  EXPECT_EQ(receive(8, {.fills = true}), "some");
  EXPECT_EQ(receive(8, {.fills = true}), refused(Refusal::would_block));
}

TEST_F(SocketTest, DatagramsAreWholeOrSaidToBeCut) {
  const os::File peer = hand_in(SOCK_DGRAM);
  put(peer, "hello");
  put(peer, "again");
  EXPECT_EQ(receive(4, {.fills = true}), "hell…");
  EXPECT_EQ(receive(8), "again");
  uint8_t bytes[] = {'a', 'b', 'c'};
  const MutableBytes pieces[] = {{bytes, 1}, {bytes + 1, 2}};
  EXPECT_EQ(process_.send(number_, pieces), 3u);
  char buffer[9];
  EXPECT_EQ(::read(peer.descriptor(), buffer, sizeof buffer), 3);
  EXPECT_EQ(process_.accept(number_, true, 3), std::unexpected(Refusal::unsupported));
}

TEST_F(SocketTest, SendsUntilThePeerIsGone) {
  os::File peer = hand_in(SOCK_STREAM, false);
  std::vector<uint8_t> much(1 << 20);
  const MutableBytes piece(much);
  uint64_t total = 0;
  Outcome<uint64_t> sent = 0;
  while ((sent = process_.send(number_, {&piece, 1}))) total += *sent;
  EXPECT_EQ(sent.error(), Refusal::would_block);
  EXPECT_GT(total, 0u);
  EXPECT_FALSE(process_.find(number_)->stream->readiness(true).is_ready);
  peer = os::File();
  EXPECT_EQ(process_.send(number_, {&piece, 1}), std::unexpected(Refusal::broken_pipe));
  EXPECT_TRUE(process_.find(number_)->stream->readiness(false).is_hung_up);
}

TEST_F(SocketTest, AcceptsUnderTheLowestNumberAndNeverLosesAConnection) {
  auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}});
  ASSERT_TRUE(listener.has_value());
  const os::SocketAddress address = *os::socket_info(listener->descriptor())->address;
  number_ = *process_.open({.stream = *Socket::adopt(std::move(*listener)), .is_readable = true});
  EXPECT_EQ(receive(4), refused(Refusal::not_connected));
  process_.change(number_)->may_wait = false;
  EXPECT_EQ(process_.accept(number_, true, 3), std::unexpected(Refusal::would_block));
  const std::string command = "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(address.port) + "; printf hello >&3; cat <&3";
  FILE* const shell = popen(("bash -c '" + command + "'").c_str(), "r");
  process_.descriptors_most = 1;
  EXPECT_EQ(process_.accept(number_, true, 3), std::unexpected(Refusal::too_many_open));
  process_.descriptors_most = 9;
  process_.change(number_)->may_wait = true;
  ASSERT_EQ(process_.accept(number_, true, 3), 3u);
  number_ = 3;
  EXPECT_EQ(receive(10), "hello");
  uint8_t answer[] = {'w', 'e', 'l', 'l'};
  const MutableBytes piece(answer);
  EXPECT_EQ(process_.send(3, {&piece, 1}), 4u);
  EXPECT_TRUE(process_.shut_down(3, true, true));
  char seen[16] = {};
  EXPECT_EQ(fread(seen, 1, sizeof seen, shell), 4u);
  pclose(shell);
}

TEST_F(SocketTest, OthersAreNone) {
  std::string content;
  number_ = *process_.open({.stream = std::make_unique<FakeStream>(content), .is_readable = true});
  EXPECT_EQ(receive(4), refused(Refusal::not_a_socket));
  EXPECT_EQ(process_.accept(number_, true, 3), std::unexpected(Refusal::not_a_socket));
  EXPECT_EQ(process_.shut_down(number_, true, true), Outcome<void>(std::unexpected(Refusal::not_a_socket)));
  EXPECT_EQ(process_.send(99, {}), std::unexpected(Refusal::bad_descriptor));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const os::File in(ends[1]);
  EXPECT_EQ(Socket::adopt(os::File(ends[0])).error(), Refusal::not_a_socket);
}

}  // namespace
}  // namespace mote::sandbox
