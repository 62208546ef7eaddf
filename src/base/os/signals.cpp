// See signals.h.
#include "base/os/signals.h"

#include "base/os/machine.h"
#include "base/os/restarted.h"
#include "base/os/socket.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace mote::os {

Result<File> signal_descriptor(std::span<const int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) return fail_errno(error, "cannot block signals");
  File file(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!file) return fail_errno(errno, "cannot read signals");
  return file;
}

std::optional<int> next_signal(const File& descriptor) {
  signalfd_siginfo info;
  const auto read = restarted([&] { return ::read(descriptor.descriptor(), &info, sizeof info); });
  if (read != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

Supervisor::Supervisor() {
  const auto name = environment_variable("NOTIFY_SOCKET");
  if (!name) return;
  if (auto socket = connect_local(*name)) socket_ = *std::move(socket);
}

void Supervisor::tell(std::string_view state) const {
  if (socket_) (void)write_some(socket_.descriptor(), {reinterpret_cast<const uint8_t*>(state.data()), state.size()});
}

}  // namespace mote::os
