// A Compiler (engine.h) that runs the program mote-aot: LLVM stays out of the process that runs guests, and a crash or an
// out-of-memory of the compiler is an error message here.
//
// The program's command line and messages are its own contract with this file: apps/mote-aot/main.cpp describes them.
// Input and output pass through files in a private folder under $TMPDIR (else /tmp), which goes when the call ends.
// Tested by engine/api/compiler_test.cpp with programs that succeed, refuse, crash, hang and are missing.
#pragma once

#include <mote/engine.h>

#include <cstdint>
#include <functional>
#include <string>

namespace mote {

struct ProgramCompilerOptions {
  uint32_t threads = 0;            // 0: one per CPU this process may use
  bool both_memory_modes = false;  // the artifact holds a guard and a dense image
  uint64_t timeout_ms = 0;         // 0: none
  // Bytes of code compiled so far and in total. Called on the thread that compiles, a few times a second at most.
  std::function<void(uint64_t done, uint64_t total)> progress = {};
};

// `program` is a path, or a name without '/' to be looked for in PATH. Nothing runs until the first module is compiled. Errors:
// unavailable (program missing, crashed, killed, out of memory, timed out: with the last lines it wrote), else what the compiler
// said.
[[nodiscard]] Compiler program_compiler(std::string program, ProgramCompilerOptions options = {});

// Tells one build of the program from another without running it, for EngineConfig::compiler_version. Empty when it is missing.
[[nodiscard]] std::string program_version(const std::string& program);

// The options with `automatic` and `host_level` replaced by what this machine gets, as Engine::create would decide.
[[nodiscard]] CodegenOptions decide(const CodegenOptions& options);

enum class CacheFill : uint8_t {
  compiled,  // by this call
  present,   // by an earlier one
  busy,      // another process or thread is at it
  gave_up,   // the compiler refused this module, or broke down over it less than an hour ago
};
// Compiles a module with the engine's (optimising) compiler and keeps the result in its cache, where Module::compile and
// Module::refresh find it. One at a time for each module, over all processes that share the cache; a compiler that dies blocks
// nobody, and a module that cannot be compiled is not tried again and again. May take long: call it on a thread that nobody waits
// for. Errors: unavailable (no cache, no compiler), what the compiler says, what keeps the cache from being written.
[[nodiscard]] Result<CacheFill> compile_into_cache(const Engine& engine, std::span<const uint8_t> wasm);

}  // namespace mote
