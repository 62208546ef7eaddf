// See process.h. fork and exec, since the child must ask to die with its parent before it becomes the program.
#include "base/os/process.h"

#include "base/core/format.h"
#include "base/os/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace mote::os {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t most_line_bytes = 64 << 10;

struct Pipe {
  File read, write;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "cannot make a pipe");
  return Pipe{File(ends[0]), File(ends[1])};
}

// In the child: only async-signal-safe calls, since other threads of the parent may have held locks. Never returns.
[[noreturn]] void become(char* const* arguments, int output, int report, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (getppid() == parent && nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execv(arguments[0], arguments);
  }
  const int error_number = errno;
  if (write(report, &error_number, sizeof error_number) < 0) _exit(126);
  _exit(127);
}

// Hands complete lines on and keeps the rest.
void take_lines(std::string& text, const std::function<void(std::string_view)>& on_line, bool is_end) {
  size_t from = 0;
  for (size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
    if (on_line) on_line(std::string_view(text).substr(from, end - from));
  }
  text.erase(0, from);
  if (!text.empty() && (is_end || text.size() >= most_line_bytes)) {
    if (on_line) on_line(text);
    text.clear();
  }
}

// Milliseconds until then for poll; -1 without a deadline.
int remaining_ms(const std::optional<Clock::time_point>& deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

// Reads until the child closes its end; false when the deadline came first.
bool read_output(const File& output, const ProgramRun& run, const std::optional<Clock::time_point>& deadline) {
  std::string text;
  std::vector<uint8_t> buffer(16 << 10);
  for (;;) {
    pollfd ready{output.descriptor(), POLLIN, 0};
    const int count = poll(&ready, 1, remaining_ms(deadline));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) return false;
    const auto size = read_some(output.descriptor(), buffer);
    if (!size || *size == 0) break;
    text.append(reinterpret_cast<const char*>(buffer.data()), *size);
    take_lines(text, run.on_line, false);
  }
  take_lines(text, run.on_line, true);
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Result<ProgramEnd> run_program(const ProgramRun& run) {
  std::vector<std::string> words = run.arguments;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  Pipe output = TRY(make_pipe());
  Pipe report = TRY(make_pipe());
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return fail_errno(errno, "cannot start " + words[0]);
  if (child == 0) become(arguments.data(), output.write.descriptor(), report.write.descriptor(), parent);
  output.write = File();
  report.write = File();

  int error_number = 0;
  const auto reported = read_some(report.read.descriptor(), {reinterpret_cast<uint8_t*>(&error_number), sizeof error_number});
  if (reported && *reported == sizeof error_number) {
    wait_for(child);
    return fail_errno(error_number, "cannot run " + words[0]);
  }
  std::optional<Clock::time_point> deadline;
  if (run.timeout_ms != 0) deadline = Clock::now() + std::chrono::milliseconds(run.timeout_ms);
  if (!read_output(output.read, run, deadline)) {
    kill(child, SIGKILL);
    wait_for(child);
    return ProgramEnd{ProgramEnd::timed_out, SIGKILL};
  }
  const int status = wait_for(child);
  if (WIFSIGNALED(status)) return ProgramEnd{ProgramEnd::killed, WTERMSIG(status)};
  return ProgramEnd{ProgramEnd::exited, WEXITSTATUS(status)};
}

// posix_spawn, since fork would copy the page tables of a guest's memory and make it fault on each page afterwards.
Result<void> replace_program(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  return fail_errno(errno, "cannot start " + words[0]);
}

Result<void> start_detached(const std::vector<std::string>& arguments, int input) {
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  if (input >= 0) {
    posix_spawn_file_actions_adddup2(&actions, input, 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  for (const int stream : {1, 2}) posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error_number = posix_spawn(&child, pointers[0], &actions, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error_number != 0) return fail_errno(error_number, "cannot start " + words[0]);
  wait_for(child);
  return {};
}

Result<void> continue_in_background() {
  const pid_t child = fork();
  if (child < 0) return fail_errno(errno, "cannot start a process");
  if (child > 0) _exit(0);
  take_lowest_priority();
  return {};
}

void take_lowest_priority() {
  constexpr int lowest = 19;
  setpriority(PRIO_PROCESS, 0, lowest);  // none of these can fail in a way that matters
  const sched_param batch{};
  sched_setscheduler(0, SCHED_BATCH, &batch);
  constexpr int io_of_process = 1, io_idle = 3 << 13;  // linux/ioprio.h, which libc has not
  syscall(SYS_ioprio_set, io_of_process, 0, io_idle);
}

Result<File> run_apart(uint64_t delay_ms, const std::function<void()>& action) {
  Pipe end = TRY(make_pipe());
  const pid_t child = fork();
  if (child < 0) return fail_errno(errno, "cannot start a process");
  if (child > 0) return std::move(end.write);
  end.write = File();
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const auto deadline = Clock::now() + std::chrono::milliseconds(delay_ms);
  pollfd parent{end.read.descriptor(), POLLIN, 0};
  int count = nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 ? -1 : 1;
  while (count < 0) {
    count = poll(&parent, 1, remaining_ms(deadline));
    if (count < 0 && errno != EINTR) break;
  }
  if (count == 0) action();
  _exit(0);
}

std::optional<std::string> find_program(const std::string& name) {
  const auto is_program = [](const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return is_program(name) ? std::optional(name) : std::nullopt;
  const char* variable = getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const size_t colon = std::min(folders.find(':'), folders.size());
    std::string path = format("{}/{}", folders.substr(0, colon), name);
    if (colon > 0 && is_program(path)) return path;
    folders.remove_prefix(std::min(colon + 1, folders.size()));
  }
  return std::nullopt;
}

uint64_t most_descriptors() {
  rlimit limit = {};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}
uint64_t process_id() {
  return static_cast<uint64_t>(getpid());
}

const char* signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? name : "unknown";
}

}  // namespace mote::os
