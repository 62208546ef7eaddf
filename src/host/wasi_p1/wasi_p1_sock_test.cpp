// Tests of preview 1's socket functions, and of what others answer for a socket, on real ones: layouts, flags, rights, errors.
#include "host/sandbox/fake.h"
#include "host/sandbox/socket.h"
#include "host/wasi_p1/functions.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

class WasiP1Sock : public testing::Test {
 protected:
  WasiP1Sock() : memory_(65536, 0xaa), guest_{process_, memory_} {
    process_.open({.stream = std::make_unique<sandbox::FakeStream>(in_), .is_readable = true});
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = os::File(ends[1]);
    fd_ = *process_.open({.stream = *sandbox::Socket::adopt(os::File(ends[0])), .is_readable = true, .is_writable = true});
    auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}});
    listener_ = *process_.open({.stream = *sandbox::Socket::adopt(std::move(*listener)), .is_readable = true, .may_wait = false});
    // Two buffers: 4 bytes at 256, the rest at 512.
    put<uint32_t>(16, 256), put<uint32_t>(20, 4), put<uint32_t>(24, 512), put<uint32_t>(28, 16);
  }
  template <class T>
  T at(uint32_t pointer) {
    return load_le<T>(memory_.data() + pointer);
  }
  template <class T>
  void put(uint32_t pointer, T value) {
    store_le(memory_.data() + pointer, value);
  }
  std::string text(uint32_t pointer, size_t size) { return {reinterpret_cast<const char*>(memory_.data()) + pointer, size}; }
  void say(std::string_view words) { (void)!::write(peer_.descriptor(), words.data(), words.size()); }
  std::string hear() {
    char buffer[64];
    const ssize_t size = ::read(peer_.descriptor(), buffer, sizeof buffer);
    return {buffer, static_cast<size_t>(std::max<ssize_t>(size, 0))};
  }

  std::string in_;
  sandbox::SystemClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_;
  Guest guest_;
  os::File peer_;
  uint32_t fd_ = 0, listener_ = 0;
};

constexpr uint32_t end = 65536, iovs = 16, two = 2, size_at = 1001, flags_at = 1007;  // misaligned

TEST_F(WasiP1Sock, ReceivesIntoAllBuffersAndLooksAhead) {
  say("hello you");
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, riflags::peek, size_at, flags_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 9u);
  EXPECT_EQ(at<uint16_t>(flags_at), 0u);
  EXPECT_EQ(text(256, 4) + text(512, 5), "hello you");
  std::memset(memory_.data() + 256, 0, 512);
  put<uint32_t>(28, 5);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, riflags::waitall, size_at, flags_at), Errno::success);
  EXPECT_EQ(text(256, 4) + text(512, 5), "hello you");
}

TEST_F(WasiP1Sock, FdReadAndFdWriteWork) {
  say("hello");
  EXPECT_EQ(fd_read(guest_, fd_, iovs, two, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 5u);
  EXPECT_EQ(text(256, 4) + text(512, 1), "hello");
  put<uint32_t>(28, 1);
  EXPECT_EQ(fd_write(guest_, fd_, iovs, two, size_at), Errno::success);
  EXPECT_EQ(hear(), "hello");
}

TEST_F(WasiP1Sock, SendsAndShutsDown) {
  std::memcpy(memory_.data() + 256, "abcd", 4);
  EXPECT_EQ(sock_send(guest_, fd_, iovs, 1, 0, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 4u);
  EXPECT_EQ(hear(), "abcd");
  EXPECT_EQ(sock_send(guest_, fd_, iovs, 1, 1, size_at), Errno::inval);
  for (const uint32_t bad : {0u, 4u, 0x80u}) EXPECT_EQ(sock_shutdown(guest_, fd_, bad), Errno::inval);
  EXPECT_EQ(sock_shutdown(guest_, fd_, sdflags::wr), Errno::success);
  EXPECT_EQ(hear(), "");
  EXPECT_EQ(sock_send(guest_, fd_, iovs, 1, 0, size_at), Errno::pipe);
  peer_ = os::File();
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 0, size_at, flags_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 0u);
}

TEST_F(WasiP1Sock, WithoutWaitingItSaysAgain) {
  EXPECT_EQ(fd_fdstat_set_flags(guest_, fd_, fdflags::nonblock), Errno::success);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 0, size_at, flags_at), Errno::again);
  EXPECT_EQ(fd_read(guest_, fd_, iovs, two, size_at), Errno::again);
  EXPECT_EQ(sock_accept(guest_, listener_, 0, size_at), Errno::again);
  EXPECT_EQ(fd_fdstat_get(guest_, fd_, 64), Errno::success);
  EXPECT_EQ(at<uint16_t>(66), fdflags::nonblock);
}

TEST_F(WasiP1Sock, IsKnownAsASocket) {
  EXPECT_EQ(fd_fdstat_get(guest_, fd_, 64), Errno::success);
  EXPECT_EQ(at<uint8_t>(64), static_cast<uint8_t>(Filetype::socket_stream));
  EXPECT_EQ(at<uint64_t>(72) & (rights::fd_read | rights::fd_write | rights::sock_shutdown | rights::sock_accept),
            rights::fd_read | rights::fd_write | rights::sock_shutdown);
  EXPECT_EQ(fd_fdstat_get(guest_, listener_, 64), Errno::success);
  EXPECT_EQ(at<uint64_t>(72) & (rights::fd_read | rights::sock_accept), rights::sock_accept);
  EXPECT_NE(at<uint64_t>(80) & rights::fd_read, 0u);
  EXPECT_EQ(fd_filestat_get(guest_, fd_, 64), Errno::success);
  EXPECT_EQ(at<uint8_t>(80), static_cast<uint8_t>(Filetype::socket_stream));
  EXPECT_EQ(fd_seek(guest_, fd_, 0, 0, 64), Errno::spipe);
  EXPECT_EQ(fd_prestat_get(guest_, fd_, 64), Errno::badf);
  EXPECT_EQ(fd_readdir(guest_, fd_, 64, 8, 0, 128), Errno::notdir);
}

TEST_F(WasiP1Sock, AcceptsWithWhatTheListenerPassesOn) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const int host_listener = process_.find(listener_)->stream->socket()->descriptor();
  ASSERT_EQ(getsockname(host_listener, any, &size), 0);
  const os::File first(socket(AF_INET, SOCK_STREAM, 0)), second(socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(connect(first.descriptor(), any, size), 0);
  EXPECT_EQ(sock_accept(guest_, listener_, fdflags::append, size_at), Errno::inval);
  EXPECT_EQ(sock_accept(guest_, listener_, 0, end - 3), Errno::fault);  // and the connection is still there
  ASSERT_EQ(sock_accept(guest_, listener_, fdflags::nonblock, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 3u);
  EXPECT_EQ(sock_recv(guest_, 3, iovs, two, 0, size_at, flags_at), Errno::again);
  // Rights given up at the listener are not there on what it accepts.
  EXPECT_EQ(fd_fdstat_set_rights(guest_, listener_, rights::sock_accept, rights::fd_read), Errno::success);
  ASSERT_EQ(connect(second.descriptor(), any, size), 0);
  ASSERT_EQ(sock_accept(guest_, listener_, fdflags::nonblock, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 4u);
  EXPECT_EQ(sock_send(guest_, 4, iovs, 1, 0, size_at), Errno::notcapable);
  EXPECT_EQ(sock_shutdown(guest_, 4, sdflags::rd), Errno::notcapable);
  EXPECT_EQ(sock_recv(guest_, 4, iovs, two, 0, size_at, flags_at), Errno::again);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, listener_, 0, 0), Errno::success);
  EXPECT_EQ(sock_accept(guest_, listener_, 0, size_at), Errno::notcapable);
}

TEST_F(WasiP1Sock, NothingButSocketsAreSockets) {
  for (const uint32_t fd : {0u, 99u}) {
    const Errno expected = fd == 0 ? Errno::notsock : Errno::badf;
    EXPECT_EQ(sock_accept(guest_, fd, 0, size_at), expected);
    EXPECT_EQ(sock_recv(guest_, fd, iovs, two, 0, size_at, flags_at), expected);
    EXPECT_EQ(sock_send(guest_, fd, iovs, two, 0, size_at), expected);
    EXPECT_EQ(sock_shutdown(guest_, fd, sdflags::all), expected);
  }
  EXPECT_EQ(sock_accept(guest_, fd_, 0, size_at), Errno::inval);  // a connection listens to nobody
  EXPECT_EQ(sock_recv(guest_, listener_, iovs, two, 0, size_at, flags_at), Errno::notconn);
}

TEST_F(WasiP1Sock, BadPointersFaultBeforeAnythingIsReceived) {
  say("kept");
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 0, end - 3, flags_at), Errno::fault);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 0, size_at, end - 1), Errno::fault);
  EXPECT_EQ(sock_recv(guest_, fd_, end - 8, 2, 0, size_at, flags_at), Errno::fault);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 4, size_at, flags_at), Errno::inval);
  put<uint32_t>(24, ~0u);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, two, 0, size_at, flags_at), Errno::fault);
  EXPECT_EQ(sock_recv(guest_, fd_, iovs, 1, riflags::waitall, size_at, flags_at), Errno::success);
  EXPECT_EQ(text(256, 4), "kept");
}

TEST_F(WasiP1Sock, PollsForConnectionsBytesRoomAndHangups) {
  const auto subscribe = [&](uint32_t index, uint8_t type, uint32_t fd) {
    const uint32_t place = 4096 + index * 48;
    put<uint64_t>(place, 100 + index), put<uint8_t>(place + 8, type), put<uint32_t>(place + 16, fd);
  };
  subscribe(0, 1, fd_), subscribe(1, 2, fd_), subscribe(2, 1, listener_);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 3, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 1u);
  EXPECT_EQ(at<uint64_t>(8192), 101u);  // room to send
  say("hey");
  subscribe(1, 1, listener_);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 2, size_at), Errno::success);
  EXPECT_EQ(at<uint32_t>(size_at), 1u);
  EXPECT_EQ(at<uint64_t>(8192), 100u);
  EXPECT_EQ(at<uint64_t>(8192 + 16), 3u);
  EXPECT_EQ(at<uint16_t>(8192 + 24), 0u);
  peer_ = os::File();
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 1, size_at), Errno::success);
  EXPECT_EQ(at<uint16_t>(8192 + 24), event_hangup);
}

}  // namespace
}  // namespace mote::wasi_p1
