// See campaign.h.
#include "tests/differential/campaign.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/core/hash.h"
#include "tests/differential/check.h"
#include "tests/differential/choices.h"
#include "tests/differential/isolated.h"
#include "tests/differential/minimize.h"
#include "tests/differential/programs.h"
#include "tests/differential/reduce.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <unordered_set>

namespace mote::differential {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t batch_size = 200;
constexpr unsigned seconds_per_seed = 60;  // far more than any takes
constexpr uint32_t choice_attempts = 500, module_attempts = 2500;
constexpr uint64_t reduced_step_limit = 3'000'000;  // what is cut out may be what ends a loop

// What a worker tells, in memory that it shares with the campaign; read when it has ended, however that went.
struct Report {
  uint64_t first, last, seed;  // of the batch, and where it is
  Setup setup;                 // what runs now
  uint64_t executions, optimized_executions, optimized_modules, oracle_calls, traps, module_count;
  CycleCounts cycles;
  uint64_t modules[batch_size];  // hashes
  char failure[2000];            // empty: none
};

std::vector<Setup> chosen_setups(uint64_t seed, const Program& program, const CampaignOptions& options) {
  std::vector<Setup> setups = setups_of(seed, program.plan.two, options.maker == Maker::calls);
  std::erase_if(setups, [&](const Setup& setup) { return text(setup).find(options.only) == std::string::npos; });
  return setups;
}

// The module without what is to be called.
uint64_t module_hash(const Program& program) {
  std::vector<uint8_t> plan;
  append_plan(plan, program.plan);
  return checksum(Bytes(program.wasm).first(program.wasm.size() - plan.size()));
}

void add(CycleCounts& to, const CycleCounts& from) {
  to.events += from.events, to.preempted += from.preempted, to.killed += from.killed;
}

std::string run_seed(uint64_t seed, Report& report, const CampaignOptions& options) {
  const auto program = make_program(seed, options.maker);
  if (!program) return "the generator made a malformed module: " + program.error().text();
  const std::vector<Setup> setups = chosen_setups(seed, *program, options);
  if (setups.empty()) return {};
  const Verdict verdict = check(*program, setups, [&](const Setup& setup) { report.setup = setup; }, options.cycles);
  report.executions += verdict.counts.calls * verdict.runs;
  report.optimized_executions += verdict.counts.calls * verdict.optimized_runs;
  report.optimized_modules += verdict.optimized_runs != 0;
  report.oracle_calls += verdict.counts.calls;
  add(report.cycles, verdict.cycles);
  report.traps += verdict.counts.traps;
  report.modules[report.module_count++] = module_hash(*program);
  return verdict.failure;
}

void run_batch(Report& report, const CampaignOptions& options) {
  for (; report.seed <= report.last; ++report.seed) {
    alarm(seconds_per_seed);
    const std::string failure = run_seed(report.seed, report, options);
    if (failure.empty()) continue;
    snprintf(report.failure, sizeof report.failure, "%s", failure.c_str());
    return;
  }
}

// What makes two failures the same: everything up to the first number or line break.
std::string kind_of(const std::string& failure) {
  return failure.substr(0, failure.find_first_of("0123456789\n"));
}

// Makes a failing seed small and writes it.
class Keeper {
 public:
  Keeper(uint64_t seed, const Setup& setup, std::string failure, const CampaignOptions& options)
      : seed_(seed), setup_(setup), failure_(std::move(failure)), options_(options) {}

  void keep() {
    auto program = make_program(seed_, options_.maker);
    if (program && options_.minimizes) program = smaller();
    printf("FAILED seed %llu (%s): %s\n", static_cast<unsigned long long>(seed_), text(setup_).c_str(), failure_.c_str());
    if (program) {
      std::filesystem::create_directories(options_.finds);
      const auto file = options_.finds / format("seed-{}.wasm", seed_);
      write_bytes(file, program->wasm);
      printf("  kept as %s (%zu bytes): %s\n", file.c_str(), program->wasm.size(),
             isolated(seconds_per_seed, [&] { return check(*program, setup_, options_.cycles); }).text.c_str());
    }
    fflush(stdout);
  }

 private:
  // Alike means: so few steps, and the same kind of failure.
  bool fails(const Program& program) {
    const ChildResult result = isolated(10, [&] {
      if (!program.has_objects && !run_oracle(program, setup_.rules, reduced_step_limit)) return std::string();
      return check(program, setup_, options_.cycles);
    });
    return kind_of(result.text) == kind_of(failure_);
  }

  Result<Program> smaller() {
    std::vector<uint8_t> choices = choices_of(seed_, options_.maker);
    Result<Program> program = make_program(choices, setup_.rules, options_.maker);
    if (!fails(*program)) return program;  // only together with what ran before
    choices = minimize(std::move(choices), choice_attempts, [&](const std::vector<uint8_t>& candidate) {
      const auto made = make_program(candidate, setup_.rules, options_.maker);
      return made && fails(*made);
    });
    program = make_program(choices, setup_.rules, options_.maker);
    return reduce(std::move(*program), module_attempts, [&](const Program& candidate) { return fails(candidate); });
  }

  uint64_t seed_;
  Setup setup_;
  std::string failure_;
  const CampaignOptions& options_;
};

class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options) : options_(options), next_(options.first), workers_(options.jobs) {
    if (!options_.state.empty()) load();
  }

  CampaignCounts run() {
    fflush(nullptr);
    for (;;) {
      bool is_running = false;
      for (Worker& worker : workers_) {
        if (worker.pid == 0 && !is_over()) start(worker);
        is_running |= worker.pid != 0;
      }
      if (!is_running) break;
      wait();
      if (options_.reports && seconds(last_line_) >= 60) print();
    }
    if (options_.reports) print();
    return counts_;
  }

 private:
  struct Worker {
    pid_t pid = 0;
    Report* report = nullptr;
  };

  [[nodiscard]] static double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  }
  [[nodiscard]] bool is_over() const {
    return (next_ > options_.last && unfinished_.empty()) || (options_.seconds != 0 && seconds(begin_) >= options_.seconds) ||
           counts_.finds >= options_.most_finds;
  }

  void start(Worker& worker) {
    if (worker.report == nullptr) {
      void* place = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      ASSERT(place != MAP_FAILED);
      worker.report = new (place) Report{};
    }
    Report& report = *worker.report;
    report = {};
    if (!unfinished_.empty()) {
      report.first = unfinished_.front().first, report.last = unfinished_.front().second;
      unfinished_.pop_front();
    } else {
      report.first = next_, report.last = next_ + std::min(batch_size - 1, options_.last - next_);
      next_ = report.last + 1;
    }
    report.seed = report.first;
    worker.pid = fork();
    ASSERT(worker.pid >= 0);
    if (worker.pid != 0) return;
    run_batch(report, options_);
    _exit(0);
  }

  void wait() {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    const auto worker = std::ranges::find(workers_, pid, &Worker::pid);
    if (worker == workers_.end()) return;
    worker->pid = 0;
    const Report& report = *worker->report;
    const uint64_t done = std::min(report.seed, report.last + 1);
    counts_.seeds += done - report.first;
    counts_.optimized_executions += report.optimized_executions, counts_.optimized_modules += report.optimized_modules;
    counts_.executions += report.executions, counts_.oracle_calls += report.oracle_calls, counts_.traps += report.traps;
    add(counts_.cycles, report.cycles);
    modules_.insert(report.modules, report.modules + report.module_count);
    counts_.modules = modules_.size();
    std::string failure = report.failure;
    if (status != 0) failure = "the process died: " + std::string(WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "status");
    if (!failure.empty()) {
      ++counts_.finds;
      if (report.seed < report.last) unfinished_.emplace_back(report.seed + 1, report.last);
      Keeper(report.seed, report.setup, failure, options_).keep();
    }
    if (!options_.state.empty()) save(report);
  }

  void print() {
    last_line_ = Clock::now();
    auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    printf(
        "seeds up to %llu: %llu executions over %llu distinct modules (%llu over %llu with optimised code; %llu calls of the "
        "oracle, "
        "%.0f %% of them trap), %llu finds; %.0f s, %.0f executions/s\n",
        number(next_ - 1), number(counts_.executions), number(counts_.modules), number(counts_.optimized_executions),
        number(counts_.optimized_modules), number(counts_.oracle_calls),
        100.0 * static_cast<double>(counts_.traps) / static_cast<double>(std::max<uint64_t>(counts_.oracle_calls, 1)),
        number(counts_.finds), seconds(begin_),
        static_cast<double>(counts_.executions - loaded_executions_) / std::max(seconds(begin_), 1e-3));
    if (options_.cycles != 0)
      printf("  %llu more events in pooled stores, %llu times preempted, %llu killed\n", number(counts_.cycles.events),
             number(counts_.cycles.preempted), number(counts_.cycles.killed));
    fflush(stdout);
  }

  // Text for the counts, beside it the hashes as they come.
  [[nodiscard]] std::filesystem::path hashes_file() const { return options_.state.string() + ".modules"; }
  void load() {
    std::ifstream in(options_.state);
    if (!(in >> next_ >> counts_.seeds >> counts_.executions >> counts_.optimized_executions >> counts_.optimized_modules >>
          counts_.oracle_calls >> counts_.traps >> counts_.finds)) {
      next_ = options_.first, counts_ = {};
      std::filesystem::remove(hashes_file());
      return;
    }
    loaded_executions_ = counts_.executions;
    counts_.finds = 0;  // those that were fixed since
    const std::vector<uint8_t> bytes = read_bytes(hashes_file());
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) modules_.insert(load_le<uint64_t>(bytes.data() + at));
    counts_.modules = modules_.size();
  }
  void save(const Report& report) {
    std::ofstream hashes(hashes_file(), std::ios::binary | std::ios::app);
    hashes.write(reinterpret_cast<const char*>(report.modules), static_cast<std::streamsize>(report.module_count * 8));
    std::ofstream out(options_.state);
    out << (unfinished_.empty() ? next_ : unfinished_.front().first) << ' ' << counts_.seeds << ' ' << counts_.executions << ' '
        << counts_.optimized_executions << ' ' << counts_.optimized_modules << ' ' << counts_.oracle_calls << ' ' << counts_.traps
        << ' ' << counts_.finds << '\n';
  }

  const CampaignOptions& options_;
  uint64_t next_;
  std::vector<Worker> workers_;
  std::deque<std::pair<uint64_t, uint64_t>> unfinished_;  // rests of batches that a find cut short
  CampaignCounts counts_;
  std::unordered_set<uint64_t> modules_;
  uint64_t loaded_executions_ = 0;
  Clock::time_point begin_ = Clock::now(), last_line_ = begin_;
};

}  // namespace

CampaignCounts run_campaign(const CampaignOptions& options) {
  return Campaign(options).run();
}

}  // namespace mote::differential
