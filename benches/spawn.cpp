// Times whole commands, alternating: spawn to exit, CPU time and peak memory of each. The tool behind `./bench start`.
//
//   spawn ROUNDS STDIN_FILE < commands      one command a line: LABEL<TAB>COMMAND WORDS (split at blanks, no quoting)
//
// Prints one JSON object a line: {"label", "rounds", "wall_ms": {min, median, p90}, "cpu_ms": median, "rss_kib": median, "failed"}.
// Commands run in turn within each round, so that a machine's slow phases meet all of them. Two rounds of warm-up are not counted.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

extern char** environ;

namespace {

struct Command {
  std::string label;
  std::vector<std::string> words;
  std::vector<double> wall_ms, cpu_ms, rss_kib;
  int failed = 0;
};

double median(std::vector<double> values, double at = 0.5) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(at * static_cast<double>(values.size())))];
}

// Runs a command once; records it when `count` says so.
void run_once(Command& command, const char* input, bool count) {
  std::vector<char*> argv;
  for (std::string& word : command.words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  auto begin = std::chrono::steady_clock::now();
  int error = posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
  int status = 0;
  rusage usage{};
  if (error == 0) wait4(child, &status, 0, &usage);
  auto end = std::chrono::steady_clock::now();
  posix_spawn_file_actions_destroy(&files);
  if (error != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    ++command.failed;
    return;
  }
  if (!count) return;
  auto ms = [](timeval t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; };
  command.wall_ms.push_back(std::chrono::duration<double, std::milli>(end - begin).count());
  command.cpu_ms.push_back(ms(usage.ru_utime) + ms(usage.ru_stime));
  command.rss_kib.push_back(static_cast<double>(usage.ru_maxrss));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: spawn ROUNDS STDIN_FILE < commands\n");
    return 2;
  }
  int rounds = std::atoi(argv[1]);
  std::vector<Command> commands;
  for (std::string line; std::getline(std::cin, line);) {
    size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    Command command{line.substr(0, tab), {}, {}, {}, {}, 0};
    std::istringstream words(line.substr(tab + 1));
    for (std::string word; words >> word;) command.words.push_back(word);
    commands.push_back(std::move(command));
  }
  constexpr int warm_up = 2;
  for (int round = 0; round < rounds + warm_up; ++round) {
    for (Command& command : commands) run_once(command, argv[2], round >= warm_up);
  }
  for (const Command& c : commands) {
    std::printf(
        "{\"label\": \"%s\", \"rounds\": %zu, \"wall_ms\": {\"min\": %.3f, \"median\": %.3f, \"p90\": %.3f}, \"cpu_ms\": %.3f, "
        "\"rss_kib\": %.0f, \"failed\": %d}\n",
        c.label.c_str(), c.wall_ms.size(), median(c.wall_ms, 0), median(c.wall_ms), median(c.wall_ms, 0.9), median(c.cpu_ms),
        median(c.rss_kib), c.failed);
  }
  return 0;
}
