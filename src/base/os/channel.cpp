// See channel.h.
#include "base/os/channel.h"

#include "base/core/format.h"
#include "base/os/process.h"
#include "base/os/restarted.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mote::os {
namespace {

void wait_until(int descriptor, short what) {
  pollfd wanted{.fd = descriptor, .events = what, .revents = 0};
  (void)::poll(&wanted, 1, -1);
}

union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * most_sent_descriptors)];
};

}  // namespace

Kernel<std::pair<File, File>> connected_pair(Pair kind) {
  int ends[2];
  const int type = kind == Pair::stream ? SOCK_STREAM : SOCK_SEQPACKET;
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return std::unexpected(errno);
  return std::pair(File(ends[0]), File(ends[1]));
}

Kernel<void> send_message(int descriptor, Bytes message, std::span<const int> descriptors) {
  if (descriptors.size() > most_sent_descriptors) return std::unexpected(EINVAL);
  iovec piece{.iov_base = const_cast<uint8_t*>(message.data()), .iov_len = message.size()};
  Control control = {};
  msghdr head = {};
  head.msg_iov = &piece, head.msg_iovlen = 1;
  if (!descriptors.empty()) {
    head.msg_control = control.bytes, head.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const part = CMSG_FIRSTHDR(&head);
    part->cmsg_level = SOL_SOCKET, part->cmsg_type = SCM_RIGHTS, part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    if (restarted([&] { return ::sendmsg(descriptor, &head, MSG_NOSIGNAL); }) >= 0) return {};
    if (errno != EAGAIN) return std::unexpected(errno);
    wait_until(descriptor, POLLOUT);
  }
}

Kernel<Message> receive_message(int descriptor, size_t most) {
  Message message;
  message.bytes.resize(most);
  iovec piece{.iov_base = message.bytes.data(), .iov_len = most};
  Control control = {};
  msghdr head = {};
  head.msg_iov = &piece, head.msg_iovlen = 1;
  head.msg_control = control.bytes, head.msg_controllen = sizeof control.bytes;
  ssize_t size = 0;
  while ((size = restarted([&] { return ::recvmsg(descriptor, &head, MSG_CMSG_CLOEXEC); })) < 0) {
    if (errno != EAGAIN) return std::unexpected(errno);
    wait_until(descriptor, POLLIN);
  }
  for (cmsghdr* part = CMSG_FIRSTHDR(&head); part != nullptr; part = CMSG_NXTHDR(&head, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
    for (const int number : numbers) message.descriptors.emplace_back(number);
  }
  if ((head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::unexpected(EMSGSIZE);
  message.bytes.resize(static_cast<size_t>(size));
  return message;
}

Result<int> start_copy(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child < 0) return fail_errno(errno, "cannot start a process");
  if (child == 0) _exit(body());
  return child;
}

void close_all_but(std::span<const int> kept) {
  std::vector<int> sorted(kept.begin(), kept.end());
  std::ranges::sort(sorted);
  unsigned first = STDERR_FILENO + 1;
  for (const int one : sorted) {
    if (one < static_cast<int>(first)) continue;
    if (static_cast<unsigned>(one) > first) (void)::close_range(first, static_cast<unsigned>(one) - 1, 0);
    first = static_cast<unsigned>(one) + 1;
  }
  (void)::close_range(first, ~0u, 0);
}

std::optional<EndedChild> reap_child() {
  int status = 0;
  const pid_t child = ::waitpid(-1, &status, WNOHANG);
  if (child <= 0) return std::nullopt;
  if (WIFSIGNALED(status)) return EndedChild{child, format("was killed by SIG{}", signal_name(WTERMSIG(status)))};
  return EndedChild{child, format("exited with status {}", WEXITSTATUS(status))};
}

void kill_child(int id) {
  if (id > 0) (void)::kill(id, SIGKILL);
}

}  // namespace mote::os
