// See suite.h. Children report through a pipe: one JSON object with the tally of their script.
#include "suite.h"

#include "base/core/format.h"
#include "run.h"
#include "script.h"

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string_view>

namespace mote::spec {

namespace {

constexpr const char* usage =
    "usage: spec_runner --spec FOLDER [--group NUMBER|NAME]... [--script PATH]... [--tier NAME] [--mode guard|dense]\n"
    "                   [--jobs N] [--timeout SECONDS] [--validate] [--failures] [--quiet]\n"
    "  --script PATH   only scripts whose path contains PATH, e.g. core/i32 or table\n"
    "  --validate      decode and validate only; nothing is compiled or run\n"
    "  --failures      print the failures and the lines of groups that failed, nothing else\n"
    "  --quiet         no list of skipped modules\n";

struct Options {
  std::string suite;
  std::vector<std::string> groups, scripts;
  std::string tier, mode;
  uint32_t jobs = 1;
  uint32_t timeout_s = 300;
  bool validates_only = false, failures_only = false, is_quiet = false;
};

struct Job {
  const Group* group;
  std::string path;
  const Configuration* configuration;
};

// Groups from here on are proposals beyond WebAssembly 3.0 and threads: refused clearly or passed, and reported apart.
constexpr uint32_t first_proposal_group = 17, legacy_exceptions = 19;

nlohmann::json to_json(const Tally& tally) {
  nlohmann::json skips = nlohmann::json::array();
  for (const Skip& skip : tally.skips) skips.push_back({skip.module, skip.reason, skip.commands});
  return {{"passed", tally.passed},       {"failed", tally.failed}, {"skipped", tally.skipped},
          {"text_only", tally.text_only}, {"skips", skips},         {"failures", tally.failures}};
}

Tally from_json(const nlohmann::json& json) {
  Tally tally{json.at("passed"), json.at("failed"), json.at("skipped"), json.at("text_only"), json.at("failures"), {}};
  for (const auto& skip : json.at("skips")) tally.skips.push_back({skip[0], skip[1], skip[2]});
  return tally;
}

Tally one_failure(std::string text) {
  Tally tally;
  tally.failed = 1;
  tally.failures.push_back(std::move(text));
  return tally;
}

Tally run_once(const Job& job, const Script& script, const Options& options, std::atomic<uint32_t>* line) {
  const std::unique_ptr<ScriptEngine> engine = job.configuration->make();
  ScriptRun run(script, job.path, *engine, job.group->number >= first_proposal_group && job.group->number != legacy_exceptions);
  if (options.validates_only) run.validate_only();
  run.report_line_to(line);
  return run.run();
}

// One run of a script with threads is one interleaving: it is run again and again, and counts as its first run or as its worst.
constexpr uint32_t runs_with_threads = 50;

Tally run_script(const Job& job, const Options& options, std::atomic<uint32_t>* line) {
  const auto script = read_script(options.suite + "/" + job.path);
  if (!script) return one_failure(job.path + ": " + script.error().message);
  Tally tally = run_once(job, *script, options, line);
  const bool has_threads =
      std::ranges::any_of(script->commands, [](const Command& one) { return one.type == CommandType::thread; });
  const uint32_t runs = has_threads && !options.validates_only ? runs_with_threads : 1;
  for (uint32_t i = 1; i < runs && tally.failed == 0 && tally.skipped == 0; ++i) {
    Tally again = run_once(job, *script, options, line);
    if (again.failed != 0) tally = std::move(again);
  }
  return tally;
}

// A script being run by a child.
struct Child {
  const Job* job = nullptr;
  pid_t pid = 0;
  int pipe = -1;
  std::string output;
  std::chrono::steady_clock::time_point deadline;
  bool timed_out = false;
};

class Pool {
 public:
  explicit Pool(const Options& options) : options_(options) {
    const size_t size = options.jobs * sizeof(std::atomic<uint32_t>);
    lines_ = static_cast<std::atomic<uint32_t>*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    children_.resize(options.jobs);
  }

  // Runs all jobs, as many at a time as there are children; tells each result with the job's number.
  void run(std::span<const Job> jobs, const std::function<void(size_t, Tally)>& on_done) {
    size_t next = 0, running = 0;
    while (next < jobs.size() || running > 0) {
      for (size_t slot = 0; slot < children_.size() && next < jobs.size(); ++slot) {
        if (children_[slot].job != nullptr) continue;
        start(slot, jobs[next++]);
        ++running;
      }
      wait_for_output();
      for (size_t slot = 0; slot < children_.size(); ++slot) {
        Child& child = children_[slot];
        if (child.job == nullptr || !drain(child)) continue;
        const auto number = static_cast<size_t>(child.job - jobs.data());
        on_done(number, finish(slot));
        --running;
      }
    }
  }

 private:
  void start(size_t slot, const Job& job) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    lines_[slot].store(0);
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0) std::abort();
    if (pid == 0) {
      close(ends[0]);
      const std::string output = to_json(run_script(job, options_, &lines_[slot])).dump();
      for (size_t done = 0; done < output.size();) {
        const ssize_t count = write(ends[1], output.data() + done, output.size() - done);
        if (count <= 0) _exit(3);
        done += static_cast<size_t>(count);
      }
      std::fflush(nullptr);
      _exit(0);
    }
    close(ends[1]);
    children_[slot] = {&job, pid, ends[0], {}, std::chrono::steady_clock::now() + std::chrono::seconds(options_.timeout_s), false};
  }

  void wait_for_output() {
    std::vector<pollfd> waiting;
    for (const Child& child : children_) {
      if (child.job != nullptr) waiting.push_back({child.pipe, POLLIN, 0});
    }
    poll(waiting.data(), waiting.size(), 500);
  }

  // Whether the child is done.
  bool drain(Child& child) {
    pollfd ready{child.pipe, POLLIN, 0};
    while (poll(&ready, 1, 0) > 0) {
      char buffer[65536];
      const ssize_t count = read(child.pipe, buffer, sizeof buffer);
      if (count <= 0) return true;
      child.output.append(buffer, static_cast<size_t>(count));
    }
    if (!child.timed_out && std::chrono::steady_clock::now() > child.deadline) {
      child.timed_out = true;
      kill(child.pid, SIGKILL);
    }
    return false;
  }

  Tally finish(size_t slot) {
    Child child = std::move(children_[slot]);
    children_[slot] = {};
    close(child.pipe);
    int status = 0;
    waitpid(child.pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return from_json(nlohmann::json::parse(child.output));
    const std::string how = child.timed_out       ? format("took longer than {} s", options_.timeout_s)
                            : WIFSIGNALED(status) ? format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
                                                  : format("ended with status {}", WEXITSTATUS(status));
    return one_failure(format("{}:{}: the process {}", child.job->path, lines_[slot].load(), how));
  }

  const Options& options_;
  std::atomic<uint32_t>* lines_;
  std::vector<Child> children_;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--spec")
      options.suite = value();
    else if (word == "--group")
      options.groups.push_back(value());
    else if (word == "--script")
      options.scripts.push_back(value());
    else if (word == "--tier")
      options.tier = value();
    else if (word == "--mode")
      options.mode = value();
    else if (word == "--jobs")
      options.jobs = static_cast<uint32_t>(std::clamp(std::atoi(value().c_str()), 1, 256));
    else if (word == "--timeout")
      options.timeout_s = static_cast<uint32_t>(std::max(std::atoi(value().c_str()), 1));
    else if (word == "--validate")
      options.validates_only = true;
    else if (word == "--failures")
      options.failures_only = true;
    else if (word == "--quiet")
      options.is_quiet = true;
    else
      return std::nullopt;
  }
  if (options.suite.empty()) return std::nullopt;
  return options;
}

bool is_chosen(const Group& group, const Options& options) {
  return options.groups.empty() || std::ranges::any_of(options.groups, [&](const std::string& one) {
           return one == group.id || one == std::to_string(group.number);
         });
}
bool is_chosen(const std::string& path, const Options& options) {
  return options.scripts.empty() ||
         std::ranges::any_of(options.scripts, [&](const std::string& one) { return path.find(one) != std::string::npos; });
}

std::vector<Job> plan(std::span<const Group> groups, std::span<const Configuration> configurations, const Options& options) {
  std::vector<Job> jobs;
  for (const Group& group : groups) {
    if (!is_chosen(group, options)) continue;
    for (const Configuration& configuration : configurations) {
      if (!options.tier.empty() && options.tier != configuration.tier) continue;
      if (!options.mode.empty() && options.mode != configuration.mode) continue;
      for (const GroupScript& script : group.scripts) {
        if (is_chosen(script.path, options)) jobs.push_back({&group, script.path, &configuration});
      }
    }
  }
  return jobs;
}

// What made a skip necessary, without the places: "not supported by this build yet: exception handling".
std::string short_reason(const std::string& reason) {
  if (reason.starts_with("a proposal")) return reason.substr(0, reason.find(':'));
  return reason.substr(0, std::min(reason.find(", "), reason.find(" (")));
}

void print_group(const Job& job, const Tally& tally, const Options& options) {
  if (options.failures_only && tally.failed == 0) return;
  std::set<std::string> reasons;
  for (const Skip& skip : tally.skips) reasons.insert(short_reason(skip.reason));
  std::string reason;
  for (const std::string& one : reasons) reason += (reason.empty() ? "" : "; ") + one;
  const std::string column = options.validates_only ? "validation" : job.configuration->tier + " " + job.configuration->mode;
  std::printf("spec %s %s: %u passed, %u failed, %u skipped%s\n", job.group->id.c_str(), column.c_str(), tally.passed, tally.failed,
              tally.skipped, reason.empty() ? "" : (" (" + reason + ")").c_str());
  for (const std::string& failure : tally.failures) std::printf("  FAILED %s\n", failure.c_str());
  std::fflush(stdout);
}

void print_skips(std::span<const Skip> skips, uint32_t columns) {
  std::map<std::pair<std::string, std::string>, uint32_t> by_module;
  for (const Skip& skip : skips) by_module[{skip.module, skip.reason}] += skip.commands;
  if (by_module.empty()) return;
  std::printf("skipped commands by module, all %u columns together:\n", columns);
  for (const auto& [key, commands] : by_module) std::printf("  %s: %u: %s\n", key.first.c_str(), commands, key.second.c_str());
}

// Adds results up and prints each group's line as soon as all before it are complete.
class Report {
 public:
  Report(std::span<const Job> jobs, const Options& options) : jobs_(jobs), options_(options), tallies_(jobs.size()) {}

  void add(size_t number, Tally tally) {
    tallies_[number] = std::move(tally);
    while (printed_ < jobs_.size()) {
      Tally sum;
      size_t end = printed_;
      for (; end < jobs_.size() && is_same_column(jobs_[end], jobs_[printed_]); ++end) {
        if (!tallies_[end]) return;
        sum.add(*tallies_[end]);
      }
      print_group(jobs_[printed_], sum, options_);
      total_.add(sum);
      columns_.insert(jobs_[printed_].configuration);
      printed_ = end;
    }
  }

  // The lists and the closing line; the exit status.
  [[nodiscard]] int finish() const {
    const auto columns = static_cast<uint32_t>(columns_.size());
    if (!options_.is_quiet && !options_.failures_only) print_skips(total_.skips, columns);
    std::printf("text only: %u commands test the text format and are neither passed nor failed\n", total_.text_only / columns);
    std::printf("%u passed, %u failed, %u skipped\n", total_.passed, total_.failed, total_.skipped);
    return total_.failed == 0 ? 0 : 1;
  }

 private:
  static bool is_same_column(const Job& a, const Job& b) { return a.group == b.group && a.configuration == b.configuration; }

  std::span<const Job> jobs_;
  const Options& options_;
  std::vector<std::optional<Tally>> tallies_;
  size_t printed_ = 0;
  Tally total_;
  std::set<const Configuration*> columns_;
};

}  // namespace

int run_suite(int argc, char** argv, std::span<const Configuration> configurations) {
  const auto options = parse(argc, argv);
  if (!options) {
    std::fputs(usage, stderr);
    return 2;
  }
  const auto groups = read_groups(options->suite);
  if (!groups) {
    std::fprintf(stderr, "spec: %s\n", groups.error().message.c_str());
    return 2;
  }
  if (options->validates_only) configurations = configurations.first(1);
  const std::vector<Job> jobs = plan(*groups, configurations, *options);
  if (jobs.empty()) {
    std::fputs("spec: no script is chosen\n", stderr);
    return 2;
  }
  Report report(jobs, *options);
  Pool(*options).run(jobs, [&](size_t number, Tally tally) { report.add(number, std::move(tally)); });
  return report.finish();
}

}  // namespace mote::spec
