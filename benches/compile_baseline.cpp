// Times the baseline compiler on one module: from the bytes in memory to code that could run; decoding and validation included,
// reading the file and freeing excluded. The tool behind `./bench compile`.
//
//   compile_baseline FILE [--threads N] [--rounds N] [--dense]
//
// Prints one JSON object: {"cpu_ns", "wall_ns": of the best round by CPU time, "code_bytes": of the code section, "text_bytes",
// "functions", "peak_rss_kib": of the whole process, the file's bytes included}. Exit status 1: the module does not compile; 2:
// misuse.
#include "base/os/file.h"
#include "engine/baseline/compile.h"
#include "engine/wasm/decode.h"

#include <mote/limits.h>

#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using mote::Result;

struct Arguments {
  const char* file = nullptr;
  uint32_t threads = 1, rounds = 1;
  bool dense = false;
};

struct Round {
  uint64_t cpu_ns = UINT64_MAX, wall_ns = 0, code_bytes = 0, text_bytes = 0, functions = 0;
};

uint64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Of this program alone: getrusage() would count what its parent had.
unsigned long long peak_rss_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

void run_parallel(uint32_t count, const std::function<void()>& work) {
  std::vector<std::jthread> others;
  for (uint32_t i = 1; i < count; ++i) others.emplace_back(work);
  work();
}

Result<Round> compile_once(mote::Bytes wasm, const Arguments& arguments) {
  mote::baseline::CompileOptions options;
  options.key.memory = arguments.dense ? mote::code::MemoryMode::dense : mote::code::MemoryMode::guard;
  options.code_size_limit = mote::limits::code_size.hard;
  options.threads = arguments.threads;
  options.run_parallel = run_parallel;
  const uint64_t cpu_begin = cpu_ns();
  const auto begin = std::chrono::steady_clock::now();
  const mote::wasm::Module module = TRY(mote::wasm::decode(wasm));
  const auto image = TRY(mote::baseline::compile(module, options));
  const auto took = std::chrono::steady_clock::now() - begin;
  return Round{cpu_ns() - cpu_begin, static_cast<uint64_t>(std::chrono::nanoseconds(took).count()), module.code_section.size,
               image->text().size(), image->funcs().size()};
}

Result<void> measure(const Arguments& arguments) {
  const std::vector<uint8_t> wasm = TRY(mote::os::read_file(arguments.file, mote::limits::module_size_bytes));
  Round best;
  for (uint32_t i = 0; i < arguments.rounds; ++i) {
    const Round round = TRY(compile_once(wasm, arguments));
    if (round.cpu_ns < best.cpu_ns) best = round;
  }
  std::printf(
      "{\"cpu_ns\": %llu, \"wall_ns\": %llu, \"code_bytes\": %llu, \"text_bytes\": %llu, \"functions\": %llu, \"peak_rss_kib\": "
      "%llu}\n",
      static_cast<unsigned long long>(best.cpu_ns), static_cast<unsigned long long>(best.wall_ns),
      static_cast<unsigned long long>(best.code_bytes), static_cast<unsigned long long>(best.text_bytes),
      static_cast<unsigned long long>(best.functions), peak_rss_kib());
  return {};
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--dense") {
      arguments.dense = true;
    } else if ((word == "--threads" || word == "--rounds") && i + 1 < argc) {
      const int value = std::atoi(argv[++i]);
      if (value < 1) return false;
      (word == "--threads" ? arguments.threads : arguments.rounds) = static_cast<uint32_t>(value);
    } else if (arguments.file == nullptr && !word.starts_with("--")) {
      arguments.file = argv[i];
    } else {
      return false;
    }
  }
  return arguments.file != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: compile_baseline FILE [--threads N] [--rounds N] [--dense]\n");
    return 2;
  }
  const Result<void> result = measure(arguments);
  if (!result) std::fprintf(stderr, "compile_baseline: %s\n", result.error().message.c_str());
  return result ? 0 : 1;
}
