#include "base/os/process.h"

#include "base/os/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace mote::os {
namespace {

struct Seen {
  Result<ProgramEnd> end;
  std::vector<std::string> lines;
};
Seen shell(const std::string& script, uint64_t timeout_ms = 0) {
  Seen seen;
  seen.end = run_program({{"/bin/sh", "-c", script}, [&](std::string_view line) { seen.lines.emplace_back(line); }, timeout_ms});
  return seen;
}

TEST(Process, EndsWithItsStatusAndItsLines) {
  const Seen seen = shell("echo one; echo two >&2; printf three; exit 7");
  ASSERT_TRUE(seen.end.has_value()) << seen.end.error().message;
  EXPECT_EQ(seen.end->kind, ProgramEnd::exited);
  EXPECT_EQ(seen.end->code, 7);
  EXPECT_EQ(seen.lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Process, HasNoInput) {
  EXPECT_EQ(shell("cat; echo end").lines, std::vector<std::string>{"end"});
}

TEST(Process, BecomesAnotherProgram) {
  const pid_t child = fork();
  if (child == 0) {
    (void)replace_program({"/bin/sh", "-c", "[ $$ = \"$0\" ] && exit 9", std::to_string(getpid())});
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 9) << "the process id stays";
  const auto none = replace_program({"/nowhere/program"});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
}

TEST(Process, TellsTheSignal) {
  const Seen seen = shell("kill -SEGV $$");
  ASSERT_TRUE(seen.end.has_value());
  EXPECT_EQ(seen.end->kind, ProgramEnd::killed);
  EXPECT_EQ(seen.end->code, SIGSEGV);
  EXPECT_STREQ(signal_name(seen.end->code), "SEGV");
}

TEST(Process, EndsInTime) {
  const auto begin = std::chrono::steady_clock::now();
  const Seen seen = shell("echo begun; exec sleep 60", 200);
  ASSERT_TRUE(seen.end.has_value());
  EXPECT_EQ(seen.end->kind, ProgramEnd::timed_out);
  EXPECT_EQ(seen.lines, std::vector<std::string>{"begun"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Process, LongOutputArrivesWhole) {
  size_t size = 0;
  const auto end = run_program(
      {{"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"}, [&](std::string_view line) { size += line.size(); }});
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(size, 1'000'000u);
}

TEST(Process, MissingProgramIsAnError) {
  const auto end = run_program({{"/nowhere/program"}});
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().kind, ErrorKind::not_found);
  EXPECT_NE(end.error().message.find("/nowhere/program"), std::string::npos);
}

TEST(Process, FindsPrograms) {
  EXPECT_TRUE(find_program("sh").has_value());
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_FALSE(find_program("no-such-program-here").has_value());
  EXPECT_FALSE(find_program("/etc/passwd").has_value());
}

// What a detached program is: of another session, without our streams, and nobody's zombie.
TEST(Process, DetachesPrograms) {
  const std::string folder = *make_temporary_folder("mote-process-test-");
  const std::string script =
      "ps -o sid= -p $$ > " + folder + "/session; ls -l /proc/self/fd > " + folder + "/open; cat > " + folder + "/input";
  ASSERT_TRUE(start_detached({"/bin/sh", "-c", script}).has_value());
  const auto read = [&](const char* name) {
    const auto content = read_file(folder + "/" + name, 1 << 16);
    return content ? std::string(content->begin(), content->end()) : std::string("?");
  };
  EXPECT_NE(std::stoi(read("session")), getsid(0));
  EXPECT_NE(read("open").find("0 -> /dev/null"), std::string::npos);
  EXPECT_NE(read("open").find("2 -> /dev/null"), std::string::npos);
  EXPECT_EQ(read("input"), "");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left to wait for";
  EXPECT_FALSE(start_detached({folder + "/none"}).has_value());
  (void)remove_folder(folder);
}

TEST(Process, ContinuesInBackground) {
  const std::string folder = *make_temporary_folder("mote-process-test-");
  const pid_t child = fork();
  if (child == 0) {
    const pid_t before = getpid();
    if (!continue_in_background()) _exit(9);
    const std::string seen = getpid() != before && getpriority(PRIO_PROCESS, 0) == 19 ? "good" : "bad";
    (void)write_file(folder + "/seen", {reinterpret_cast<const uint8_t*>(seen.data()), seen.size()});
    _exit(0);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (int i = 0; i < 1000 && !exists(folder + "/seen"); ++i) usleep(5000);
  const auto seen = read_file(folder + "/seen", 16);
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(std::string(seen->begin(), seen->end()), "good");
  (void)remove_folder(folder);
}

// The copy acts when the delay is over, and not when this process is done before.
TEST(Process, ActsApartUnlessItEndsBefore) {
  const std::string folder = *make_temporary_folder("mote-process-test-");
  const auto act = [&](const std::string& name) { return [path = folder + "/" + name] { (void)write_file(path, {}); }; };
  auto cancelled = run_apart(50, act("cancelled"));
  ASSERT_TRUE(cancelled.has_value());
  *cancelled = File();
  EXPECT_GT(waitpid(-1, nullptr, 0), 0);  // at once, or after its delay
  const auto kept = run_apart(1, act("kept"));
  ASSERT_TRUE(kept.has_value());
  EXPECT_GT(waitpid(-1, nullptr, 0), 0);
  EXPECT_TRUE(exists(folder + "/kept"));
  EXPECT_FALSE(exists(folder + "/cancelled"));
  (void)remove_folder(folder);
}

}  // namespace
}  // namespace mote::os
