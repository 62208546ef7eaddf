// Engine: process-wide state that modules and stores share. Module: an immutable compiled module.
//
// Threads: Engine and Module may be copied and used from any thread; copies share. The engine starts no thread, opens no socket,
// and touches only files it was handed. Creating the first Engine installs handlers for SIGSEGV, SIGBUS, SIGILL and SIGFPE, chained
// to the earlier ones. Spec: core/exec/modules; embedding functions module_decode, module_validate, module_imports, module_exports.
#pragma once

#include <mote/limits.h>
#include <mote/result.h>
#include <mote/value.h>

#include <array>
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
  bool spectre = true;  // mask indices against speculation past their bounds check; guard-mode memories have no such check
  // Baseline code only, and for whoever looks into a stopped guest: at each instruction every local and operand lies in its slot of
  // the frame. Slower code.
  bool debug_info = false;
  enum class Cpu : uint8_t { host_level, v2, v3 } cpu = Cpu::host_level;  // host_level: v3 where this machine has it, else v2
};

// Two compilers make machine code. The baseline one is part of the engine: one pass, tens of megabytes a second, code for any
// module at once. The optimising one is a program of its own, some hundred times slower, for code at native speed. Instances of
// both link freely.
enum class Tier : uint8_t { baseline, optimizing };

// Which of them a module gets from Module::compile. What was compiled ahead of time runs as it is (Module::load).
enum class Tiering : uint8_t {
  automatic,   // optimised code when the cache has it, else baseline code at once; see Module::refresh and compile_into_cache
  baseline,    // baseline code, whatever the cache has
  optimizing,  // optimised code: from the cache, else by EngineConfig::compiler, which may take long
};

// Lends threads to the engine, which starts none: runs `work` on up to `count` threads at once, this one included, and returns when
// all have returned.
using RunParallel = std::function<void(uint32_t count, const std::function<void()>& work)>;

// Turns a module into an artifact when none is at hand: the optimising compiler. `program_compiler` (compiler.h) runs mote-aot.
// Receives the wasm bytes and the engine's decided options; returns artifact bytes. May be called from any thread.
using Compiler = std::function<Result<std::vector<uint8_t>>(std::span<const uint8_t> wasm, const CodegenOptions& options)>;

struct EngineConfig {
  CodegenOptions codegen = {};
  Tiering tiering = Tiering::automatic;
  Compiler compiler = {};             // empty: no optimised code but what is precompiled or in the cache
  RunParallel run_parallel = {};      // empty: the baseline compiler works on the calling thread
  uint32_t compile_threads = 1;       // the most it asks run_parallel for; small modules are not worth a thread
  std::string compiler_version = {};  // part of the cache key: what another compiler made is not reused (program_version)
  std::string cache_folder = {};      // empty: no cache. Must be private to the user (mode 0700)
  uint64_t cache_size_bytes = limits::cache_size.standard;
  bool huge_pages = false;  // ask for huge pages behind large memories: faster loops, more resident memory
};

class Engine {
 public:
  [[nodiscard]] static Result<Engine> create(EngineConfig config = {});
  [[nodiscard]] bool has_cache() const;                 // whether the cache folder is open
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
  // From wasm bytes, as EngineConfig::tiering says. The bytes are not needed afterwards (a baseline module keeps a copy of all but
  // its code); `name` appears in backtraces. Errors: bad_input (malformed or invalid, with offset; a component; text), unsupported,
  // limit, unavailable.
  [[nodiscard]] static Result<Module> compile(const Engine& engine, std::span<const uint8_t> wasm, std::string name = {});
  // From a .wasm file, with the file's identity as a cheap first cache key: a warm start neither reads nor hashes the file.
  // What runs is verified by the artifact's own checksums. Otherwise the file is read, not mapped: whoever writes to it later
  // changes nothing here.
  [[nodiscard]] static Result<Module> compile_file(const Engine& engine, const std::string& path);
  // From artifact bytes or file. An artifact is native code: load it only from places you trust. Errors: bad_input with the
  // reason's name (not an artifact, truncated, corrupt, another ABI version, other flags), unsupported (CPU features).
  [[nodiscard]] static Result<Module> load(const Engine& engine, std::vector<uint8_t> artifact, std::string name = {});
  [[nodiscard]] static Result<Module> load_file(const Engine& engine, const std::string& path);

  // The module whose bytes have this SHA-256, from the engine's cache, where somebody put it before (compile_into_cache, an earlier
  // compile): nothing is read or hashed but the artifact. Errors: not_found, unavailable (no cache), as load.
  using Digest = std::array<uint8_t, 32>;
  [[nodiscard]] static Result<Module> find_in_cache(const Engine& engine, const Digest& digest, std::string name = {});

  // Whether bytes start as an artifact does, so that a caller can tell the two inputs of `mote run` apart.
  [[nodiscard]] static bool is_artifact(std::span<const uint8_t> bytes);

  // Decodes and validates only, without an engine. Errors carry byte offsets and the specification's words.
  [[nodiscard]] static Result<void> validate(std::span<const uint8_t> wasm);

  // Where the code comes from that the next instance gets.
  struct Origin {
    enum Source : uint8_t { compiled, cache, artifact } source = compiled;
    Tier tier = Tier::baseline;
    std::string image;        // what it was compiled for: "optimizing guard opt-level=2 cpu=x86-64-v3"
    uint64_t code_size = 0;   // bytes of machine code and its constants
    uint64_t compile_ns = 0;  // by the baseline compiler; else 0
  };
  [[nodiscard]] Origin origin() const;
  // Looks whether the cache has optimised code by now, and takes it: instances made from here on run it, older ones stay with what
  // they have. Costs one failed open when there is none, so it may be called before each instance. Any thread may call it at any
  // time. True when the next instance runs optimised code.
  bool refresh() const;

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
