// Sockets by the kernel's calls: see socket.h.
#include "base/os/socket.h"

#include "base/core/format.h"
#include "base/os/restarted.h"
#include "base/os/writable.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace mote::os {

namespace {

union AnyAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
  sockaddr_storage room;
};

template <class T>
Kernel<T> option(int descriptor, int name) {
  T value = {};
  socklen_t size = sizeof value;
  if (getsockopt(descriptor, SOL_SOCKET, name, &value, &size) != 0) return std::unexpected(errno);
  return value;
}

std::optional<SocketAddress> address_of(const AnyAddress& address) {
  SocketAddress found;
  if (address.any.sa_family == AF_INET) {
    std::memcpy(found.bytes.data(), &address.v4.sin_addr, sizeof address.v4.sin_addr);
    found.port = ntohs(address.v4.sin_port);
  } else if (address.any.sa_family == AF_INET6) {
    found.is_v6 = true;
    std::memcpy(found.bytes.data(), &address.v6.sin6_addr, sizeof address.v6.sin6_addr);
    found.port = ntohs(address.v6.sin6_port);
  } else {
    return std::nullopt;
  }
  return found;
}

std::optional<SocketAddress> own_address(int descriptor) {
  AnyAddress address = {};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, &address.any, &size) != 0) return std::nullopt;
  return address_of(address);
}

socklen_t fill(AnyAddress& address, const SocketAddress& from) {
  address = {};
  if (!from.is_v6) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(from.port);
    std::memcpy(&address.v4.sin_addr, from.bytes.data(), sizeof address.v4.sin_addr);
    return sizeof address.v4;
  }
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_port = htons(from.port);
  std::memcpy(&address.v6.sin6_addr, from.bytes.data(), sizeof address.v6.sin6_addr);
  return sizeof address.v6;
}

std::vector<iovec> pieces_of(std::span<const MutableBytes> pieces, uint64_t most = SSIZE_MAX) {
  std::vector<iovec> list;
  list.reserve(pieces.size());
  for (const MutableBytes piece : pieces.first(std::min<size_t>(pieces.size(), IOV_MAX))) {
    list.push_back({piece.data(), std::min<uint64_t>(piece.size(), most)});
    most -= list.back().iov_len;
  }
  return list;
}

}  // namespace

Kernel<SocketInfo> socket_info(int descriptor) {
  const auto type = option<int>(descriptor, SO_TYPE);
  if (!type) return std::unexpected(type.error());
  if (*type != SOCK_STREAM && *type != SOCK_DGRAM) return std::unexpected(EPROTOTYPE);
  SocketInfo info;
  info.kind = *type == SOCK_STREAM ? SocketKind::stream : SocketKind::datagram;
  info.is_listening = option<int>(descriptor, SO_ACCEPTCONN).value_or(0) != 0;
  info.address = own_address(descriptor);
  return info;
}

std::string text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> numbers = {};
  (void)inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.bytes.data(), numbers.data(), numbers.size());
  return format("{}{}{}:{}", address.is_v6 ? "[" : "", numbers.data(), address.is_v6 ? "]" : "", address.port);
}

// With an address, not yet listening.
static Kernel<File> bind_tcp(const SocketAddress& address, Port port) {
  constexpr int on = 1;
  File made(socket(address.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return std::unexpected(errno);
  // So that a server can be started again at once; and so that "[::]" is IPv6 alone, whatever the machine's default.
  (void)setsockopt(made.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.is_v6) (void)setsockopt(made.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (port == Port::shared && setsockopt(made.descriptor(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    return std::unexpected(errno);
  }
  AnyAddress where;
  const socklen_t size = fill(where, address);
  if (bind(made.descriptor(), &where.any, size) != 0) return std::unexpected(errno);
  return made;
}

Kernel<File> listen_tcp(const SocketAddress& address, Port port, int backlog) {
  auto made = bind_tcp(address, port);
  if (made && listen(made->descriptor(), backlog) != 0) return std::unexpected(errno);
  return made;
}

Kernel<void> check_free(const SocketAddress& address) {
  if (const auto bound = bind_tcp(address, Port::own); !bound) return std::unexpected(bound.error());
  return {};
}

// A socket that is left over refuses whoever connects; one that is listened on does not, and neither is any other file removed.
Kernel<File> listen_local(const std::string& path) {
  AnyAddress where = {};
  where.local.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof where.local.sun_path) return std::unexpected(ENAMETOOLONG);
  std::memcpy(where.local.sun_path, path.data(), path.size());
  File made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return std::unexpected(errno);
  const File probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return std::unexpected(errno);
  const bool is_refused = connect(probe.descriptor(), &where.any, sizeof where.local) != 0 && errno == ECONNREFUSED;
  const auto there = status_in(current_folder, path);
  if (is_refused && there && there->kind == NodeKind::socket) (void)unlink(path.c_str());
  if (bind(made.descriptor(), &where.any, sizeof where.local) != 0 || listen(made.descriptor(), listener_backlog) != 0) {
    return std::unexpected(errno);
  }
  return made;
}

static Kernel<File> connect_local_as(std::string_view name, int kind) {
  sockaddr_un address = {};
  if (name.empty() || name.size() >= sizeof address.sun_path) return std::unexpected(ENAMETOOLONG);
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path);
  if (kind == SOCK_DGRAM && address.sun_path[0] == '@') address.sun_path[0] = '\0';
  File socket(::socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (!socket || ::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return std::unexpected(errno);
  return socket;
}

Kernel<File> connect_local(std::string_view name) {
  return connect_local_as(name, SOCK_DGRAM);
}

Kernel<File> connect_local_stream(const std::string& path) {
  return connect_local_as(path, SOCK_STREAM);
}

void send_at_once(int descriptor) {
  constexpr int on = 1;
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Kernel<void> never_wait(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0) return std::unexpected(errno);
  return {};
}

Kernel<File> accept_connection(int listener, std::optional<SocketAddress>* peer) {
  AnyAddress address = {};
  socklen_t size = sizeof address;
  File accepted(restarted([&] { return accept4(listener, &address.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK); }));
  if (!accepted) return std::unexpected(errno);
  if (peer != nullptr) *peer = address_of(address);
  return accepted;
}

std::optional<SocketAddress> parse_address(const std::string& numbers, uint16_t port) {
  SocketAddress made = {.port = port};
  if (inet_pton(AF_INET, numbers.c_str(), made.bytes.data()) == 1) return made;
  made.is_v6 = true;
  if (inet_pton(AF_INET6, numbers.c_str(), made.bytes.data()) == 1) return made;
  return std::nullopt;
}

namespace {

Kernel<File> begin_connection(const SocketAddress& address, int type) {
  File made(socket(address.is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return std::unexpected(errno);
  AnyAddress where;
  const socklen_t size = fill(where, address);
  if (connect(made.descriptor(), &where.any, size) != 0 && errno != EINPROGRESS && errno != EINTR) return std::unexpected(errno);
  return made;
}

}  // namespace

Kernel<File> connect_tcp(const SocketAddress& address) {
  return begin_connection(address, SOCK_STREAM);
}

Kernel<File> connect_udp(const SocketAddress& address) {
  return begin_connection(address, SOCK_DGRAM);
}

Kernel<void> connection_result(int descriptor) {
  const auto error = option<int>(descriptor, SO_ERROR);
  if (!error) return std::unexpected(error.error());
  if (*error != 0) return std::unexpected(*error);
  return {};
}

Kernel<Received> receive(int descriptor, SocketKind kind, std::span<const MutableBytes> into, bool only_looks) {
  // Of a datagram, what finds no room is lost.
  std::vector<iovec> list = pieces_of(into, kind == SocketKind::stream ? first_written : most_written);
  for (const iovec& piece : list) make_writable({static_cast<uint8_t*>(piece.iov_base), piece.iov_len});
  msghdr message = {};
  message.msg_iov = list.data();
  message.msg_iovlen = list.size();
  const ssize_t size = restarted([&] { return recvmsg(descriptor, &message, MSG_DONTWAIT | (only_looks ? MSG_PEEK : 0)); });
  if (size < 0) return std::unexpected(errno);
  return Received{static_cast<uint64_t>(size), (message.msg_flags & MSG_TRUNC) != 0};
}

Kernel<uint64_t> send(int descriptor, std::span<const MutableBytes> from) {
  std::vector<iovec> list = pieces_of(from);
  msghdr message = {};
  message.msg_iov = list.data();
  message.msg_iovlen = list.size();
  const ssize_t size = restarted([&] { return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
  if (size < 0) return std::unexpected(errno);
  return static_cast<uint64_t>(size);
}

Kernel<uint64_t> receive_some(int descriptor, MutableBytes into) {
  const ssize_t size = restarted([&] { return recv(descriptor, into.data(), into.size(), MSG_DONTWAIT); });
  if (size < 0) return std::unexpected(errno);
  return static_cast<uint64_t>(size);
}

Kernel<uint64_t> send_some(int descriptor, Bytes first, Bytes second) {
  std::array<iovec, 2> pieces = {iovec{const_cast<uint8_t*>(first.data()), first.size()},
                                 iovec{const_cast<uint8_t*>(second.data()), second.size()}};
  msghdr message = {};
  message.msg_iov = pieces.data();
  message.msg_iovlen = second.empty() ? 1 : 2;
  const ssize_t size = restarted([&] {
    if (second.empty()) return ::send(descriptor, first.data(), first.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  });
  if (size < 0) return std::unexpected(errno);
  return static_cast<uint64_t>(size);
}

Kernel<void> shut_down(int descriptor, bool reading, bool writing) {
  const int how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR;
  if (shutdown(descriptor, how) != 0) return std::unexpected(errno);
  return {};
}

}  // namespace mote::os
