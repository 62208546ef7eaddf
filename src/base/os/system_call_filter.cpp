// Classic BPF, made by hand: see system_call_filter.h.
//
// The list is a bitmap, 32 calls a word: the kernel translates the program anew in each process, and ten words take it a third of
// the time of a hundred comparisons. libseccomp makes the comparisons, and takes another 0.2 ms to make them
// (docs/rationale/kernel-wall.md).
#include "base/os/system_call_filter.h"

#include "base/core/assert.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace mote::os {

namespace {

constexpr uint32_t machine = AUDIT_ARCH_X86_64;
constexpr uint32_t word_bits = 32;
constexpr uint32_t known_calls = 448;  // newer ones answer ENOSYS

constexpr uint32_t allow = SECCOMP_RET_ALLOW;
constexpr uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t pretend_missing = SECCOMP_RET_ERRNO | ENOSYS;

struct Call {
  uint32_t group;
  uint32_t number;
};
constexpr Call calls[] = {
#define MOTE_CALL(group, name) {group##_calls, SYS_##name},
#include "base/os/system_calls.def"
};

class Writer {
 public:
  std::vector<FilterStep> steps;

  void add(uint16_t code, uint32_t operand, uint8_t if_true = 0, uint8_t if_false = 0) {
    steps.push_back({code, if_true, if_false, operand});
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  // The low half of an argument: on this machine it comes first, and none that is looked at uses the high one.
  void load_argument(uint32_t index) { load(offsetof(seccomp_data, args) + index * sizeof(uint64_t)); }
  void answer(uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void answer_if_equal(uint32_t value, uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(verdict);
  }
  // What follows until end() is for one call only; it has to answer.
  void begin(uint32_t number) {
    add(BPF_JMP | BPF_JEQ | BPF_K, number);
    begun_ = steps.size();
  }
  void end() {
    const size_t length = steps.size() - begun_;
    ASSERT(length <= UINT8_MAX);
    steps[begun_ - 1].if_false = static_cast<uint8_t>(length);
  }

 private:
  size_t begun_ = 0;
};

// Memory that is executable was made before: no call makes more of it. Or (`makes_code`) it is never writable at the same time.
void add_memory(Writer& to, uint32_t number, bool makes_code) {
  to.begin(number);
  to.load_argument(2);
  if (makes_code) {
    to.add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 2);
    to.add(BPF_JMP | BPF_JSET | BPF_K, PROT_WRITE, 0, 1);
  } else {
    to.add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
  }
  to.answer(refuse);
  to.answer(allow);
  to.end();
}

void add_choices(Writer& to, uint32_t number, uint32_t argument, std::initializer_list<uint32_t> choices) {
  to.begin(number);
  to.load_argument(argument);
  for (const uint32_t choice : choices) to.answer_if_equal(choice, allow);
  to.answer(refuse);
  to.end();
}

// Threads of this process, and nothing else: no process, no namespace.
void add_threads(Writer& to) {
  constexpr uint32_t namespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  to.begin(SYS_clone);
  to.load_argument(0);
  to.add(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1);
  to.answer(refuse);
  to.add(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
  to.answer(allow);
  to.answer(refuse);
  to.end();
  to.answer_if_equal(SYS_clone3, pretend_missing);  // its flags are in memory, where no filter sees them; libc then uses clone
}

void add_checked(Writer& to, uint32_t groups) {
  const bool takes_versions = (groups & versions_calls) != 0;
  add_memory(to, SYS_mmap, takes_versions);
  add_memory(to, SYS_mprotect, takes_versions);
  add_threads(to);
  add_choices(to, SYS_tgkill, 0, {static_cast<uint32_t>(getpid())});
  if (takes_versions) {
    add_choices(to, SYS_ioctl, 1, {TCGETS, FIONREAD, TIOCGWINSZ, FIONBIO, UFFDIO_REGISTER, UFFDIO_UNREGISTER, UFFDIO_WRITEPROTECT});
  } else {
    add_choices(to, SYS_ioctl, 1, {TCGETS, FIONREAD, TIOCGWINSZ, FIONBIO});
  }
  if (takes_versions) {
    add_choices(to, SYS_fcntl, 1, {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETLK, F_SETLK});
  } else {
    add_choices(to, SYS_fcntl, 1, {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC});
  }
  if ((groups & network_calls) != 0) add_choices(to, SYS_socket, 0, {AF_INET, AF_INET6});
  // Asking for a limit of one's own, not setting it.
  to.begin(SYS_prlimit64);
  to.load_argument(2);
  to.add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
  to.answer(refuse);
  to.load(offsetof(seccomp_data, args) + 2 * sizeof(uint64_t) + sizeof(uint32_t));
  to.answer_if_equal(0, allow);
  to.answer(refuse);
  to.end();
}

void add_bitmap(Writer& to, uint32_t groups) {
  std::array<uint32_t, known_calls / word_bits> words = {};
  for (const Call& call : calls) {
    if ((call.group & groups) != 0) words[call.number / word_bits] |= 1u << call.number % word_bits;
  }
  uint32_t begin = 0;
  for (const uint32_t word : words) {
    begin += word_bits;
    if (word == 0) {
      to.add(BPF_JMP | BPF_JGE | BPF_K, begin, 1, 0);
      to.answer(refuse);
      continue;
    }
    to.add(BPF_JMP | BPF_JGE | BPF_K, begin, 7, 0);
    to.add(BPF_ALU | BPF_AND | BPF_K, word_bits - 1);
    to.add(BPF_MISC | BPF_TAX, 0);
    to.add(BPF_LD | BPF_IMM, 1);
    to.add(BPF_ALU | BPF_LSH | BPF_X, 0);
    to.add(BPF_JMP | BPF_JSET | BPF_K, word, 0, 1);
    to.answer(allow);
    to.answer(refuse);
  }
}

}  // namespace

std::vector<FilterStep> make_filter(uint32_t groups) {
  Writer to;
  to.steps.reserve(256);
  to.load(offsetof(seccomp_data, arch));
  to.add(BPF_JMP | BPF_JEQ | BPF_K, machine, 1, 0);
  to.answer(SECCOMP_RET_KILL_PROCESS);
  to.load(offsetof(seccomp_data, nr));
  add_checked(to, groups);
  add_bitmap(to, groups | engine_calls);
  to.answer(pretend_missing);
  return std::move(to.steps);
}

std::expected<void, int> install_filter(const std::vector<FilterStep>& filter) {
  static_assert(sizeof(FilterStep) == sizeof(sock_filter) && offsetof(FilterStep, operand) == offsetof(sock_filter, k));
  ASSERT(filter.size() <= BPF_MAXINSNS);
  const sock_fprog program = {static_cast<unsigned short>(filter.size()),
                              reinterpret_cast<sock_filter*>(const_cast<FilterStep*>(filter.data()))};
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (result == 0) return {};
  return std::unexpected(result < 0 ? errno : EBUSY);  // positive: a thread that has a filter of its own
}

bool has_filters() {
  const uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace mote::os
