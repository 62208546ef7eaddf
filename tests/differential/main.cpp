// differential: the oracle against both compilers, on generated programs.
//
//   differential --smoke                       planted mistakes, the kept finds, then some seeds: what ./test runs
//   differential --seeds A..B [--minutes N]    a campaign; A.. has no end
//   differential --calls --seeds A..B          likewise, with programs that do nothing but call (abi_program.h)
//   differential --objects --seeds A..B        likewise, with exceptions and collected objects, the tiers against each other
//   differential --large --seeds A..B          likewise, with long functions of hundreds of locals
//   differential --replay FILE…                programs from files, in every setup
//   differential --write SEED FILE             the program of a seed, as a .wasm file
//   differential --dump FILE                   its instructions, with offsets, as far as they can be reached
// Options: --jobs N (1), --only TEXT (setups whose name contains it), --finds FOLDER, --no-minimize, --most-finds N, --cycles N
// (so many more events of each pooled run: cycles.h), --state FILE
// (the campaign goes on where it stopped). The last line is "N passed, N failed".
#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/walk.h"
#include "tests/differential/campaign.h"
#include "tests/differential/check.h"
#include "tests/differential/isolated.h"
#include "tests/differential/programs.h"
#include "tests/differential/self_test.h"
#include "tests/differential/survey.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

namespace mote::differential {
namespace {

namespace fs = std::filesystem;

constexpr unsigned replay_seconds = 120;
constexpr double smoke_seconds = 20;
constexpr uint64_t smoke_cycles = 64;
constexpr uint64_t smoke_call_seeds = 200, smoke_large_seeds = 20, smoke_object_seeds = 300, surveyed_seeds = 3000;

struct Options {
  CampaignOptions campaign = {.finds = fs::temp_directory_path() / "differential-finds"};
  bool has_seeds = false, is_smoke = false;
  std::vector<fs::path> replay;
};
struct Counts {
  uint64_t passed = 0, failed = 0;
};

void replay(const fs::path& file, const Options& options, Counts& counts) {
  const auto program = read_program(read_bytes(file));
  if (!program) {
    printf("FAILED %s: %s\n", file.c_str(), program.error().text().c_str());
    ++counts.failed;
    return;
  }
  for (const Setup& setup : all_setups()) {
    if (!is_comparable(*program, setup) || text(setup).find(options.campaign.only) == std::string::npos) continue;
    if (!program->plan.two && setup.lower_tier != setup.tier) continue;
    const std::string failure = isolated(replay_seconds, [&] { return check(*program, setup); }).text;
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
          "usage: differential --smoke | [--calls | --large | --objects] --seeds A..B [--minutes N] | --replay FILE… | --write "
          "SEED FILE | "
          "--dump FILE\n"
          "                    [--jobs N] [--only TEXT] [--finds FOLDER] [--no-minimize] [--most-finds N] [--cycles N] [--state "
          "FILE]\n");
  exit(2);
}

uint64_t number(const std::string& text) {
  return strtoull(text.c_str(), nullptr, 0);
}

int write_program(uint64_t seed, const fs::path& file) {
  const auto program = make_program(seed);
  if (!program) return printf("%s\n", program.error().text().c_str()), 1;
  write_bytes(file, program->wasm);
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
  const std::vector<uint8_t> bytes = read_bytes(file);
  const auto module = wasm::decode(bytes);
  if (!module) return printf("%s\n", module.error().text().c_str()), 1;
  for (uint32_t func = module->imported_funcs; func < module->funcs.size(); ++func) {
    printf("f%u %s\n", func, wasm::text(module->func_type(func)).c_str());
    Printer printer;
    if (const auto walked = wasm::walk(*module, func, printer); !walked) printf("  %s\n", walked.error().text().c_str());
  }
  return 0;
}

int run(const Options& options) {
  Counts counts;
  if (options.is_smoke) {
    const std::string blind = self_test();
    ++(blind.empty() ? counts.passed : counts.failed);
    if (!blind.empty()) printf("FAILED self-test: %s\n", blind.c_str());
    const std::string missing = survey(surveyed_seeds);
    ++(missing.empty() ? counts.passed : counts.failed);
    if (!missing.empty()) printf("FAILED survey: never generated: %s\n", missing.c_str());
  }
  for (const fs::path& file : options.replay) replay(file, options, counts);
  auto run = [&](const CampaignOptions& campaign) {
    const CampaignCounts done = run_campaign(campaign);
    counts.passed += done.seeds;
    counts.failed += done.finds;
  };
  if (options.is_smoke) {
    CampaignOptions calls = options.campaign;
    calls.maker = Maker::calls;
    calls.last = smoke_call_seeds;
    run(calls);
    CampaignOptions objects = options.campaign;
    objects.maker = Maker::objects;
    objects.last = smoke_object_seeds;
    run(objects);
    CampaignOptions large = options.campaign;
    large.maker = Maker::large;
    large.last = smoke_large_seeds;
    large.only = "baseline ";  // LLVM would take seconds for each
    run(large);
  }
  if (options.has_seeds) run(options.campaign);
  printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(counts.passed),
         static_cast<unsigned long long>(counts.failed));
  return counts.failed != 0 || counts.passed == 0 ? 1 : 0;
}

int main(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto value = [&]() -> const std::string& {
      if (i + 1 == words.size()) usage();
      return words[++i];
    };
    if (word == "--smoke") {
      options.is_smoke = options.has_seeds = true;
      options.replay = kept_finds();
      options.campaign.seconds = smoke_seconds;
      options.campaign.cycles = smoke_cycles;
      options.campaign.jobs = std::max(1u, std::thread::hardware_concurrency());
    } else if (word == "--seeds") {
      const std::string& range = value();
      const size_t dots = range.find("..");
      options.campaign.first = number(range);
      options.campaign.last = dots == std::string::npos ? options.campaign.first : number(range.substr(dots + 2));
      if (dots != std::string::npos && dots + 2 == range.size()) options.campaign.last = UINT64_MAX - 1;
      options.has_seeds = true;
    } else if (word == "--calls") {
      options.campaign.maker = Maker::calls;
    } else if (word == "--objects") {
      options.campaign.maker = Maker::objects;
    } else if (word == "--large") {
      options.campaign.maker = Maker::large;
    } else if (word == "--minutes") {
      options.campaign.seconds = 60 * atof(value().c_str());
    } else if (word == "--jobs") {
      options.campaign.jobs = static_cast<uint32_t>(std::max(1, atoi(value().c_str())));
    } else if (word == "--only") {
      options.campaign.only = value();
    } else if (word == "--finds") {
      options.campaign.finds = value();
    } else if (word == "--most-finds") {
      options.campaign.most_finds = static_cast<uint32_t>(number(value()));
    } else if (word == "--cycles") {
      options.campaign.cycles = number(value());
    } else if (word == "--state") {
      options.campaign.state = value();
    } else if (word == "--no-minimize") {
      options.campaign.minimizes = false;
    } else if (word == "--replay") {
      while (i + 1 < words.size() && !words[i + 1].starts_with("--")) options.replay.emplace_back(words[++i]);
    } else if (word == "--dump") {
      return dump(value());
    } else if (word == "--write") {
      const std::string& seed = value();
      return write_program(number(seed), value());
    } else {
      usage();
    }
  }
  const bool is_split = !options.campaign.state.empty() && options.campaign.jobs != 1;
  if ((!options.has_seeds && options.replay.empty()) || is_split) usage();
  return run(options);
}

}  // namespace
}  // namespace mote::differential

int main(int argc, char** argv) {
  return mote::differential::main({argv + 1, argv + argc});
}
