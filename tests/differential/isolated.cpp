// See isolated.h. The text comes through a pipe; SIGALRM ends a child that takes too long.
#include "tests/differential/isolated.h"

#include "base/core/format.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mote::differential {

ChildResult isolated(unsigned timeout_seconds, const std::function<std::string()>& function) {
  int ends[2];
  fflush(nullptr);
  if (pipe(ends) != 0) return {true, "cannot make a pipe"};
  const pid_t pid = fork();
  if (pid < 0) return {true, "cannot fork"};
  if (pid == 0) {
    alarm(timeout_seconds);
    const std::string text = function();
    for (size_t written = 0; written < text.size();) {
      const ssize_t count = write(ends[1], text.data() + written, text.size() - written);
      if (count <= 0) _exit(3);
      written += static_cast<size_t>(count);
    }
    _exit(0);
  }
  close(ends[1]);
  ChildResult result;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
    result.text.append(buffer, static_cast<size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) return {true, format("the process died: {}", strsignal(WTERMSIG(status)))};
  if (WEXITSTATUS(status) != 0) return {true, format("the process ended with status {}", WEXITSTATUS(status))};
  return result;
}

}  // namespace mote::differential
