// mote compile: a module to an artifact, by mote-aot, or into the cache. The same input and flags give the same bytes.
// Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "base/os/process.h"

#include <algorithm>

namespace mote::cli {
namespace {

// "dir/app.wasm" → "app.cwasm": in the current folder, as other runtimes do it.
std::string default_output(const std::string& path) {
  const std::string name = file_name(path);
  const size_t dot = name.rfind('.');
  return (dot == name.npos || dot == 0 ? name : name.substr(0, dot)) + ".cwasm";
}

Result<void> compile(const Options& options, const std::string& path, const std::string& output) {
  Input input = TRY(read_input(path));
  if (input.kind == InputKind::artifact) return fail(ErrorKind::bad_input, "is an artifact already");
  CodegenOptions codegen = options.codegen;
  // An artifact travels: what is right for this machine's address space says nothing about the next one's.
  if (codegen.memory == MemoryMode::automatic) codegen.memory = MemoryMode::guard;
  codegen = decide(codegen);
  const Compiler compiler = program_compiler(compiler_path(), compiler_options(options, file_name(path)));
  const std::vector<uint8_t> artifact = TRY(compiler(input.bytes, codegen));
  return os::write_file(output, artifact);
}

// Into the cache, for the next run.
Result<void> compile_for_cache(const Options& options, const std::string& path) {
  constexpr uint64_t most_ms = 3'600'000;  // a compiler that hangs in the background must not hang for ever
  const Input input = TRY(read_input(path));
  if (input.kind == InputKind::artifact) return fail(ErrorKind::bad_input, "is an artifact already");
  EngineConfig config = engine_config(options, file_name(path));
  if (options.in_background) {
    ProgramCompilerOptions compiler;
    compiler.threads = std::max(os::cpu_count() / 2, 1u);
    compiler.timeout_ms = most_ms;
    config.compiler = program_compiler(compiler_path(), compiler);
  }
  const Engine engine = TRY(Engine::create(std::move(config)));
  const CacheFill fill = TRY(compile_into_cache(engine, input.bytes));
  if (fill == CacheFill::busy) return fail(ErrorKind::unavailable, "is being compiled by another process at this moment");
  if (fill == CacheFill::gave_up) {
    return fail(ErrorKind::unavailable, format("could not be compiled before; to try again, remove {}/*.compile", cache_folder()));
  }
  return {};
}

Result<void> check(const Options& options) {
  if (options.tiering == Tiering::baseline) {
    return fail(ErrorKind::bad_input, "compile makes optimised code; baseline code is made when a module is run");
  }
  if (options.in_background && !options.into_cache) return fail(ErrorKind::bad_input, "--background goes with --cache");
  if (options.into_cache && !options.output.empty()) return fail(ErrorKind::bad_input, "-o and --cache exclude each other");
  if (options.into_cache && !options.use_cache) return fail(ErrorKind::bad_input, "--cache and -C cache=n exclude each other");
  return {};
}

}  // namespace

int run_compile(Options options) {
  if (options.words.size() != 1) {
    return report(
        "", Error{ErrorKind::bad_input, "compile takes one file: mote compile [FLAGS] FILE (flags may stand before or behind it)"});
  }
  if (auto good = check(options); !good) return report("", good.error());
  const std::string& path = options.words[0];
  if (options.into_cache) {
    if (options.in_background) {
      if (auto done = os::continue_in_background(); !done) return report("", done.error());
    }
    if (auto done = compile_for_cache(options, path); !done) return report(path, done.error());
    return 0;
  }
  const std::string output = options.output.empty() ? default_output(path) : options.output;
  const auto source = os::identity(path), target = os::identity(output);
  if (source && target && source->device == target->device && source->inode == target->inode) {
    return report(path, Error{ErrorKind::bad_input, "would be overwritten by its own artifact: choose another name with -o"});
  }
  if (auto done = compile(options, path, output); !done) return report(path, done.error());
  return 0;
}

}  // namespace mote::cli
