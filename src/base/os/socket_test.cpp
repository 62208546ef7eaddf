#include "base/os/socket.h"

#include "base/os/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace mote::os {
namespace {

MutableBytes bytes(std::string& text) {
  return {reinterpret_cast<uint8_t*>(text.data()), text.size()};
}
std::string received(int descriptor, size_t most, bool only_looks = false) {
  std::string text(most, '?');
  const MutableBytes into = bytes(text);
  const auto got = receive(descriptor, socket_info(descriptor)->kind, {&into, 1}, only_looks);
  if (!got) return "errno " + std::to_string(got.error());
  return text.substr(0, got->size) + (got->is_truncated ? "…" : "");
}
Kernel<uint64_t> sent(int descriptor, std::string text) {
  const MutableBytes from = bytes(text);
  return send(descriptor, {&from, 1});
}
SocketAddress loopback(uint16_t port) {
  return {.bytes = {127, 0, 0, 1}, .port = port};
}
struct Pair {
  File a, b;
};
Pair pair(int type) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {File(ends[0]), File(ends[1])};
}

TEST(Socket, ListensWhereTheKernelPutsItAndNeverWaits) {
  const auto listener = listen_tcp(loopback(0));
  ASSERT_TRUE(listener.has_value());
  const auto info = socket_info(listener->descriptor());
  ASSERT_TRUE(info.has_value());
  EXPECT_TRUE(info->is_listening);
  EXPECT_EQ(info->kind, SocketKind::stream);
  ASSERT_TRUE(info->address.has_value());
  EXPECT_EQ(info->address->bytes, loopback(0).bytes);
  EXPECT_NE(info->address->port, 0);
  EXPECT_EQ(accept_connection(listener->descriptor()).error(), EAGAIN);
  EXPECT_EQ(listen_tcp(*info->address).error(), EADDRINUSE);
  const auto v6 = listen_tcp({.is_v6 = true, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}});
  if (v6) EXPECT_TRUE(socket_info(v6->descriptor())->address->is_v6);  // a machine may have no IPv6
  EXPECT_EQ(listen_tcp({.bytes = {192, 0, 2, 1}}).error(), EADDRNOTAVAIL);
}

TEST(Socket, StreamsAreReceivedLookedAtAndEnd) {
  const Pair both = pair(SOCK_STREAM);
  EXPECT_EQ(received(both.b.descriptor(), 9), "errno " + std::to_string(EAGAIN));
  EXPECT_EQ(sent(both.a.descriptor(), "hello"), 5u);
  EXPECT_EQ(received(both.b.descriptor(), 2, true), "he");
  EXPECT_EQ(received(both.b.descriptor(), 9), "hello");
  EXPECT_TRUE(shut_down(both.a.descriptor(), false, true));
  EXPECT_EQ(received(both.b.descriptor(), 9), "");
  EXPECT_TRUE(readiness(both.b.descriptor(), false).is_hung_up);
  EXPECT_EQ(sent(both.a.descriptor(), "x").error(), EPIPE);  // and no signal
}

TEST(Socket, DatagramsAreCutAndSaySo) {
  const Pair both = pair(SOCK_DGRAM);
  EXPECT_EQ(socket_info(both.a.descriptor())->kind, SocketKind::datagram);
  EXPECT_FALSE(socket_info(both.a.descriptor())->address.has_value());
  EXPECT_EQ(sent(both.a.descriptor(), "hello"), 5u);
  EXPECT_EQ(sent(both.a.descriptor(), "more"), 4u);
  EXPECT_EQ(received(both.b.descriptor(), 2), "he…");
  EXPECT_EQ(received(both.b.descriptor(), 9), "more");
}

TEST(Socket, SeveralPiecesAreOneMessage) {
  const Pair both = pair(SOCK_DGRAM);
  std::string a = "one ", b = "two";
  const MutableBytes pieces[] = {bytes(a), bytes(b)};
  EXPECT_EQ(send(both.a.descriptor(), pieces), 7u);
  EXPECT_EQ(received(both.b.descriptor(), 9), "one two");
}

TEST(Socket, KnowsWhatIsNone) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const File out(ends[0]), in(ends[1]);
  EXPECT_EQ(socket_info(out.descriptor()).error(), ENOTSOCK);
  const Pair sequenced = pair(SOCK_SEQPACKET);
  EXPECT_EQ(socket_info(sequenced.a.descriptor()).error(), EPROTOTYPE);
  EXPECT_EQ(socket_info(-1).error(), EBADF);
  EXPECT_TRUE(never_wait(sequenced.a.descriptor()));
}

TEST(Socket, ListenersMayShareAPort) {
  const auto first = listen_tcp(loopback(0), Port::shared, server_backlog);
  ASSERT_TRUE(first.has_value());
  const SocketAddress address = *socket_info(first->descriptor())->address;
  EXPECT_EQ(text(address), "127.0.0.1:" + std::to_string(address.port));
  EXPECT_TRUE(listen_tcp(address, Port::shared).has_value());
  EXPECT_EQ(listen_tcp(address).error(), EADDRINUSE);
  EXPECT_EQ(check_free(address).error(), EADDRINUSE);
  EXPECT_EQ(text({.is_v6 = true, .bytes = {0x20, 1, 0xd, 0xb8}, .port = 80}), "[2001:db8::]:80");
}

TEST(Socket, APortIsFreeWhenNobodyListens) {
  SocketAddress address;
  {
    const auto alone = listen_tcp(loopback(0));
    ASSERT_TRUE(alone.has_value());
    address = *socket_info(alone->descriptor())->address;
    EXPECT_EQ(check_free(address).error(), EADDRINUSE);
  }
  EXPECT_TRUE(check_free(address).has_value());
  EXPECT_TRUE(listen_tcp(address).has_value());  // looking left nothing behind
}

TEST(Socket, FilesAreListenedOn) {
  const std::string folder = *make_temporary_folder("mote-socket"), path = folder + "/s";
  {
    const auto listener = listen_local(path);
    ASSERT_TRUE(listener.has_value());
    EXPECT_EQ(listen_local(path).error(), EADDRINUSE);
    EXPECT_FALSE(socket_info(listener->descriptor())->address.has_value());
  }
  EXPECT_TRUE(listen_local(path).has_value());  // what was left over is in nobody's way
  ASSERT_TRUE(write_file(folder + "/file", {}).has_value());
  EXPECT_EQ(listen_local(folder + "/file").error(), EADDRINUSE);
  EXPECT_TRUE(exists(folder + "/file"));
  EXPECT_EQ(listen_local(folder + "/" + std::string(200, 'x')).error(), ENAMETOOLONG);
  EXPECT_TRUE(remove_folder(folder).has_value());
}

TEST(Socket, PiecesGoAndComeWithoutWaiting) {
  Pair both = pair(SOCK_STREAM);
  std::string first = "hello ", second = "world", got(100, '?');
  EXPECT_EQ(receive_some(both.b.descriptor(), bytes(got)).error(), EAGAIN);
  EXPECT_EQ(send_some(both.a.descriptor(), bytes(first)), 6u);
  EXPECT_EQ(send_some(both.a.descriptor(), bytes(first), bytes(second)), 11u);
  EXPECT_EQ(receive_some(both.b.descriptor(), bytes(got)), 17u);
  EXPECT_EQ(got.substr(0, 17), "hello hello world");
  both.b = File();
  EXPECT_EQ(send_some(both.a.descriptor(), bytes(first)).error(), EPIPE);
}

TEST(Socket, AddressesAreParsed) {
  EXPECT_EQ(text(*parse_address("192.0.2.1", 80)), "192.0.2.1:80");
  EXPECT_EQ(text(*parse_address("2001:db8::1", 80)), "[2001:db8::1]:80");
  for (const char* bad : {"", "localhost", "1.2.3", "1.2.3.4.5", "::1::", "[::1]", "1.2.3.4 "})
    EXPECT_FALSE(parse_address(bad, 1)) << bad;
}

TEST(Socket, ConnectionsAreMadeOrRefused) {
  auto listener = listen_tcp(loopback(0));
  const uint16_t port = socket_info(listener->descriptor())->address->port;
  const auto connect = [&] {
    auto made = connect_tcp(loopback(port));
    EXPECT_TRUE(made.has_value());
    pollfd ready = {.fd = made->descriptor(), .events = POLLOUT, .revents = 0};
    EXPECT_EQ(poll(&ready, 1, 5000), 1);
    return *std::move(made);
  };
  const File made = connect();
  EXPECT_TRUE(connection_result(made.descriptor()).has_value());
  std::optional<SocketAddress> peer;
  ASSERT_TRUE(accept_connection(listener->descriptor(), &peer).has_value());
  EXPECT_EQ(peer->port, socket_info(made.descriptor())->address->port);
  listener = File();
  const File refused = connect();
  EXPECT_EQ(connection_result(refused.descriptor()).error(), ECONNREFUSED);
}

TEST(Socket, DatagramsGoToOnePeer) {
  const auto first = connect_udp(loopback(9));
  ASSERT_TRUE(first.has_value());
  const auto second = connect_udp(*socket_info(first->descriptor())->address);
  std::string text = "hello";
  EXPECT_EQ(send_some(second->descriptor(), bytes(text)), 5u);
  EXPECT_EQ(receive_some(first->descriptor(), bytes(text)).error(), EAGAIN);  // from a stranger
}

}  // namespace
}  // namespace mote::os
