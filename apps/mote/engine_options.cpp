// Where the compiler and the cache are: see engine_options.h. Tested by tests/cases.
#include "apps/mote/engine_options.h"

#include "apps/mote/progress.h"
#include "base/io/thread.h"
#include "base/os/file.h"
#include "base/os/machine.h"

#include <memory>

namespace mote::cli {

std::string compiler_path() {
  if (const auto named = os::environment_variable("MOTE_AOT"); named && !named->empty()) return *named;
  const std::string self = os::program_path();
  if (const size_t slash = self.rfind('/'); slash != self.npos) {
    std::string beside = self.substr(0, slash + 1) + "mote-aot";
    if (os::exists(beside)) return beside;
  }
  return "mote-aot";
}

std::string cache_folder() {
  // The XDG specification has relative paths ignored.
  if (const auto folder = os::environment_variable("XDG_CACHE_HOME"); folder && folder->starts_with('/')) return *folder + "/mote";
  if (const auto home = os::environment_variable("HOME"); home && home->starts_with('/')) return *home + "/.cache/mote";
  return {};
}

ProgramCompilerOptions compiler_options(const Options& options, const std::string& compiles_what) {
  ProgramCompilerOptions compiler;
  compiler.both_memory_modes = options.both_memory_modes;
  if (os::is_terminal(2)) {
    compiler.progress = [bar = std::make_shared<Progress>(compiles_what)](uint64_t done, uint64_t total) {
      bar->show(done, total);
    };
  }
  return compiler;
}

EngineConfig engine_config(const Options& options, const std::string& compiles_what) {
  EngineConfig config{.codegen = options.codegen, .tiering = options.tiering};
  if (options.compile_in_parallel) {
    config.run_parallel = io::run_parallel;
    config.compile_threads = os::cpu_count();
  }
  config.huge_pages = true;  // worth 1.7 times on loops over large memories; small ones do not ask
  if (compiles_what.empty()) return config;
  const std::string program = compiler_path();
  config.compiler = program_compiler(program, compiler_options(options, compiles_what));
  if (options.use_cache) {
    config.cache_folder = cache_folder();
    config.compiler_version = program_version(program);
  }
  return config;
}

}  // namespace mote::cli
