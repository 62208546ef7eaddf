// differential: the oracle against the optimising tier, on generated programs.
//
//   differential --smoke                       planted mistakes, the kept finds, then a minute of seeds: what ./test runs
//   differential --seeds A..B [--minutes N]    a campaign; without --minutes until B
//   differential --replay FILE…                programs from files, in every setup
//   differential --write SEED FILE             the program of a seed, as a .wasm file
//   differential --dump FILE                   its instructions, with offsets, as far as they can be reached
// Options: --jobs N, --setups N (setups for each seed; 3), --only TEXT (setups whose name contains it), --finds FOLDER,
// --no-minimize.
//
// Every seed runs in a process of its own, so a crash is one finding. A failing seed is made smaller and written to the finds
// folder as a .wasm file that --replay takes. The last line is "N passed, N failed".
#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/walk.h"
#include "tests/differential/check.h"
#include "tests/differential/generator.h"
#include "tests/differential/isolated.h"
#include "tests/differential/minimize.h"
#include "tests/differential/self_test.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

namespace mote::differential {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t choices_per_seed = 8000;
constexpr unsigned child_timeout_s = 120;
constexpr uint32_t minimizer_attempts = 600;
constexpr uint32_t finds_per_job = 5;  // after so many a worker stops: the rest is likely the same
constexpr double smoke_seconds = 45;

struct Options {
  uint64_t first = 1, last = 0;  // last 0: no end
  double seconds = 0;            // 0: no end
  uint32_t jobs = std::max(1u, std::thread::hardware_concurrency());
  uint32_t setups = 3;
  std::string only;
  bool minimizes = true;
  fs::path finds = fs::temp_directory_path() / "differential-finds";
  std::vector<fs::path> replay;
};

// Counted by all workers, in memory that they share.
struct Counts {
  std::atomic<uint64_t> passed, failed;
};

std::vector<Setup> chosen_setups(const Options& options) {
  std::vector<Setup> setups = all_setups();
  std::erase_if(setups, [&](const Setup& setup) { return text(setup).find(options.only) == std::string::npos; });
  return setups;
}

std::vector<uint8_t> make(const std::vector<uint8_t>& bytes, const Setup& setup) {
  Choices choices(bytes);
  return generate(choices, {.nan_safe = !setup.canonical_nans});
}

std::string check_choices(const std::vector<uint8_t>& bytes, const Setup& setup) {
  const auto program = read_program(make(bytes, setup));
  if (!program) return "the generator made a malformed module: " + program.error().text();
  return check(*program, setup);
}

// Empty when all is well; a crash is put into words.
std::string run_isolated(const std::function<std::string()>& function) {
  return isolated(child_timeout_s, function).text;
}

// What makes two failures the same: everything up to the first number or line break.
std::string kind_of(const std::string& failure) {
  return failure.substr(0, failure.find_first_of("0123456789\n"));
}

void keep(const std::vector<uint8_t>& choices, const Setup& setup, const std::string& failure, uint64_t seed,
          const Options& options) {
  std::vector<uint8_t> smallest = choices;
  if (options.minimizes) {
    smallest = minimize(choices, minimizer_attempts, [&](const std::vector<uint8_t>& candidate) {
      const std::string found = run_isolated([&] { return check_choices(candidate, setup); });
      return !found.empty() && kind_of(found) == kind_of(failure);
    });
  }
  fs::create_directories(options.finds);
  const fs::path file = options.finds / format("seed-{}.wasm", seed);
  const std::vector<uint8_t> wasm = make(smallest, setup);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(wasm.data()), static_cast<std::streamsize>(wasm.size()));
  const std::string last = run_isolated([&] { return check_choices(smallest, setup); });
  printf("FAILED seed %llu (%s): %s\n  kept as %s\n", static_cast<unsigned long long>(seed), text(setup).c_str(), last.c_str(),
         file.c_str());
  fflush(stdout);
}

// All setups of one seed; false when one failed.
bool run_seed(uint64_t seed, const std::vector<Setup>& setups, const Options& options) {
  const std::vector<uint8_t> choices = Choices::from_seed(seed, choices_per_seed);
  std::vector<Setup> chosen;
  for (uint32_t i = 0; i < options.setups; ++i) chosen.push_back(setups[(seed * options.setups + i) % setups.size()]);
  const ChildResult all = isolated(child_timeout_s, [&] {
    for (const Setup& setup : chosen) {
      const std::string failure = check_choices(choices, setup);
      if (!failure.empty()) return failure;
    }
    return std::string();
  });
  if (!all.crashed && all.text.empty()) return true;
  for (const Setup& setup : chosen) {
    const std::string failure = run_isolated([&] { return check_choices(choices, setup); });
    if (failure.empty()) continue;
    keep(choices, setup, failure, seed, options);
    return false;
  }
  printf("FAILED seed %llu: only with several setups in one process: %s\n", static_cast<unsigned long long>(seed),
         all.text.c_str());
  return false;
}

void work(uint32_t job, const Options& options, Counts& counts) {
  const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
  const std::vector<Setup> setups = chosen_setups(options);
  uint32_t finds = 0;
  for (uint64_t seed = options.first + job; options.last == 0 || seed <= options.last; seed += options.jobs) {
    if ((options.seconds != 0 && Clock::now() >= end) || finds == finds_per_job) return;
    if (run_seed(seed, setups, options)) {
      ++counts.passed;
    } else {
      ++counts.failed;
      ++finds;
    }
  }
}

void campaign(const Options& options, Counts& counts) {
  fflush(nullptr);
  std::vector<pid_t> workers;
  for (uint32_t job = 0; job < options.jobs; ++job) {
    const pid_t pid = fork();
    if (pid == 0) {
      work(job, options, counts);
      fflush(nullptr);
      _exit(0);
    }
    workers.push_back(pid);
  }
  for (const pid_t pid : workers) {
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) ++counts.failed;
  }
}

std::vector<uint8_t> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void replay(const fs::path& file, const Options& options, Counts& counts) {
  const auto program = read_program(read_file(file));
  if (!program) {
    printf("FAILED %s: %s\n", file.c_str(), program.error().text().c_str());
    ++counts.failed;
    return;
  }
  for (const Setup& setup : chosen_setups(options)) {
    if (!is_comparable(*program, setup)) continue;
    const std::string failure = run_isolated([&] { return check(*program, setup); });
    if (failure.empty()) {
      ++counts.passed;
      continue;
    }
    ++counts.failed;
    printf("FAILED %s (%s): %s\n", file.c_str(), text(setup).c_str(), failure.c_str());
  }
}

// Finds that were fixed: they must stay so.
std::vector<fs::path> kept_finds() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(MOTE_DIFFERENTIAL_FOLDER) / "finds")) {
    if (entry.path().extension() == ".wasm") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

[[noreturn]] void usage() {
  fprintf(stderr,
          "usage: differential --smoke | --seeds A..B [--minutes N] | --replay FILE… | --write SEED FILE | --dump FILE\n"
          "                    [--jobs N] [--setups N] [--only TEXT] [--finds FOLDER] [--no-minimize]\n");
  exit(2);
}

int write_program(const std::string& seed, const fs::path& file) {
  const std::vector<uint8_t> wasm = make(Choices::from_seed(strtoull(seed.c_str(), nullptr, 0), choices_per_seed), Setup{});
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(wasm.data()), static_cast<std::streamsize>(wasm.size()));
  return 0;
}

struct Printer {
  void instruction(const wasm::Instruction& instruction) {
    printf("  %#8llx  %s", static_cast<unsigned long long>(instruction.offset), wasm::text(instruction.op));
    if (wasm::info(instruction.op).immediate == wasm::Immediate::none) {
      printf("\n");
    } else if (wasm::access_log2(wasm::info(instruction.op).immediate)) {
      printf(" memory %u offset %#llx\n", instruction.memarg.memory, static_cast<unsigned long long>(instruction.memarg.offset));
    } else {
      printf(" %u %u %#llx\n", instruction.index, instruction.index2, static_cast<unsigned long long>(instruction.low));
    }
  }
};

int dump(const fs::path& file) {
  const std::vector<uint8_t> bytes = read_file(file);
  const auto module = wasm::decode(bytes);
  if (!module) return printf("%s\n", module.error().text().c_str()), 1;
  for (uint32_t func = module->imported_funcs; func < module->funcs.size(); ++func) {
    printf("f%u %s\n", func, wasm::text(module->func_type(func)).c_str());
    Printer printer;
    if (const auto walked = wasm::walk(*module, func, printer); !walked) printf("  %s\n", walked.error().text().c_str());
  }
  return 0;
}

int run(const std::vector<std::string>& words) {
  Options options;
  bool is_smoke = false, has_seeds = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto value = [&]() -> const std::string& {
      if (i + 1 == words.size()) usage();
      return words[++i];
    };
    if (word == "--smoke") {
      is_smoke = true;
    } else if (word == "--seeds") {
      const std::string& range = value();
      const size_t dots = range.find("..");
      options.first = strtoull(range.c_str(), nullptr, 0);
      options.last = dots == std::string::npos ? options.first : strtoull(range.c_str() + dots + 2, nullptr, 0);
      has_seeds = true;
    } else if (word == "--minutes") {
      options.seconds = 60 * atof(value().c_str());
    } else if (word == "--jobs") {
      options.jobs = static_cast<uint32_t>(std::max(1, atoi(value().c_str())));
    } else if (word == "--setups") {
      options.setups = static_cast<uint32_t>(std::clamp(atoi(value().c_str()), 1, 16));
    } else if (word == "--only") {
      options.only = value();
    } else if (word == "--finds") {
      options.finds = value();
    } else if (word == "--no-minimize") {
      options.minimizes = false;
    } else if (word == "--replay") {
      while (i + 1 < words.size() && !words[i + 1].starts_with("--")) options.replay.emplace_back(words[++i]);
    } else if (word == "--dump") {
      return dump(value());
    } else if (word == "--write") {
      const std::string& seed = value();
      return write_program(seed, value());
    } else {
      usage();
    }
  }
  if ((!is_smoke && !has_seeds && options.replay.empty()) || chosen_setups(options).empty()) usage();
  if (is_smoke) {
    options.replay = kept_finds();
    options.seconds = smoke_seconds;
    has_seeds = true;
  }
  void* place = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return perror("mmap"), 2;
  Counts& counts = *new (place) Counts{};
  if (is_smoke) {
    const std::string blind = self_test();
    ++(blind.empty() ? counts.passed : counts.failed);
    if (!blind.empty()) printf("FAILED self-test: %s\n", blind.c_str());
  }
  for (const fs::path& file : options.replay) replay(file, options, counts);
  if (has_seeds) campaign(options, counts);
  printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(counts.passed),
         static_cast<unsigned long long>(counts.failed));
  return counts.failed != 0 || counts.passed == 0 ? 1 : 0;
}

}  // namespace
}  // namespace mote::differential

int main(int argc, char** argv) {
  return mote::differential::run({argv + 1, argv + argc});
}
