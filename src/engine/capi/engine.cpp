// Engines of mote.h, and what they compile ahead of time. Tested by capi_test.c.
#include "base/core/format.h"
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"

using namespace mote;
using namespace mote::capi;

namespace {

Error unknown(const char* field, uint32_t value) {
  return {ErrorKind::bad_input,
          format("mote_engine_config_t: {} is {}, which this version of the library does not know", field, value)};
}

Result<bool> choice(mote_choice_t value, bool standard, const char* field) {
  switch (value) {
    case MOTE_DEFAULT:
      return standard;
    case MOTE_ON:
      return true;
    case MOTE_OFF:
      return false;
    default:
      return std::unexpected(unknown(field, value));
  }
}

// An enumeration whose numbers count from 0 as those of C++ do.
template <class Enum>
Result<Enum> counted(uint32_t value, Enum last, const char* field) {
  if (value > static_cast<uint32_t>(last)) return std::unexpected(unknown(field, value));
  return static_cast<Enum>(value);
}
static_assert(int(Tiering::automatic) == MOTE_TIERING_AUTOMATIC && int(Tiering::baseline) == MOTE_TIERING_BASELINE &&
              int(Tiering::optimizing) == MOTE_TIERING_OPTIMIZING);
static_assert(int(MemoryMode::automatic) == MOTE_MEMORY_AUTOMATIC && int(MemoryMode::guard) == MOTE_MEMORY_GUARD &&
              int(MemoryMode::dense) == MOTE_MEMORY_DENSE);
using Cpu = CodegenOptions::Cpu;
static_assert(int(Cpu::host_level) == MOTE_CPU_HOST && int(Cpu::v2) == MOTE_CPU_X86_64_V2 && int(Cpu::v3) == MOTE_CPU_X86_64_V3);

Result<CodegenOptions> codegen_of(const mote_engine_config_t& from) {
  CodegenOptions options;
  options.memory = TRY(counted(from.memory_mode, MemoryMode::dense, "memory_mode"));
  if (from.opt_level > MOTE_OPT_3) return std::unexpected(unknown("opt_level", from.opt_level));
  if (from.opt_level != MOTE_OPT_DEFAULT) options.opt_level = static_cast<uint8_t>(from.opt_level - MOTE_OPT_0);
  options.cpu = TRY(counted(from.cpu, Cpu::v3, "cpu"));
  options.canonical_nans = TRY(choice(from.canonical_nans, options.canonical_nans, "canonical_nans"));
  options.deterministic_relaxed_simd =
      TRY(choice(from.deterministic_relaxed_simd, options.deterministic_relaxed_simd, "deterministic_relaxed_simd"));
  options.fuel = TRY(choice(from.fuel, options.fuel, "fuel"));
  options.epochs = TRY(choice(from.epochs, options.epochs, "epochs"));
  options.spectre = TRY(choice(from.spectre, options.spectre, "spectre"));
  options.debug_info = TRY(choice(from.debug_info, options.debug_info, "debug_info"));
  return options;
}

Result<Compiler> compiler_of(const mote_engine_config_t& from) {
  if (is_missing(from.compiler)) return fail(ErrorKind::bad_input, "mote_engine_config_t: compiler is NULL, but has a size");
  std::string program = TRY(path_of(from.compiler));
  if (program.empty()) return Compiler();
  ProgramCompilerOptions options{.threads = from.compiler_threads, .timeout_ms = from.compiler_timeout_ms};
  if (from.compiler_progress != nullptr) {
    options.progress = [call = from.compiler_progress, data = from.compiler_progress_data](uint64_t done, uint64_t total) {
      call(data, done, total);
    };
  }
  return program_compiler(std::move(program), std::move(options));
}

// The embedder's threads. A std::function cannot be called from C, so what it does passes as data.
RunParallel run_parallel_of(const mote_engine_config_t& from) {
  if (from.run_parallel == nullptr) return {};
  return [lend = from.run_parallel, data = from.run_parallel_data](uint32_t count, const std::function<void()>& work) {
    const auto call = [](void* inner) { (*static_cast<const std::function<void()>*>(inner))(); };
    lend(data, count, call, const_cast<std::function<void()>*>(&work));
  };
}

Result<EngineConfig> config_of(const mote_engine_config_t* given) {
  const mote_engine_config_t from = TRY(read_struct(given, "mote_engine_config_t"));
  if (from.reserved != 0)
    return fail(ErrorKind::bad_input, format("mote_engine_config_t: reserved is {}: it must be 0", from.reserved));
  if (is_missing(from.cache_folder))
    return fail(ErrorKind::bad_input, "mote_engine_config_t: cache_folder is NULL, but has a size");
  EngineConfig config;
  config.codegen = TRY(codegen_of(from));
  config.tiering = TRY(counted(from.tiering, Tiering::optimizing, "tiering"));
  config.huge_pages = TRY(choice(from.huge_pages, config.huge_pages, "huge_pages"));
  config.compiler = TRY(compiler_of(from));
  if (config.compiler) config.compiler_version = program_version(std::string(view(from.compiler)));
  config.run_parallel = run_parallel_of(from);
  if (from.compile_threads != 0) config.compile_threads = from.compile_threads;
  config.cache_folder = TRY(path_of(from.cache_folder));
  if (from.cache_size_bytes != 0) config.cache_size_bytes = from.cache_size_bytes;
  return config;
}

mote_cache_fill_t to_c(CacheFill fill) {
  switch (fill) {
    case CacheFill::compiled:
      return MOTE_CACHE_COMPILED;
    case CacheFill::present:
      return MOTE_CACHE_PRESENT;
    case CacheFill::busy:
      return MOTE_CACHE_BUSY;
    case CacheFill::gave_up:
      break;
  }
  return MOTE_CACHE_GAVE_UP;
}

}  // namespace

mote_failure_t* mote_engine_create(const mote_engine_config_t* config, mote_engine_t** engine) {
  MOTE_OUTPUT(engine);
  auto wanted = config_of(config);
  if (!wanted) return failed(std::move(wanted.error()));
  Compiler compiler = wanted->compiler;
  return give(Engine::create(std::move(*wanted)), engine, [&](Engine made) {
    std::vector<Engine::Setting> settings = made.settings();
    return hand_over<mote_engine_t>(std::move(made), std::move(compiler), std::move(settings));
  });
}

mote_engine_t* mote_engine_share(const mote_engine_t* engine) {
  return engine == nullptr ? nullptr : hand_over<mote_engine_t>(*engine);
}
void mote_engine_delete(mote_engine_t* engine) {
  take_back(engine);
}
bool mote_engine_has_cache(const mote_engine_t* engine) {
  return engine != nullptr && engine->engine.has_cache();
}

bool mote_engine_setting(const mote_engine_t* engine, size_t index, mote_setting_t* setting) {
  if (engine == nullptr || index >= engine->settings.size()) return false;
  const Engine::Setting& from = engine->settings[index];
  mote_setting_t known = {};
  known.name = lent(from.name);
  known.value = lent(from.value);
  known.reason = lent(from.reason);
  return write_struct(setting, known);
}

void mote_engine_increment_epoch(const mote_engine_t* engine) {
  if (engine != nullptr) engine->engine.increment_epoch();
}

mote_failure_t* mote_engine_compile_into_cache(const mote_engine_t* engine, mote_bytes_t wasm, mote_cache_fill_t* fill) {
  if (fill != nullptr) *fill = 0;
  MOTE_NEED(engine);
  MOTE_NEED(wasm);
  auto done = compile_into_cache(engine->engine, view(wasm));
  if (!done) return failed(std::move(done.error()));
  if (fill != nullptr) *fill = to_c(*done);
  return success;
}

mote_failure_t* mote_engine_precompile(const mote_engine_t* engine, mote_bytes_t wasm, mote_buffer_t** artifact) {
  MOTE_OUTPUT(artifact);
  MOTE_NEED(engine);
  MOTE_NEED(wasm);
  if (!engine->compiler) {
    return failed(Error{ErrorKind::unavailable, "the engine has no compiler: set mote_engine_config_t.compiler (\"mote-aot\")"});
  }
  if (auto valid = Module::validate(view(wasm)); !valid) return failed(std::move(valid.error()));
  return give(engine->compiler(view(wasm), engine->engine.codegen()), artifact,
              [](std::vector<uint8_t> bytes) { return hand_over<mote_buffer_t>(std::move(bytes)); });
}

mote_bytes_t mote_buffer_bytes(const mote_buffer_t* buffer) {
  if (buffer == nullptr) return {};
  return {buffer->bytes.data(), buffer->bytes.size()};
}
void mote_buffer_delete(mote_buffer_t* buffer) {
  take_back(buffer);
}
