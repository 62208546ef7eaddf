// Engine: process-wide state that modules and stores share. Module: an immutable compiled module.
//
// Threads: Engine and Module may be copied and used from any thread; copies share. The engine starts no thread, opens no socket,
// and touches only files it was handed. Creating the first Engine installs handlers for SIGSEGV, SIGBUS, SIGILL and SIGFPE, chained
// to the earlier ones. Spec: core/exec/modules; embedding functions module_decode, module_validate, module_imports, module_exports.
#pragma once

#include <mote/limits.h>
#include <mote/result.h>
#include <mote/value.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mote {

enum class MemoryMode : uint8_t {
  automatic,  // decided from this machine's address space and memory: see Engine::settings
  guard,      // bounds by guard pages: 4 GiB of address space per 32-bit memory, no check in the code
  dense,      // bounds by compare and branch: small reservations, many instances
};

// Choices that change compiled code. Artifacts carry theirs; a mismatch is an error that names the flag. `automatic` and
// `host_level` are decided when an Engine is created.
struct CodegenOptions {
  MemoryMode memory = MemoryMode::automatic;
  uint8_t opt_level = 2;  // 0–3
  bool canonical_nans = false;
  bool deterministic_relaxed_simd = false;
  bool fuel = false;
  bool epochs = false;
  enum class Cpu : uint8_t { host_level, v2, v3 } cpu = Cpu::host_level;  // host_level: v3 where this machine has it, else v2
};

// Turns a module into an artifact when none is at hand. The engine contains no compiler; `program_compiler` (compiler.h) runs
// mote-aot. Receives the wasm bytes and the engine's decided options; returns artifact bytes. May be called from any thread.
using Compiler = std::function<Result<std::vector<uint8_t>>(std::span<const uint8_t> wasm, const CodegenOptions& options)>;

struct EngineConfig {
  CodegenOptions codegen = {};
  Compiler compiler = {};             // empty: only precompiled modules run
  std::string compiler_version = {};  // part of the cache key: what another compiler made is not reused (program_version)
  std::string cache_folder = {};      // empty: no cache. Must be private to the user (mode 0700)
  uint64_t cache_size_bytes = limits::cache_size.standard;
  bool huge_pages = false;  // ask for huge pages behind large memories: faster loops, more resident memory
};

class Engine {
 public:
  [[nodiscard]] static Result<Engine> create(EngineConfig config = {});
  [[nodiscard]] const CodegenOptions& codegen() const;  // with everything automatic decided

  // What was decided and why, in the spelling of the command line's -C flags.
  struct Setting {
    std::string name, value, reason;
  };
  [[nodiscard]] std::vector<Setting> settings() const;

  // Advances the clock that Store::set_epoch_deadline counts in. Async-signal-safe.
  void increment_epoch() const;

  struct State;
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }  // for the engine's own files

 private:
  explicit Engine(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class Module {
 public:
  // From wasm bytes: through the cache, else the engine's compiler. The bytes are not needed afterwards; `name` appears in
  // backtraces. Errors: bad_input (malformed or invalid, with offset; a component; text), unsupported, limit, unavailable.
  [[nodiscard]] static Result<Module> compile(const Engine& engine, std::span<const uint8_t> wasm, std::string name = {});
  // From a .wasm file, with the file's identity as a cheap first cache key: a warm start neither reads nor hashes the file.
  // What runs is verified by the artifact's own checksums.
  [[nodiscard]] static Result<Module> compile_file(const Engine& engine, const std::string& path);
  // From artifact bytes or file. An artifact is native code: load it only from places you trust. Errors: bad_input with the
  // reason's name (not an artifact, truncated, corrupt, another ABI version, other flags), unsupported (CPU features).
  [[nodiscard]] static Result<Module> load(const Engine& engine, std::vector<uint8_t> artifact, std::string name = {});
  [[nodiscard]] static Result<Module> load_file(const Engine& engine, const std::string& path);

  // Whether bytes start as an artifact does, so that a caller can tell the two inputs of `mote run` apart.
  [[nodiscard]] static bool is_artifact(std::span<const uint8_t> bytes);

  // Decodes and validates only, without an engine. Errors carry byte offsets and the specification's words.
  [[nodiscard]] static Result<void> validate(std::span<const uint8_t> wasm);

  [[nodiscard]] std::vector<ImportInfo> imports() const;
  [[nodiscard]] std::vector<ExportInfo> exports() const;
  [[nodiscard]] const std::string& name() const;

  struct State;
  [[nodiscard]] const std::shared_ptr<const State>& state() const { return state_; }

 private:
  friend class Instance;
  explicit Module(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace mote
