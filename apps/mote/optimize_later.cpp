// See optimize_later.h.
#include "apps/mote/optimize_later.h"

#include "apps/mote/engine_options.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/process.h"

namespace mote::cli {
namespace {

// Says what this machine lacks; once for each cache folder, and not at all where that could not be remembered.
void say_once_that_compiler_is_missing() {
  const std::string marker = cache_folder() + "/told-that-mote-aot-is-missing";
  if (os::exists(marker) || !os::write_file_unflushed(marker, {}, 0600)) return;
  print_to_stderr(
      "mote: this guest stays on baseline code: the optimising compiler mote-aot is neither beside mote nor in PATH; with it, "
      "later "
      "runs would be faster (this is said once)\n");
}

void start_compiler(const Options& options, const Input& input) {
  if (!os::find_program(compiler_path())) return say_once_that_compiler_is_missing();
  std::vector<std::string> command = {os::program_path(), "compile", "--cache", "--background"};
  command.insert(command.end(), options.engine_flags.begin(), options.engine_flags.end());
  command.insert(command.end(), {"--", input.is_regular ? input.path : "/dev/stdin"});
  // What came through a pipe or was text is handed on.
  os::File bytes;
  if (!input.is_regular) {
    auto file = os::File::in_memory(input.bytes);
    if (!file) return;
    bytes = std::move(*file);
  }
  const auto started = os::start_detached(command, bytes ? bytes.descriptor() : -1);
  if (!options.verbose) return;
  print_to_stderr(started ? format("mote: {}: still running after {} ms: optimised in the background for the next run\n",
                                   file_name(input.path), patience_ms)
                          : format("mote: {}\n", started.error().text()));
}

}  // namespace

// Without a thread or a process to be had, the guest runs as it is.
Later optimize_later(const Options& options, const Input& input, const Engine& engine, const Module& module, bool apart) {
  if (options.tiering != Tiering::automatic || !engine.has_cache() || module.origin().tier == Tier::optimizing) return {};
  const auto start = [&options, &input] { start_compiler(options, input); };
  Later later;
  if (apart) {
    if (auto process = os::run_apart(patience_ms, start)) later.process = std::move(*process);
  } else if (auto thread = io::Delayed::start(patience_ms, start)) {
    later.thread = std::move(*thread);
  }
  return later;
}

}  // namespace mote::cli
