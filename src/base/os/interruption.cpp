// SIGURG by tgkill (interruption.h).
#include "base/os/interruption.h"

#include "base/os/machine_context.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

namespace mote::os {

namespace {

struct sigaction previous;
InterruptionHandler installed = nullptr;

void handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  Interruption interruption = {registers_of(interrupted), context};
  if (info->si_code == SI_TKILL && installed(interruption)) {
    set_registers(interrupted, interruption);
  } else if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  }
  errno = saved_errno;
}

}  // namespace

void install_interruption_handler(InterruptionHandler handler) {
  static std::once_flag once;
  std::call_once(once, [handler] {
    installed = handler;
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(interruption_signal, &action, &previous);
  });
}

// Not inlined: a fiber may ask again on another thread.
__attribute__((noinline)) ThreadId this_thread() {
  static thread_local const ThreadId self = gettid();
  return self;
}

void interrupt(ThreadId thread) {
  tgkill(getpid(), thread, interruption_signal);
}

bool bring_threads_into_line() {
  static const bool is_registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return is_registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace mote::os
