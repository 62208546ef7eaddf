// mote-aot: the optimising compiler as a program of its own, so that LLVM (124 MB, 30 ms to load) and its failures stay out of
// whoever runs guests. Users call `mote compile`; engine/api starts this one.
//
//   mote-aot compile --input PATH|- --output PATH [--memory guard|dense] [--both] [--opt-level N] [--canonical-nans]
//            [--deterministic-relaxed-simd] [--fuel] [--epochs] [--no-spectre] [--cpu v2|v3] [--threads N] [--progress]
//   mote-aot --version
//
// The contract with engine/api (include/mote/compiler.h), on stderr, one line each:
//   progress DONE TOTAL          with --progress: bytes of code compiled, of all
//   error KIND OFFSET MESSAGE    the last line after a failure. KIND is an ErrorKind's enumerator, OFFSET a
//                                decimal byte offset in the module or "-"
// Exit status: 0, 1 (failed, with that line), 2 (misuse of the command line). The output is written whole or not at all.
// Tested by tests/cases and engine/api/compiler_test.cpp.
#include "base/os/file.h"
#include "base/os/machine.h"
#include "engine/aot/compile.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace {

using mote::Error;
using mote::ErrorKind;
using mote::Result;

const char* enumerator(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return "bad_input";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::limit:
      return "limit";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

void print(const Error& error) {
  const std::string offset = error.offset ? std::to_string(*error.offset) : "-";
  std::fprintf(stderr, "error %s %s %s\n", enumerator(error.kind), offset.c_str(), error.message.c_str());
}

// What is left to do when LLVM or memory gave out: no allocation, no destructors.
[[noreturn]] void say_last_words(ErrorKind kind, const char* message) {
  std::fprintf(stderr, "\nerror %s - compiler: %s\n", enumerator(kind), message);
  std::_Exit(1);
}

struct Arguments {
  std::string input, output;
  mote::aot::CompileOptions options;
};

Result<std::vector<uint8_t>> read_input(const std::string& path) {
  return mote::os::read_file(path == "-" ? "/dev/stdin" : path, mote::limits::module_size_bytes);
}

Result<void> compile(const Arguments& arguments) {
  const std::vector<uint8_t> wasm = TRY(read_input(arguments.input));
  const std::vector<uint8_t> artifact = TRY(mote::aot::compile(wasm, arguments.options));
  return mote::os::write_file(arguments.output, artifact);
}

void declare(CLI::App& command, Arguments& arguments) {
  namespace code = mote::code;
  code::CodegenKey& key = arguments.options.key;
  command.add_option("--input", arguments.input, "Module to compile, - for standard input")->required()->type_name("PATH");
  command.add_option("--output", arguments.output, "Artifact to write")->required()->type_name("PATH");
  command
      .add_option_function<std::string>(
          "--memory",
          [&key](const std::string& mode) { key.memory = mode == "dense" ? code::MemoryMode::dense : code::MemoryMode::guard; },
          "How memory bounds are enforced: by guard pages, or by compare and branch")
      ->check(CLI::IsMember({"guard", "dense"}))
      ->default_str("guard");
  command.add_flag("--both", arguments.options.both_memory_modes, "Two images, one for each memory mode");
  command.add_option("--opt-level", key.opt_level, "0 to 3")->check(CLI::Range(0, 3));
  command.add_flag("--canonical-nans", key.canonical_nans, "Every NaN that a program can see is the canonical one");
  command.add_flag("--deterministic-relaxed-simd", key.deterministic_relaxed_simd,
                   "Relaxed vector instructions as all machines have them");
  command.add_flag("--fuel", key.fuel, "Count instructions");
  command.add_flag("--epochs", key.epochs, "Poll the epoch");
  command.add_flag_callback("--no-spectre", [&key] { key.spectre = 0; }, "No masks against speculation past bounds checks");
  command
      .add_option_function<std::string>(
          "--cpu", [&key](const std::string& cpu) { key.cpu_features = cpu == "v2" ? code::cpu_v2 : code::cpu_v3; },
          "x86-64 level that the code needs")
      ->check(CLI::IsMember({"v2", "v3"}))
      ->default_str("v3");
  command.add_option("--threads", arguments.options.threads, "Partitions compiled at a time")->check(CLI::Range(1, 1024));
  command.add_flag_callback(
      "--progress",
      [&arguments] {
        arguments.options.progress = [](uint64_t done, uint64_t total) {
          std::fprintf(stderr, "progress %llu %llu\n", static_cast<unsigned long long>(done),
                       static_cast<unsigned long long>(total));
        };
      },
      "Say how far it is");
}

// CLI11 reports by exceptions: for help and version, and for misuse.
int run(int argc, char** argv) {
  Arguments arguments;
  arguments.options.threads = mote::os::cpu_count();
  CLI::App app("The optimising compiler of Mote; use `mote compile`", "mote-aot");
  app.set_version_flag("--version", MOTE_VERSION);
  app.require_subcommand(1);
  declare(*app.add_subcommand("compile", "Compile a WebAssembly module to an artifact"), arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return 0;
    print({ErrorKind::bad_input, std::string("mote-aot: ") + error.what()});
    return 2;
  }
  mote::aot::set_last_words(say_last_words);
  const Result<void> result = compile(arguments);
  if (!result) print(result.error());
  return result ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    say_last_words(ErrorKind::internal, error.what());
  }
}
