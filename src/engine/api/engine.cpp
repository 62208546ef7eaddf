// Engine: decides what was left open, opens the cache, and says what it decided. See mote/engine.h. Tested by engine_test.cpp.
#include "base/core/format.h"
#include "base/os/machine.h"
#include "base/os/memory_map.h"
#include "base/os/write_watch.h"
#include "engine/api/state.h"

#include <mote/compiler.h>
#include <mote/engine.h>

namespace mote {

namespace {

// Guard mode wants room for many memories of 4 GiB, not for one: below this, dense.
constexpr uint64_t least_address_space = 64ull << 30;
constexpr uint64_t one_guarded_memory = (4ull << 30) + (64ull << 20);

struct Decision {
  MemoryMode mode;
  std::string reason;
};

Decision decide_memory() {
  const uint64_t space = os::address_space_bytes();
  if (space < least_address_space) {
    return {MemoryMode::dense,
            format("this process may map {} MiB (ulimit -v); guard wants {} GiB", space >> 20, least_address_space >> 30)};
  }
  if (!os::Mapping::reserve(one_guarded_memory)) {
    return {MemoryMode::dense, "4 GiB of address space could not be reserved for one memory"};
  }
  return {MemoryMode::guard, "4 GiB of address space can be reserved for each memory"};
}

CodegenOptions::Cpu decide_cpu() {
  return (code::host_cpu_features() & code::cpu_v3) == code::cpu_v3 ? CodegenOptions::Cpu::v3 : CodegenOptions::Cpu::v2;
}

const char* text(MemoryMode mode) {
  switch (mode) {
    case MemoryMode::automatic:
      return "auto";
    case MemoryMode::guard:
      return "guard";
    case MemoryMode::dense:
      return "dense";
  }
  return "unknown";
}
const char* text(Tiering tiering) {
  switch (tiering) {
    case Tiering::automatic:
      return "auto";
    case Tiering::baseline:
      return "baseline";
    case Tiering::optimizing:
      return "optimizing";
  }
  return "unknown";
}
std::string tiering_reason(const EngineConfig& config, bool has_cache) {
  switch (config.tiering) {
    case Tiering::automatic:
      return has_cache ? "optimised code when the cache has it, else baseline code at once"
                       : "baseline code at once: no cache to look into";
    case Tiering::baseline:
      return "asked for: baseline code at once, whatever the cache has";
    case Tiering::optimizing:
      return config.compiler ? "asked for: modules wait for the optimising compiler"
                             : "asked for, but there is no compiler: only precompiled modules run";
  }
  return {};
}
const char* yes_no(bool value) {
  return value ? "y" : "n";
}

Result<void> check(const EngineConfig& config) {
  if (config.codegen.opt_level > 3)
    return fail(ErrorKind::bad_input, format("opt-level is {}: choose 0 to 3", config.codegen.opt_level));
  if (config.codegen.debug_info && config.tiering == Tiering::optimizing) {
    return fail(ErrorKind::bad_input, "debug-info is the baseline compiler's: leave out -C compiler=optimizing");
  }
  if (config.cache_size_bytes > limits::cache_size.hard) {
    return fail(ErrorKind::limit, format("{} is {}: at most {} {}", limits::cache_size.name, config.cache_size_bytes,
                                         limits::cache_size.hard, limits::cache_size.unit));
  }
  return {};
}

}  // namespace

namespace api {

code::CodegenKey key_of(const CodegenOptions& options) {
  code::CodegenKey key;
  key.memory = options.memory == MemoryMode::dense ? code::MemoryMode::dense : code::MemoryMode::guard;
  key.opt_level = options.opt_level;
  key.canonical_nans = options.canonical_nans;
  key.deterministic_relaxed_simd = options.deterministic_relaxed_simd;
  key.fuel = options.fuel;
  key.epochs = options.epochs;
  key.spectre = options.spectre;
  key.cpu_features = options.cpu == CodegenOptions::Cpu::v2 ? code::cpu_v2 : code::cpu_v3;
  return key;
}

}  // namespace api

CodegenOptions decide(const CodegenOptions& options) {
  CodegenOptions decided = options;
  if (decided.memory == MemoryMode::automatic) decided.memory = decide_memory().mode;
  if (decided.cpu == CodegenOptions::Cpu::host_level) decided.cpu = decide_cpu();
  return decided;
}

Result<Engine> Engine::create(EngineConfig config) {
  TRY(check(config));
  auto state = std::make_shared<State>();
  const CodegenOptions asked = config.codegen;
  std::string memory_reason = "asked for";
  if (asked.memory == MemoryMode::automatic) {
    Decision decision = decide_memory();
    config.codegen.memory = decision.mode;
    memory_reason = std::move(decision.reason);
  }
  config.codegen = decide(config.codegen);
  if (config.codegen.debug_info) config.tiering = Tiering::baseline;
  const bool is_v3 = config.codegen.cpu == CodegenOptions::Cpu::v3;
  state->decisions = {
      {"memory", text(config.codegen.memory), std::move(memory_reason)},
      {"cpu", is_v3 ? "x86-64-v3" : "x86-64-v2",
       asked.cpu != CodegenOptions::Cpu::host_level ? "asked for"
       : is_v3                                      ? "this machine has all its features"
                                                    : "this machine lacks features of x86-64-v3"},
  };
  if (config.cache_folder.empty()) {
    state->cache_reason = "no folder was given";
  } else {
    auto cache = api::Cache::open(config.cache_folder, config.cache_size_bytes, config.compiler_version);
    if (cache) {
      state->cache = std::make_unique<const api::Cache>(std::move(*cache));
    } else if (cache.error().kind == ErrorKind::denied || cache.error().kind == ErrorKind::bad_input) {
      return std::unexpected(std::move(cache.error()));  // a folder others can write to must be noticed
    } else {
      state->cache_reason = cache.error().message;  // a read-only home, say: slower, not wrong
    }
  }
  state->key = api::key_of(config.codegen);
  state->baseline_key = state->key;
  state->baseline_key.tier = code::Tier::baseline;
  state->baseline_key.opt_level = 0;
  state->baseline_key.debug_info = config.codegen.debug_info;
  state->config = std::move(config);
  state->runtime = std::make_shared<runtime::Engine>();
  return Engine(std::move(state));
}

bool Engine::has_cache() const {
  return state_->cache != nullptr;
}
const CodegenOptions& Engine::codegen() const {
  return state_->config.codegen;
}

std::vector<Engine::Setting> Engine::settings() const {
  const EngineConfig& config = state_->config;
  std::vector<Setting> settings = state_->decisions;
  const auto add = [&](const char* name, std::string value, std::string reason) {
    settings.push_back({name, std::move(value), std::move(reason)});
  };
  add("compiler", text(config.tiering), tiering_reason(config, state_->cache != nullptr));
  add("parallel-compilation", yes_no(config.run_parallel && config.compile_threads > 1),
      config.run_parallel ? format("baseline code of large modules on up to {} threads", config.compile_threads) : "");
  add("opt-level", format("{}", config.codegen.opt_level), "of optimised code");
  add("canonical-nans", yes_no(config.codegen.canonical_nans), "");
  add("relaxed-simd-deterministic", yes_no(config.codegen.deterministic_relaxed_simd), "");
  add("fuel", yes_no(config.codegen.fuel), "");
  add("epoch-interruption", yes_no(config.codegen.epochs), "");
  const std::string missing = os::WriteWatch::missing();
  add("pool-tracking", missing.empty() ? "watch" : "copy",
      missing.empty() ? "writes to pooled memories are noticed page by page"
                      : "pooled memories are copied whole: this kernel lacks " + missing);
  add("spectre", yes_no(config.codegen.spectre), config.codegen.spectre ? "guests need not be trusted" : "asked for");
  add("debug-info", yes_no(config.codegen.debug_info), config.codegen.debug_info ? "baseline code, whatever the cache has" : "");
  add("huge-pages", yes_no(config.huge_pages), "");
  const api::Cache* cache = state_->cache.get();
  add("cache", cache ? cache->folder() : "n",
      cache ? format("at most {} MiB", config.cache_size_bytes >> 20) : state_->cache_reason);
  return settings;
}

void Engine::increment_epoch() const {
  state_->runtime->increment_epoch();
}

}  // namespace mote
