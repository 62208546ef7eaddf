// Sockets: a listener made at an address, or handed in by whoever started this process; connections that are accepted from it.
//
// Nothing here waits: what would answers EAGAIN, and readiness is asked of descriptor.h. A peer
// that is gone is an errno (EPIPE), never a signal. Restarted after signals. The only file of the engine's floors that makes
// sockets. Tested by socket_test.cpp.
#pragma once

#include "base/os/file.h"
#include "base/os/node.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mote::os {

struct SocketAddress {
  bool is_v6 = false;
  std::array<uint8_t, 16> bytes = {};  // network order; IPv4: the first four
  uint16_t port = 0;
};

enum class SocketKind : uint8_t { stream, datagram };
struct SocketInfo {
  SocketKind kind = SocketKind::stream;
  bool is_listening = false;
  std::optional<SocketAddress> address = {};  // of its own end; nothing for sockets of files and other families
};
// What a descriptor is; ENOTSOCK for what is none, EPROTOTYPE for a kind that is neither.
[[nodiscard]] Kernel<SocketInfo> socket_info(int descriptor);

// "192.0.2.1:80", "[2001:db8::1]:80".
[[nodiscard]] std::string text(const SocketAddress& address);

// A listener on TCP. Port 0: the kernel chooses. Several listeners of one user share a port when all of them ask for that; the
// kernel spreads connections over them.
enum class Port : uint8_t { own, shared };
inline constexpr int listener_backlog = 128,
                     server_backlog = 4096;  // connections that wait to be accepted; the kernel has a limit too
[[nodiscard]] Kernel<File> listen_tcp(const SocketAddress& address, Port port = Port::own, int backlog = listener_backlog);
// That nobody listens there, or EADDRINUSE, also where a port is shared. It does not listen itself: whoever connects meanwhile is
// refused, and tries again, instead of being let in and thrown out.
[[nodiscard]] Kernel<void> check_free(const SocketAddress& address);
// A listener on a socket that is a file, for those who may open it; removes a socket that nobody listens on any more.
[[nodiscard]] Kernel<File> listen_local(const std::string& path);
// For datagrams to a socket that is a file, or behind an '@' an abstract one.
[[nodiscard]] Kernel<File> connect_local(std::string_view name);
// A connection to a listener on a socket that is a file.
[[nodiscard]] Kernel<File> connect_local_stream(const std::string& path);
// What is written goes out at once, however little it is. Accepted connections inherit it from their listener.
void send_at_once(int descriptor);
// A socket that somebody else made may be one that waits; this cannot be undone for whoever else holds it.
[[nodiscard]] Kernel<void> never_wait(int descriptor);
// Of one that never waits. `peer` gets the other end's address, where it is one of TCP.
[[nodiscard]] Kernel<File> accept_connection(int listener, std::optional<SocketAddress>* peer = nullptr);

// "192.0.2.1", "2001:db8::1"; nothing when it is neither.
[[nodiscard]] std::optional<SocketAddress> parse_address(const std::string& numbers, uint16_t port);
// Begins to connect. When the socket can be written, connection_result() tells how that went.
[[nodiscard]] Kernel<File> connect_tcp(const SocketAddress& address);
[[nodiscard]] Kernel<void> connection_result(int descriptor);
// Datagrams to and from one peer, at once: receive_some(), send_some().
[[nodiscard]] Kernel<File> connect_udp(const SocketAddress& address);

struct Received {
  uint64_t size = 0;          // of a stream, 0 is the end
  bool is_truncated = false;  // of a datagram, more was sent
};
// Into a guest's memory too (writable.h). Of a stream at most 64 KiB at once; a datagram may be of 1 MiB.
[[nodiscard]] Kernel<Received> receive(int descriptor, SocketKind kind, std::span<const MutableBytes> into, bool only_looks);
[[nodiscard]] Kernel<uint64_t> send(int descriptor, std::span<const MutableBytes> from);
// The same for a server's own connections and buffers: one piece (two, one behind the other), no allocation.
[[nodiscard]] Kernel<uint64_t> receive_some(int descriptor, MutableBytes into);  // 0 is the end
[[nodiscard]] Kernel<uint64_t> send_some(int descriptor, Bytes first, Bytes second = {});
[[nodiscard]] Kernel<void> shut_down(int descriptor, bool reading, bool writing);

}  // namespace mote::os
