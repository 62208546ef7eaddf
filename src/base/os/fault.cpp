// Fault handlers by sigaction (fault.h). SA_NODEFER: the handler leaves by sigreturn with changed registers, and a fault inside
// the handler must kill rather than hang.
#include "base/os/fault.h"

#include "base/os/interruption.h"
#include "base/os/machine_context.h"
#include "base/os/memory_map.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace mote::os {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
struct sigaction previous[std::size(signals)];
FaultHandler installed = nullptr;

Fault::Kind kind_of(int signal) {
  switch (signal) {
    case SIGBUS:
      return Fault::Kind::bus;
    case SIGILL:
      return Fault::Kind::illegal_instruction;
    case SIGFPE:
      return Fault::Kind::arithmetic;
    default:
      return Fault::Kind::segmentation;
  }
}

// As if we were not there: the earlier handler, or the default action, which comes when the instruction is tried again.
void chain(int signal, siginfo_t* info, void* context) {
  const struct sigaction& earlier = previous[std::find(std::begin(signals), std::end(signals), signal) - std::begin(signals)];
  if (earlier.sa_flags & SA_SIGINFO) {
    earlier.sa_sigaction(signal, info, context);
  } else if (earlier.sa_handler != SIG_DFL && earlier.sa_handler != SIG_IGN) {
    earlier.sa_handler(signal);
  } else {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    if (info->si_code <= 0) raise(signal);  // sent by a process: no instruction would bring it back
  }
}

void handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  Fault fault = {registers_of(interrupted), kind_of(signal), info->si_addr, info->si_code != SI_KERNEL};
  if (info->si_code > 0 && installed(fault)) {
    set_registers(interrupted, fault);
  } else {
    chain(signal, info, context);
  }
  errno = saved_errno;
}

// 64 KiB, or what the CPU's register state asks for, above a guard page.
uint64_t signal_stack_size() {
  const uint64_t kernel = getauxval(AT_MINSIGSTKSZ);
  return std::max<uint64_t>(64 << 10, align_up(kernel + (16 << 10), page_size));
}

struct SignalStack {
  Mapping mapping;
  bool is_ready = false;

  ~SignalStack() {
    if (!mapping) return;
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
};
thread_local SignalStack signal_stack;

}  // namespace

void install_fault_handler(FaultHandler handler) {
  static std::once_flag once;
  std::call_once(once, [handler] {
    installed = handler;
    for (size_t i = 0; i < std::size(signals); ++i) {
      struct sigaction action = {};
      action.sa_sigaction = handle;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      sigemptyset(&action.sa_mask);
      sigaction(signals[i], &action, &previous[i]);
    }
  });
}

Result<void> provide_signal_stack() {
  if (signal_stack.is_ready) return {};
  stack_t current = {};
  sigaltstack(nullptr, &current);
  if ((current.ss_flags & SS_DISABLE) != 0 || current.ss_size < getauxval(AT_MINSIGSTKSZ) + (8 << 10)) {
    const uint64_t size = signal_stack_size();
    Mapping mapping = TRY(Mapping::anonymous(page_size + size));
    TRY(mapping.protect(0, page_size, Access::none));
    stack_t ours = {};
    ours.ss_sp = mapping.data() + page_size;
    ours.ss_size = size;
    if (sigaltstack(&ours, nullptr) != 0) return fail_errno(errno, "cannot set the signal stack");
    signal_stack.mapping = std::move(mapping);
  }
  // A thread that was made with signals blocked could not be interrupted.
  sigset_t interruption;
  sigemptyset(&interruption);
  sigaddset(&interruption, interruption_signal);
  pthread_sigmask(SIG_UNBLOCK, &interruption, nullptr);
  signal_stack.is_ready = true;
  return {};
}

}  // namespace mote::os
