// The functions of mote.h, from C11: what they do, what they refuse, what they do with NULL, who owns what; those of pools are in
// pool_test.c, of objects and exceptions in objects_test.c. tests/house/run
// compares the names with those that mote.h declares, so none is left out.
#include "guests_testing.h"
#define MOTE_TEST_FILE "capi_test.c"
#include "words_testing.h"

#include <ftw.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ThreadSanitizer holds signals back until the thread calls into it, which a guest never does.
static const bool holds_signals_back =
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    true ||
#endif
#endif
    false;

static const mote_bytes_t no_bytes = {NULL, 0};
static mote_bytes_t guest, imports, waits;

// ---- What is of no store ----

static void test_words(void) {
  CHECK(mote_version() == MOTE_VERSION && mote_abi() == MOTE_ABI);
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", MOTE_VERSION_MAJOR, MOTE_VERSION_MINOR, MOTE_VERSION_PATCH);
  CHECK(is_text(mote_version_text(), expected));

  size_t count = 0;
  bool has_memory = false;
  for (mote_limit_t limit = {.size = sizeof limit}; mote_limit(count, &limit); ++count) {
    CHECK(limit.standard <= limit.hard && limit.name.size != 0 && limit.unit.size != 0);
    has_memory |= is_text(limit.name, "max-memory-size") && is_text(limit.unit, "bytes");
  }
  CHECK(count >= 15 && has_memory);
  CHECK(!mote_limit(0, NULL));

  CHECK(is_text(mote_error_kind_name(MOTE_ERROR_NOT_FOUND), "not found"));
  CHECK(is_text(mote_error_kind_name(MOTE_ERROR_NONE), "unknown") && is_text(mote_error_kind_name(1000), "unknown"));
  CHECK(is_text(mote_trap_kind_words(MOTE_TRAP_INTEGER_DIVIDE_BY_ZERO), "integer divide by zero"));
  CHECK(is_text(mote_trap_kind_words(MOTE_TRAP_NONE), "unknown") && is_text(mote_trap_kind_words(26), "unknown"));
  CHECK(is_text(mote_value_kind_name(MOTE_VALUE_V128), "v128") && is_text(mote_value_kind_name(0), "unknown"));
  CHECK(is_text(mote_value_kind_name(MOTE_VALUE_EXNREF), "exnref") && is_text(mote_value_kind_name(10), "unknown"));
  CHECK(is_text(mote_extern_kind_name(MOTE_EXTERN_TAG), "tag") && is_text(mote_extern_kind_name(6), "unknown"));
  CHECK(mote_string(NULL).size == 0 && mote_string("four").size == 4);
}

static void test_failures(void) {
  mote_failure_t* error = mote_failure_create_error(MOTE_ERROR_DENIED, mote_string("not here"));
  CHECK(mote_failure_kind(error) == MOTE_FAILURE_ERROR && mote_failure_error_kind(error) == MOTE_ERROR_DENIED);
  CHECK(is_text(mote_failure_message(error), "not here") && is_text(mote_failure_text(error), "not here"));
  CHECK(mote_failure_trap_kind(error) == MOTE_TRAP_NONE && mote_failure_exit_status(error) == 0);
  uint64_t offset = 7;
  mote_frame_t frame = {.size = sizeof frame};
  CHECK(!mote_failure_offset(error, &offset) && offset == 0 && !mote_failure_frame(error, 0, &frame));
  mote_failure_delete(error);

  mote_failure_t* trap = mote_failure_create_trap(MOTE_TRAP_HOST, mote_string("no more"));
  CHECK(mote_failure_kind(trap) == MOTE_FAILURE_TRAP && mote_failure_trap_kind(trap) == MOTE_TRAP_HOST);
  CHECK(is_text(mote_failure_message(trap), "host function failed: no more"));
  mote_failure_delete(trap);
  trap = mote_failure_create_trap(99, mote_string(NULL));
  CHECK(mote_failure_trap_kind(trap) == MOTE_TRAP_HOST && is_text(mote_failure_message(trap), "host function failed"));
  mote_failure_delete(trap);
  error = mote_failure_create_error(99, mote_string("odd"));
  CHECK(mote_failure_error_kind(error) == MOTE_ERROR_INTERNAL);
  mote_failure_delete(error);

  mote_failure_t* end = mote_failure_create_exit(3);
  CHECK(mote_failure_kind(end) == MOTE_FAILURE_EXIT && mote_failure_exit_status(end) == 3);
  CHECK(is_text(mote_failure_message(end), "exit with status 3") && is_text(mote_failure_text(end), "exit with status 3"));
  mote_failure_delete(end);

  CHECK(mote_failure_kind(NULL) == MOTE_FAILURE_NONE && mote_failure_error_kind(NULL) == MOTE_ERROR_NONE);
  CHECK(mote_failure_trap_kind(NULL) == MOTE_TRAP_NONE && mote_failure_exit_status(NULL) == 0);
  CHECK(is_text(mote_failure_message(NULL), "") && is_text(mote_failure_text(NULL), ""));
  CHECK(!mote_failure_offset(NULL, &offset) && !mote_failure_frame(NULL, 0, &frame));
  mote_failure_delete(NULL);
}

// Structs of other versions of this header: shorter, longer, unset.
static void test_struct_sizes(mote_engine_t* engine) {
  struct {
    mote_store_limits_t known;
    uint64_t later[2];
  } newer = {{.size = sizeof newer}, {0, 0}};
  mote_store_t* store = NULL;
  if (OK(mote_store_create(engine, &newer.known, &store))) mote_store_delete(store);
  newer.later[1] = 1;
  REFUSED(mote_store_create(engine, &newer.known, &store), MOTE_ERROR_UNSUPPORTED, "mote_store_limits_t");
  newer.known.size = 8;
  REFUSED(mote_store_create(engine, &newer.known, &store), MOTE_ERROR_BAD_INPUT, "sizeof(mote_store_limits_t)");
  newer.known.size = (size_t)-1;
  REFUSED(mote_store_create(engine, &newer.known, &store), MOTE_ERROR_BAD_INPUT, "sizeof(mote_store_limits_t)");
  CHECK(store == NULL);

  struct {
    mote_limit_t known;
    uint64_t later;
  } longer = {{.size = sizeof longer}, 9};
  CHECK(mote_limit(0, &longer.known) && longer.later == 0 && longer.known.size == sizeof longer);
  longer.known.size = 0;
  CHECK(!mote_limit(0, &longer.known));
}

static void run_twice(void* data, uint32_t count, void (*work)(void*), void* work_data) {
  *(uint32_t*)data = count;
  work(work_data);
}

static void test_engine(void) {
  mote_engine_t* engine = NULL;
  OK(mote_engine_create(NULL, &engine));
  CHECK(!mote_engine_has_cache(engine) && !mote_engine_has_cache(NULL));
  mote_setting_t setting = {.size = sizeof setting};
  size_t count = 0;
  bool has_compiler = false;
  for (; mote_engine_setting(engine, count, &setting); ++count) has_compiler |= is_text(setting.name, "compiler");
  CHECK(count >= 8 && has_compiler && !mote_engine_setting(NULL, 0, &setting));
  mote_engine_t* same = mote_engine_share(engine);
  mote_engine_increment_epoch(same);
  mote_engine_increment_epoch(NULL);
  mote_engine_delete(engine);
  mote_module_t* module = NULL;
  OK(mote_module_compile(same, guest, mote_string("guest.wasm"), &module));
  mote_engine_delete(same);  // the module has it still
  CHECK(is_text(mote_module_name(module), "guest.wasm"));
  mote_module_delete(module);
  CHECK(mote_engine_share(NULL) == NULL);
  mote_engine_delete(NULL);

  uint32_t threads = 0;
  mote_engine_config_t config = {.size = sizeof config,
                                 .opt_level = MOTE_OPT_3,
                                 .memory_mode = MOTE_MEMORY_DENSE,
                                 .cpu = MOTE_CPU_X86_64_V2,
                                 .spectre = MOTE_OFF,
                                 .compile_threads = 2,
                                 .run_parallel = run_twice,
                                 .run_parallel_data = &threads};
  OK(mote_engine_create(&config, &engine));
  OK(mote_module_compile(engine, guest, mote_string(NULL), &module));
  mote_module_delete(module);
  test_struct_sizes(engine);
  mote_engine_delete(engine);

  config.tiering = 3;
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "tiering is 3");
  config.tiering = MOTE_TIERING_BASELINE;
  config.fuel = 3;
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "fuel is 3");
  config.fuel = MOTE_OFF;
  config.opt_level = 9;
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "opt_level is 9");
  config.opt_level = MOTE_OPT_DEFAULT;
  config.reserved = 1;
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "reserved");
  config.reserved = 0;
  config.cache_folder.size = 3;
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "cache_folder");
  config.cache_folder.data = "a\0b";
  REFUSED(mote_engine_create(&config, &engine), MOTE_ERROR_BAD_INPUT, "zero byte");
  CHECK(engine == NULL);
  REFUSED(mote_engine_create(NULL, NULL), MOTE_ERROR_BAD_INPUT, "engine is NULL");
}

static void test_modules(mote_engine_t* engine) {
  OK(mote_module_validate(guest));
  const uint8_t broken[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 99, 0};
  const mote_bytes_t broken_bytes = {broken, sizeof broken};
  mote_failure_t* failure = mote_module_validate(broken_bytes);
  uint64_t offset = 0;
  CHECK(mote_failure_error_kind(failure) == MOTE_ERROR_BAD_INPUT && mote_failure_offset(failure, &offset) && offset >= 8);
  CHECK(strstr(mote_failure_text(failure).data, "offset 0x") != NULL && !mote_failure_offset(failure, NULL));
  mote_failure_delete(failure);
  REFUSED(mote_module_validate(no_bytes), MOTE_ERROR_BAD_INPUT, "");
  const mote_bytes_t nowhere = {NULL, 4};
  REFUSED(mote_module_validate(nowhere), MOTE_ERROR_BAD_INPUT, "wasm is NULL");
  CHECK(!mote_is_artifact(guest) && !mote_is_artifact(nowhere) && !mote_is_artifact(no_bytes));

  mote_module_t* module = NULL;
  OK(mote_module_compile(engine, guest, mote_string("guest.wasm"), &module));
  mote_import_t import = {.size = sizeof import};
  CHECK(mote_module_import(module, 0, &import) && is_text(import.module, "host") && is_text(import.name, "add"));
  CHECK(import.kind == MOTE_EXTERN_FUNC && is_text(import.type, "func [i32 i32] -> [i32]"));
  CHECK(mote_module_import(module, 3, &import) && !mote_module_import(module, 4, &import) && !mote_module_import(NULL, 0, &import));
  mote_export_t export_ = {.size = sizeof export_};
  CHECK(mote_module_export(module, 0, &export_) && is_text(export_.name, "memory") && export_.kind == MOTE_EXTERN_MEMORY);
  CHECK(mote_module_export(module, 1, &export_) && export_.kind == MOTE_EXTERN_TABLE);
  CHECK(mote_module_export(module, 12, &export_) && !mote_module_export(module, 13, &export_) &&
        !mote_module_export(NULL, 0, &export_));
  CHECK(!mote_module_export(module, 0, NULL) && !mote_module_import(module, 0, NULL));
  mote_origin_t origin = {.size = sizeof origin};
  CHECK(mote_module_origin(module, &origin) && origin.source == MOTE_SOURCE_COMPILED && origin.tier == MOTE_TIER_BASELINE);
  CHECK(origin.code_size_bytes > 0 && origin.compile_ns > 0 && !mote_module_origin(NULL, &origin) &&
        !mote_module_origin(module, NULL));
  CHECK(!mote_module_refresh(module) && !mote_module_refresh(NULL));
  mote_module_t* same = mote_module_share(module);
  mote_module_delete(module);
  CHECK(is_text(mote_module_name(same), "guest.wasm") && is_text(mote_module_name(NULL), ""));
  mote_module_delete(same);
  mote_module_delete(NULL);
  CHECK(mote_module_share(NULL) == NULL);

  REFUSED(mote_module_compile(engine, broken_bytes, mote_string(NULL), &module), MOTE_ERROR_BAD_INPUT, "");
  REFUSED(mote_module_compile(NULL, guest, mote_string(NULL), &module), MOTE_ERROR_BAD_INPUT, "engine is NULL");
  REFUSED(mote_module_compile(engine, guest, mote_string(NULL), NULL), MOTE_ERROR_BAD_INPUT, "module is NULL");
  REFUSED(mote_module_compile_file(engine, mote_string("/nowhere/guest.wasm"), &module), MOTE_ERROR_NOT_FOUND,
          "/nowhere/guest.wasm");
  REFUSED(mote_module_load(engine, guest, mote_string(NULL), &module), MOTE_ERROR_BAD_INPUT, "artifact");
  REFUSED(mote_module_load_file(engine, mote_string("/nowhere/guest.cwasm"), &module), MOTE_ERROR_NOT_FOUND,
          "/nowhere/guest.cwasm");
  REFUSED(mote_engine_compile_into_cache(engine, guest, NULL), MOTE_ERROR_UNAVAILABLE, "");
  mote_buffer_t* artifact = NULL;
  REFUSED(mote_engine_precompile(engine, guest, &artifact), MOTE_ERROR_UNAVAILABLE, "compiler");
  CHECK(module == NULL && artifact == NULL);
}

static int remove_one(const char* path, const struct stat* status, int flag, struct FTW* walk) {
  (void)status, (void)flag, (void)walk;
  return remove(path);
}
static void write_file(const char* path, mote_bytes_t bytes) {
  FILE* file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size);
  if (file != NULL) CHECK(fclose(file) == 0);
}

static void note_progress(void* data, uint64_t done, uint64_t total) {
  (void)data;
  CHECK(done <= total);
}

// The optimising compiler: into a cache, and as an artifact.
static void test_ahead_of_time(const char* compiler) {
  char folder[] = "/tmp/mote-capi-test-XXXXXX", path[64], cache[64];
  if (!CHECK(mkdtemp(folder) != NULL)) return;
  snprintf(cache, sizeof cache, "%s/cache", folder);
  snprintf(path, sizeof path, "%s/guest.wasm", folder);
  write_file(path, guest);
  mote_engine_config_t config = {.size = sizeof config,
                                 .cache_folder = mote_string(cache),
                                 .compiler = mote_string(compiler),
                                 .compiler_threads = 1,
                                 .compiler_timeout_ms = 120000,
                                 .compiler_progress = note_progress};
  mote_engine_t* engine = NULL;
  mote_module_t* module = NULL;
  mote_cache_fill_t fill = 0;
  OK(mote_engine_create(&config, &engine));
  CHECK(mote_engine_has_cache(engine));
  OK(mote_module_compile_file(engine, mote_string(path), &module));
  CHECK(is_text(mote_module_name(module), "guest.wasm") && !mote_module_refresh(module));
  OK(mote_engine_compile_into_cache(engine, guest, &fill));
  CHECK(fill == MOTE_CACHE_COMPILED);
  OK(mote_engine_compile_into_cache(engine, guest, &fill));
  CHECK(fill == MOTE_CACHE_PRESENT && mote_module_refresh(module));
  mote_origin_t origin = {.size = sizeof origin};
  CHECK(mote_module_origin(module, &origin) && origin.source == MOTE_SOURCE_CACHE && origin.tier == MOTE_TIER_OPTIMIZING);
  mote_module_delete(module);

  mote_buffer_t* artifact = NULL;
  OK(mote_engine_precompile(engine, guest, &artifact));
  const mote_bytes_t bytes = mote_buffer_bytes(artifact);
  CHECK(mote_is_artifact(bytes) && bytes.size > guest.size);
  OK(mote_module_load(engine, bytes, mote_string("loaded"), &module));
  CHECK(mote_module_origin(module, &origin) && origin.source == MOTE_SOURCE_ARTIFACT &&
        is_text(mote_module_name(module), "loaded"));
  mote_module_delete(module);
  snprintf(path, sizeof path, "%s/guest.cwasm", folder);
  write_file(path, bytes);
  OK(mote_module_load_file(engine, mote_string(path), &module));
  mote_module_delete(module);
  mote_buffer_delete(artifact);
  REFUSED(mote_engine_precompile(engine, no_bytes, &artifact), MOTE_ERROR_BAD_INPUT, "");
  mote_engine_delete(engine);
  CHECK(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

// ---- A store with the guest in it ----

struct Host {
  int destroyed, notes, parks;
  char noted[16];
  mote_trap_kind_t seen;  // how a nested call ended
};
struct World {
  struct Host host;
  mote_engine_t* engine;
  mote_module_t* module;
  mote_linker_t* linker;
  mote_store_t* store;
  mote_instance_t instance;
};

static void count_destroyed(void* data) {
  ++((struct Host*)data)->destroyed;
}

static mote_failure_t* host_add(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                mote_value_t* results, size_t result_count) {
  CHECK(data != NULL && mote_caller_data(caller) == data && mote_store_data(mote_caller_store(caller)) == data);
  CHECK(arg_count == 2 && result_count == 1 && results[0].kind == MOTE_VALUE_I32 && results[0].of.i32 == 0);
  if (args[0].of.i32 == 1000) return mote_failure_create_exit(args[1].of.i32);
  if (args[0].of.i32 == 1001) return mote_failure_create_trap(MOTE_TRAP_HOST, mote_string("as asked"));
  if (args[0].of.i32 == 1002) return mote_failure_create_error(MOTE_ERROR_DENIED, mote_string("not allowed"));
  results[0] = mote_value_i32(args[0].of.i32 + args[1].of.i32);
  if (args[0].of.i32 == 1003) results[0] = mote_value_i64(1);
  if (args[0].of.i32 == 1004) results[0].kind = 77;
  return NULL;
}

// Gives back what it got: the place of every value, in registers and past them.
static mote_failure_t* host_mix(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                mote_value_t* results, size_t result_count) {
  (void)data, (void)caller;
  CHECK(arg_count == 13 && result_count == 7);
  const size_t from[] = {3, 1, 0, 10, 12, 4, 2};
  for (size_t i = 0; i < result_count; ++i) results[i] = args[from[i]];
  return NULL;
}

static mote_failure_t* host_keep(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                 mote_value_t* results, size_t result_count) {
  struct Host* host = data;
  CHECK(arg_count == 2 && result_count == 1 && args[1].kind == MOTE_VALUE_FUNCREF && results[0].kind == MOTE_VALUE_EXTERNREF);
  mote_func_t crash = {NULL, NULL};
  CHECK(mote_func_from_value(mote_caller_store(caller), &args[1], &crash));
  mote_failure_t* failure = mote_func_call(crash, NULL, 0, NULL, 0);
  host->seen = mote_failure_trap_kind(failure);
  mote_failure_delete(failure);
  results[0] = args[0];
  return NULL;
}

static mote_failure_t* host_note(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                 mote_value_t* results, size_t result_count) {
  struct Host* host = data;
  (void)results;
  CHECK(arg_count == 2 && result_count == 0);
  const uint32_t offset = (uint32_t)args[0].of.i32, size = (uint32_t)args[1].of.i32;
  const uint8_t* text = mote_caller_memory_at(caller, offset, size);
  if (text == NULL || size >= sizeof host->noted)
    return mote_failure_create_trap(MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS, mote_string(NULL));
  size_t whole = 0;
  CHECK(mote_caller_memory(caller, &whole) + offset == text && whole >= offset + size);
  CHECK(mote_caller_memory_at(caller, whole, 0) != NULL && mote_caller_memory_at(caller, whole, 1) == NULL);
  CHECK(mote_caller_memory_at(caller, 1, UINT64_MAX) == NULL && mote_caller_memory(caller, NULL) != NULL);
  memcpy(host->noted, text, size);
  host->noted[size] = 0;
  ++host->notes;
  if (mote_caller_may_park(caller) && mote_caller_park(caller)) ++host->parks;
  return NULL;
}

static void define(struct World* world, const char* name, mote_host_func_t host, const mote_value_kind_t* params,
                   size_t param_count, const mote_value_kind_t* results, size_t result_count) {
  const mote_func_type_t type = {
      .size = sizeof type, .params = params, .param_count = param_count, .results = results, .result_count = result_count};
  OK(mote_linker_define_host_func(world->linker, mote_string("host"), mote_string(name), &type, host, &world->host,
                                  count_destroyed));
}

static const mote_value_kind_t i32s[] = {MOTE_VALUE_I32, MOTE_VALUE_I32};

static void create(struct World* world, const mote_engine_config_t* config) {
  static const mote_value_kind_t mix_params[] = {MOTE_VALUE_I32, MOTE_VALUE_I64, MOTE_VALUE_F32, MOTE_VALUE_F64, MOTE_VALUE_V128,
                                                 MOTE_VALUE_I32, MOTE_VALUE_I32, MOTE_VALUE_I32, MOTE_VALUE_I32, MOTE_VALUE_I32,
                                                 MOTE_VALUE_I32, MOTE_VALUE_I64, MOTE_VALUE_I64};
  static const mote_value_kind_t mix_results[] = {MOTE_VALUE_F64, MOTE_VALUE_I64,  MOTE_VALUE_I32, MOTE_VALUE_I32,
                                                  MOTE_VALUE_I64, MOTE_VALUE_V128, MOTE_VALUE_F32};
  static const mote_value_kind_t keep_params[] = {MOTE_VALUE_EXTERNREF, MOTE_VALUE_FUNCREF};
  memset(world, 0, sizeof *world);
  OK(mote_engine_create(config, &world->engine));
  OK(mote_module_compile(world->engine, guest, mote_string("guest.wasm"), &world->module));
  OK(mote_linker_create(world->engine, &world->linker));
  define(world, "add", host_add, i32s, 2, i32s, 1);
  define(world, "mix", host_mix, mix_params, 13, mix_results, 7);
  define(world, "keep", host_keep, keep_params, 2, keep_params, 1);
  define(world, "note", host_note, i32s, 2, NULL, 0);
  const mote_store_limits_t limits = {.size = sizeof limits, .memory_size_bytes = 3 * 65536, .wasm_stack_bytes = 256 * 1024};
  OK(mote_store_create(world->engine, &limits, &world->store));
  mote_store_set_data(world->store, &world->host);
  if (!OK(mote_linker_instantiate(world->linker, world->store, world->module, &world->instance))) exit(1);
}

static void end(struct World* world) {
  mote_linker_delete(world->linker);
  CHECK(world->host.destroyed == 0);  // the store's instance may still call them
  mote_store_delete(world->store);
  CHECK(world->host.destroyed == 4);
  mote_module_delete(world->module);
  mote_engine_delete(world->engine);
}

static mote_func_t find(const struct World* world, const char* name) {
  mote_func_t func = {NULL, NULL};
  CHECK(mote_instance_func(world->instance, mote_string(name), &func));
  return func;
}
static mote_failure_t* call_add(const struct World* world, int32_t a, int32_t b, mote_value_t* result) {
  const mote_value_t args[] = {mote_value_i32(a), mote_value_i32(b)};
  return mote_func_call(find(world, "add"), args, 2, result, 1);
}

static void test_calls(void) {
  struct World world;
  create(&world, NULL);
  mote_value_t result;
  OK(call_add(&world, 40, 2, &result));
  CHECK(result.kind == MOTE_VALUE_I32 && result.of.i32 == 42 && result.reserved == 0);

  mote_value_t vector = mote_value_null(MOTE_VALUE_V128);
  for (uint8_t i = 0; i < 16; ++i) vector.of.v128[i] = i;
  const mote_value_t args[] = {
      mote_value_i32(-1), mote_value_i64(-2), mote_value_f32(0.5f), mote_value_f64(0.25), vector,
      mote_value_i32(5),  mote_value_i32(6),  mote_value_i32(7),    mote_value_i32(8),    mote_value_i32(9),
      mote_value_i32(10), mote_value_i64(11), mote_value_i64(12)};
  mote_value_t results[9];
  results[7] = mote_value_i32(123);
  OK(mote_func_call(find(&world, "mix"), args, 13, results, 9));
  CHECK(results[0].kind == MOTE_VALUE_F64 && results[0].of.f64 == 0.25 && results[1].of.i64 == -2 && results[2].of.i32 == -1);
  CHECK(results[3].of.i32 == 10 && results[4].of.i64 == 12 && memcmp(results[5].of.v128, vector.of.v128, 16) == 0);
  CHECK(results[6].kind == MOTE_VALUE_F32 && results[6].of.f32 == 0.5f && results[7].of.i32 == 123);

  mote_value_kind_t kinds[4] = {0};
  char text[64];
  CHECK(mote_func_params(find(&world, "mix"), kinds, 4) == 13 && kinds[3] == MOTE_VALUE_F64);
  CHECK(mote_func_results(find(&world, "mix"), kinds, 1) == 7 && kinds[0] == MOTE_VALUE_F64 && kinds[1] == MOTE_VALUE_I64);
  CHECK(mote_func_params(find(&world, "crash"), NULL, 0) == 0);
  CHECK(mote_func_type_text(find(&world, "add"), text, sizeof text) == 19 && strcmp(text, "(i32, i32) -> (i32)") == 0);
  CHECK(mote_func_type_text(find(&world, "add"), text, 6) == 19 && strcmp(text, "(i32,") == 0);
  CHECK(mote_func_type_text(find(&world, "add"), NULL, 0) == 19);

  // Wrong calls.
  REFUSED(mote_func_call(find(&world, "add"), args, 1, &result, 1), MOTE_ERROR_BAD_INPUT, "(i32, i32) -> (i32)");
  REFUSED(mote_func_call(find(&world, "add"), args, 2, &result, 1), MOTE_ERROR_BAD_INPUT, "argument 1");
  REFUSED(mote_func_call(find(&world, "add"), args, 2, NULL, 0), MOTE_ERROR_BAD_INPUT, "room for 0 results");
  REFUSED(mote_func_call(find(&world, "add"), NULL, 2, &result, 1), MOTE_ERROR_BAD_INPUT, "args is NULL");
  REFUSED(mote_func_call(find(&world, "add"), args, 2, NULL, 1), MOTE_ERROR_BAD_INPUT, "results is NULL");
  const mote_value_t odd[] = {mote_value_i32(1), {.kind = 55}};
  REFUSED(mote_func_call(find(&world, "add"), odd, 2, &result, 1), MOTE_ERROR_BAD_INPUT, "argument 1: 55 is no kind");
  const mote_func_t empty = {NULL, NULL};
  REFUSED(mote_func_call(empty, NULL, 0, NULL, 0), MOTE_ERROR_BAD_INPUT, "func is NULL or empty");
  CHECK(mote_func_params(empty, kinds, 4) == 0 && mote_func_results(empty, kinds, 4) == 0);
  CHECK(mote_func_type_text(empty, text, sizeof text) == 0 && text[0] == 0);

  // How host functions end a guest.
  mote_failure_t* exit_failure = call_add(&world, 1000, 3, &result);
  CHECK(mote_failure_kind(exit_failure) == MOTE_FAILURE_EXIT && mote_failure_exit_status(exit_failure) == 3);
  mote_failure_delete(exit_failure);
  mote_failure_t* trap = call_add(&world, 1001, 0, &result);
  CHECK(mote_failure_trap_kind(trap) == MOTE_TRAP_HOST && is_text(mote_failure_message(trap), "host function failed: as asked"));
  mote_failure_delete(trap);
  REFUSED(call_add(&world, 1002, 0, &result), MOTE_ERROR_DENIED, "not allowed");
  REFUSED(call_add(&world, 1003, 0, &result), MOTE_ERROR_BAD_INPUT,
          "result 0 of a host function: type mismatch: expected i32, got i64");
  REFUSED(call_add(&world, 1004, 0, &result), MOTE_ERROR_BAD_INPUT, "77 is no kind");
  OK(call_add(&world, 1, 2, &result));  // the store goes on
  end(&world);
}

static void test_traps(void) {
  struct World world;
  create(&world, NULL);
  mote_failure_t* trap = mote_func_call(find(&world, "crash"), NULL, 0, NULL, 0);
  CHECK(mote_failure_kind(trap) == MOTE_FAILURE_TRAP && mote_failure_trap_kind(trap) == MOTE_TRAP_UNREACHABLE);
  CHECK(is_text(mote_failure_message(trap), "unreachable"));
  mote_frame_t frame = {.size = sizeof frame};
  CHECK(mote_failure_frame(trap, 0, &frame) && is_text(frame.func_name, "crash") && is_text(frame.module_name, "guest.wasm"));
  CHECK(frame.has_wasm_offset != 0 && guest.data[frame.wasm_offset] == 0x00 && guest.data[frame.wasm_offset + 1] == 0x0b &&
        frame.func == 9);
  CHECK(!mote_failure_frame(trap, 1, &frame) && !mote_failure_frame(trap, 0, NULL));
  CHECK(strstr(mote_failure_text(trap).data, "\n  0: 0x") != NULL &&
        strstr(mote_failure_text(trap).data, "guest.wasm!crash") != NULL);
  mote_failure_delete(trap);
  trap = mote_func_call(find(&world, "recurse"), NULL, 0, NULL, 0);
  CHECK(mote_failure_trap_kind(trap) == MOTE_TRAP_CALL_STACK_EXHAUSTED && mote_failure_frame(trap, 63, &frame));
  mote_failure_delete(trap);

  const mote_value_t bad[] = {mote_value_i32(65534), mote_value_i32(4)};
  TRAPS(mote_func_call(find(&world, "note"), bad, 2, NULL, 0), MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS);
  const mote_value_t good[] = {mote_value_i32(8), mote_value_i32(4)};
  OK(mote_func_call(find(&world, "note"), good, 2, NULL, 0));
  CHECK(world.host.notes == 1 && strcmp(world.host.noted, "mote") == 0 && world.host.parks == 0);
  end(&world);
}

static void test_references(void) {
  struct World world;
  create(&world, NULL);
  mote_value_t reference, same, back;
  OK(mote_store_new_externref(world.store, 4711, &reference));
  OK(mote_store_new_externref(world.store, 4711, &same));
  CHECK(reference.kind == MOTE_VALUE_EXTERNREF && reference.of.reference == same.of.reference);
  OK(mote_func_call(find(&world, "keep"), &reference, 1, &back, 1));
  uint64_t number = 0;
  CHECK(mote_store_externref_number(world.store, &back, &number) && number == 4711);
  CHECK(world.host.seen == MOTE_TRAP_UNREACHABLE);  // a nested entry that trapped leaves the outer one as it was
  const mote_value_t null = mote_value_null(MOTE_VALUE_EXTERNREF), other = mote_value_i32(1);
  OK(mote_func_call(find(&world, "keep"), &null, 1, &back, 1));
  CHECK(back.of.reference == 0 && !mote_store_externref_number(world.store, &back, &number) && number == 0);
  CHECK(!mote_store_externref_number(world.store, &other, &number) && !mote_store_externref_number(NULL, &reference, &number));
  CHECK(!mote_store_externref_number(world.store, NULL, &number) && !mote_store_externref_number(world.store, &reference, NULL));
  REFUSED(mote_store_new_externref(NULL, 1, &reference), MOTE_ERROR_BAD_INPUT, "store is NULL");

  mote_func_t crash = find(&world, "crash"), again = {NULL, NULL};
  const mote_value_t as_value = mote_func_to_value(crash);
  CHECK(mote_func_from_value(world.store, &as_value, &again) && again.private_handle == crash.private_handle);
  const mote_func_t empty = {NULL, NULL};
  const mote_value_t null_func = mote_func_to_value(empty);
  CHECK(null_func.kind == MOTE_VALUE_FUNCREF && null_func.of.reference == 0 &&
        !mote_func_from_value(world.store, &null_func, &again));
  CHECK(!mote_func_from_value(NULL, &as_value, &again) && !mote_func_from_value(world.store, NULL, &again));
  CHECK(!mote_func_from_value(world.store, &as_value, NULL) && again.private_handle == NULL);
  end(&world);
}

// ---- What a store holds ----

struct Growth {
  int seen, destroyed;
  bool last;
};
static void see_growth(void* data, uint64_t old_pages, uint64_t added_pages, bool is_done) {
  struct Growth* growth = data;
  CHECK(old_pages >= 1 && added_pages >= 1);
  ++growth->seen;
  growth->last = is_done;
}
static void end_growth(void* data) {
  ++((struct Growth*)data)->destroyed;
}

static void test_memories(void) {
  struct World world;
  create(&world, NULL);
  mote_memory_t memory;
  CHECK(mote_instance_memory(world.instance, mote_string("memory"), &memory));
  CHECK(mote_memory_pages(memory) == 1 && mote_memory_size_bytes(memory) == 65536 &&
        memcmp(mote_memory_data(memory) + 8, "mote", 4) == 0);
  CHECK(mote_memory_at(memory, 65536, 0) != NULL && mote_memory_at(memory, 65535, 2) == NULL &&
        mote_memory_at(memory, UINT64_MAX, 2) == NULL);
  struct Growth growth = {0, 0, false};
  OK(mote_store_set_growth_observer(world.store, see_growth, &growth, end_growth));
  mote_value_t pages = mote_value_i32(1), old;
  OK(mote_func_call(find(&world, "grow"), &pages, 1, &old, 1));
  CHECK(old.of.i32 == 1 && growth.seen == 1 && growth.last && mote_memory_pages(memory) == 2);
  uint64_t before = 0;
  OK(mote_memory_grow(memory, 1, &before));
  CHECK(before == 2);
  OK(mote_func_call(find(&world, "grow"), &pages, 1, &old, 1));  // its type allows 4, the store 3
  CHECK(old.of.i32 == -1 && growth.seen == 2 && !growth.last);
  REFUSED(mote_memory_grow(memory, 1, &before), MOTE_ERROR_LIMIT, "max-memory-size");
  CHECK(before == 0);
  OK(mote_store_set_growth_observer(world.store, NULL, NULL, NULL));
  CHECK(growth.destroyed == 1);
  REFUSED(mote_store_set_growth_observer(NULL, see_growth, &growth, end_growth), MOTE_ERROR_BAD_INPUT, "store is NULL");
  CHECK(growth.destroyed == 2);

  mote_memory_type_t type = {.size = sizeof type, .min_pages = 1, .max_pages = 2, .has_max = 1};
  OK(mote_memory_create(world.store, &type, &memory));
  mote_shared_memory_t* shared = NULL;
  REFUSED(mote_memory_to_shared(memory, &shared), MOTE_ERROR_BAD_INPUT, "not shared");
  OK(mote_shared_memory_create(world.engine, &type, NULL, &shared));
  CHECK(mote_shared_memory_pages(shared) == 1 && mote_shared_memory_size_bytes(shared) == 65536 &&
        mote_shared_memory_data(shared)[0] == 0);
  OK(mote_shared_memory_grow(shared, 1, NULL));
  REFUSED(mote_shared_memory_grow(shared, 1, &before), MOTE_ERROR_LIMIT, "");
  mote_shared_memory_t* same = mote_shared_memory_share(shared);
  mote_shared_memory_delete(shared);
  CHECK(mote_shared_memory_pages(same) == 2);
  mote_shared_memory_delete(same);
  type.is_shared = 1;
  OK(mote_memory_create(world.store, &type, &memory));
  OK(mote_memory_to_shared(memory, &shared));
  CHECK(mote_shared_memory_data(shared) == mote_memory_data(memory));
  mote_shared_memory_delete(shared);
  type.max_pages = 0;
  REFUSED(mote_memory_create(world.store, &type, &memory), MOTE_ERROR_BAD_INPUT, "minimum");
  type.reserved = 4;
  REFUSED(mote_memory_create(world.store, &type, &memory), MOTE_ERROR_BAD_INPUT, "reserved");
  REFUSED(mote_memory_create(world.store, NULL, &memory), MOTE_ERROR_BAD_INPUT, "type is NULL");
  CHECK(mote_memory_data(memory) == NULL && mote_memory_size_bytes(memory) == 0 && mote_memory_pages(memory) == 0);
  CHECK(mote_memory_at(memory, 0, 0) == NULL && mote_shared_memory_share(NULL) == NULL && mote_shared_memory_data(NULL) == NULL);
  CHECK(mote_shared_memory_size_bytes(NULL) == 0 && mote_shared_memory_pages(NULL) == 0);
  REFUSED(mote_memory_grow(memory, 1, NULL), MOTE_ERROR_BAD_INPUT, "memory is NULL");
  mote_shared_memory_delete(NULL);
  end(&world);
}

static void test_tables_and_globals(void) {
  struct World world;
  create(&world, NULL);
  mote_table_t table;
  CHECK(mote_instance_table(world.instance, mote_string("table"), &table) && mote_table_size(table) == 2);
  mote_value_t value;
  OK(mote_table_get(table, 0, &value));
  CHECK(value.kind == MOTE_VALUE_FUNCREF && value.of.reference != 0);
  OK(mote_table_set(table, 1, &value));
  uint64_t old = 0;
  OK(mote_table_grow(table, 3, &value, &old));
  CHECK(old == 2 && mote_table_size(table) == 5);
  OK(mote_table_grow(table, 1, &value, NULL));
  REFUSED(mote_table_grow(table, 100, &value, &old), MOTE_ERROR_LIMIT, "");
  REFUSED(mote_table_get(table, 6, &value), MOTE_ERROR_BAD_INPUT, "out of bounds");
  const mote_value_t number = mote_value_i32(1);
  REFUSED(mote_table_set(table, 0, &number), MOTE_ERROR_BAD_INPUT, "expected (ref null func)");
  REFUSED(mote_table_set(table, 0, NULL), MOTE_ERROR_BAD_INPUT, "value is NULL");
  mote_table_type_t type = {
      .size = sizeof type, .min_elements = 1, .max_elements = 2, .has_max = 1, .element = MOTE_VALUE_EXTERNREF};
  OK(mote_table_create(world.store, &type, &table));
  type.element = MOTE_VALUE_I32;
  REFUSED(mote_table_create(world.store, &type, &table), MOTE_ERROR_BAD_INPUT, "references");
  type.element = 0;
  REFUSED(mote_table_create(world.store, &type, &table), MOTE_ERROR_BAD_INPUT, "no kind");
  CHECK(mote_table_size(table) == 0);
  REFUSED(mote_table_get(table, 0, &value), MOTE_ERROR_BAD_INPUT, "table is NULL");

  mote_global_t global;
  CHECK(mote_instance_global(world.instance, mote_string("counter"), &global));
  OK(mote_global_get(global, &value));
  CHECK(value.kind == MOTE_VALUE_I64 && value.of.i64 == 5);
  const mote_value_t six = mote_value_i64(6);
  OK(mote_global_set(global, &six));
  OK(mote_global_get(global, &value));
  CHECK(value.of.i64 == 6);
  REFUSED(mote_global_set(global, &number), MOTE_ERROR_BAD_INPUT, "expected i64");
  CHECK(mote_instance_global(world.instance, mote_string("fixed"), &global));
  REFUSED(mote_global_set(global, &number), MOTE_ERROR_BAD_INPUT, "immutable");
  const mote_value_t nan = mote_value_f64(NAN);
  OK(mote_global_create(world.store, &nan, true, &global));
  OK(mote_global_get(global, &value));
  CHECK(value.of.bits[0] == nan.of.bits[0]);
  REFUSED(mote_global_create(world.store, NULL, true, &global), MOTE_ERROR_BAD_INPUT, "value is NULL");
  REFUSED(mote_global_get(global, &value), MOTE_ERROR_BAD_INPUT, "global is NULL");
  end(&world);
}

// ---- Linking ----

static mote_failure_t* host_twice(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                  mote_value_t* results, size_t result_count) {
  (void)data, (void)arg_count, (void)result_count;
  size_t size = 0;
  CHECK(mote_caller_memory(caller, &size) == NULL || size != 0);
  results[0] = mote_value_i32(2 * args[0].of.i32);
  return NULL;
}

static void test_linking(void) {
  struct World world;
  create(&world, NULL);
  mote_module_t* module = NULL;
  mote_linker_t* linker = NULL;
  mote_instance_t instance;
  OK(mote_module_compile(world.engine, imports, mote_string("imports"), &module));
  OK(mote_linker_create(world.engine, &linker));
  REFUSED(mote_linker_instantiate(linker, world.store, module, &instance), MOTE_ERROR_NOT_FOUND, "unknown import");
  CHECK(instance.private_handle == NULL);

  const mote_string_t env = mote_string("env");
  const mote_memory_type_t memory_type = {.size = sizeof memory_type, .min_pages = 1};
  const mote_table_type_t table_type = {.size = sizeof table_type, .min_elements = 3, .element = MOTE_VALUE_FUNCREF};
  const mote_func_type_t unary = {.size = sizeof unary, .params = i32s, .param_count = 1, .results = i32s, .result_count = 1};
  mote_memory_t memory;
  mote_table_t table;
  mote_global_t global;
  mote_func_t twice;
  struct Host counts = {0};
  OK(mote_memory_create(world.store, &memory_type, &memory));
  OK(mote_table_create(world.store, &table_type, &table));
  const mote_value_t number = mote_value_i32(18), bad = mote_value_i64(18);
  OK(mote_global_create(world.store, &bad, false, &global));
  OK(mote_func_create(world.store, &unary, host_twice, &counts, count_destroyed, &twice));
  OK(mote_linker_define_memory(linker, env, mote_string("memory"), memory));
  OK(mote_linker_define_table(linker, env, mote_string("table"), table));
  OK(mote_linker_define_global(linker, env, mote_string("number"), global));
  OK(mote_linker_define_func(linker, env, mote_string("twice"), twice));
  REFUSED(mote_linker_instantiate(linker, world.store, module, &instance), MOTE_ERROR_BAD_INPUT, "incompatible import type");
  OK(mote_global_create(world.store, &number, false, &global));
  OK(mote_linker_define_global(linker, env, mote_string("number"), global));
  OK(mote_linker_instantiate(linker, world.store, module, &instance));
  mote_memory_data(memory)[4] = 3;
  mote_func_t sum;
  mote_value_t result;
  CHECK(mote_instance_func(instance, mote_string("sum"), &sum));
  OK(mote_func_call(sum, NULL, 0, &result, 1));
  CHECK(result.of.i32 == 3 + 36 + 3);
  mote_module_t* its_module = mote_instance_module(instance);
  CHECK(is_text(mote_module_name(its_module), "imports"));
  mote_module_delete(its_module);

  // The guest's own exports as another's imports; names that are not there, or of another kind.
  OK(mote_linker_define_instance(linker, mote_string("host"), world.instance));
  mote_func_t none = twice;
  CHECK(!mote_instance_func(instance, mote_string("memory"), &none) && none.private_handle == NULL);
  CHECK(!mote_instance_memory(instance, mote_string("sum"), &memory) && !mote_instance_table(instance, mote_string("sum"), &table));
  CHECK(!mote_instance_global(instance, mote_string("sum"), &global) && !mote_instance_func(instance, mote_string("sum"), NULL));
  const mote_instance_t no_instance = {NULL, NULL};
  CHECK(!mote_instance_func(no_instance, mote_string("sum"), &none) && mote_instance_module(no_instance) == NULL);

  REFUSED(mote_linker_define_func(linker, env, mote_string("none"), none), MOTE_ERROR_BAD_INPUT, "definition is NULL or empty");
  REFUSED(mote_linker_define_memory(NULL, env, env, memory), MOTE_ERROR_BAD_INPUT, "linker is NULL");
  REFUSED(mote_linker_define_instance(linker, env, no_instance), MOTE_ERROR_BAD_INPUT, "instance is NULL or empty");
  REFUSED(mote_linker_define_shared_memory(linker, env, env, NULL), MOTE_ERROR_BAD_INPUT, "memory is NULL");
  const mote_string_t nowhere = {NULL, 5};
  REFUSED(mote_linker_define_table(linker, nowhere, env, table), MOTE_ERROR_BAD_INPUT, "module is NULL");
  REFUSED(mote_linker_define_host_func(linker, env, env, &unary, NULL, &counts, count_destroyed), MOTE_ERROR_BAD_INPUT,
          "host is NULL");
  CHECK(counts.destroyed == 1);  // what failed has given its data back
  const mote_value_kind_t odd[] = {0};
  mote_func_type_t odd_type = {.size = sizeof odd_type, .params = odd, .param_count = 1};
  REFUSED(mote_func_create(world.store, &odd_type, host_twice, &counts, count_destroyed, &none), MOTE_ERROR_BAD_INPUT, "no kind");
  odd_type.params = NULL;
  REFUSED(mote_func_create(world.store, &odd_type, host_twice, NULL, NULL, &none), MOTE_ERROR_BAD_INPUT, "params is NULL");
  odd_type.params = odd;
  odd_type.param_count = 5000;
  REFUSED(mote_func_create(world.store, &odd_type, host_twice, NULL, NULL, &none), MOTE_ERROR_LIMIT, "at most 1000");
  CHECK(counts.destroyed == 2);

  // A store of another engine.
  mote_engine_t* other = NULL;
  mote_store_t* foreign = NULL;
  OK(mote_engine_create(NULL, &other));
  OK(mote_store_create(other, NULL, &foreign));
  REFUSED(mote_linker_instantiate(linker, foreign, module, &instance), MOTE_ERROR_BAD_INPUT, "different engines");
  mote_store_delete(foreign);
  mote_engine_delete(other);
  mote_linker_delete(linker);
  REFUSED(mote_linker_create(NULL, &linker), MOTE_ERROR_BAD_INPUT, "engine is NULL");
  mote_linker_delete(linker);
  mote_module_delete(module);
  end(&world);
  CHECK(counts.destroyed == 3);
}

// ---- Ending guests, and leaving them ----

static void pause_ms(long ms) {
  const struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

static void test_fuel_and_epochs(void) {
  struct World world;
  mote_engine_config_t config = {.size = sizeof config, .fuel = MOTE_ON, .epochs = MOTE_ON, .tiering = MOTE_TIERING_BASELINE};
  create(&world, &config);
  OK(mote_store_set_epoch_deadline(world.store, 1));
  OK(mote_store_set_fuel(world.store, 10000));
  TRAPS(mote_func_call(find(&world, "spin"), NULL, 0, NULL, 0), MOTE_TRAP_OUT_OF_FUEL);
  CHECK(mote_store_fuel(world.store) <= 0 && mote_store_fuel(NULL) == 0);
  OK(mote_store_set_fuel(world.store, INT64_MAX));
  mote_engine_increment_epoch(world.engine);
  TRAPS(mote_func_call(find(&world, "spin"), NULL, 0, NULL, 0), MOTE_TRAP_INTERRUPT);
  end(&world);
  create(&world, NULL);
  REFUSED(mote_store_set_fuel(world.store, 1), MOTE_ERROR_BAD_INPUT, "MOTE_ON");
  REFUSED(mote_store_set_epoch_deadline(world.store, 1), MOTE_ERROR_BAD_INPUT, "MOTE_ON");
  REFUSED(mote_store_set_fuel(NULL, 1), MOTE_ERROR_BAD_INPUT, "store is NULL");
  REFUSED(mote_store_set_epoch_deadline(NULL, 1), MOTE_ERROR_BAD_INPUT, "store is NULL");
  mote_store_limits_t limits = {.size = sizeof limits, .instances = 1ull << 40};
  mote_store_t* store = NULL;
  REFUSED(mote_store_create(world.engine, &limits, &store), MOTE_ERROR_LIMIT, "max-instances");
  REFUSED(mote_store_create(NULL, NULL, &store), MOTE_ERROR_BAD_INPUT, "engine is NULL");
  CHECK(mote_store_data(NULL) == NULL);
  mote_store_set_data(NULL, NULL);
  mote_store_delete(NULL);
  end(&world);
}

static void mark(void* data) {
  *(volatile int*)data += 1;
}
static void* stop_later(void* stopper) {
  pause_ms(20);
  CHECK(mote_stopper_stop(stopper, mote_string("enough"), 10000000000u));
  return NULL;
}

static void test_stopping(void) {
  if (holds_signals_back) {
    ++skipped;
    return;
  }
  struct World world;
  create(&world, NULL);
  mote_stopper_t *stopper = NULL, *same = NULL;
  volatile int woken = 0, began = 0, destroyed = 0;
  OK(mote_store_stopper(world.store, &stopper));
  OK(mote_store_on_stop(world.store, mark, (void*)&woken, NULL));
  CHECK(mote_stopper_cpu_time_ns(stopper) == 0);
  CHECK(mote_stopper_notify_when_running(stopper, mark, (void*)&began, mark));
  CHECK(mote_stopper_notify_when_running(stopper, NULL, NULL, NULL) && began == 1);  // destroyed, not called: both are `mark`
  CHECK(mote_stopper_notify_when_running(stopper, mark, (void*)&destroyed, NULL));
  mote_value_t result;
  OK(call_add(&world, 1, 2, &result));
  CHECK(destroyed == 1);  // called once
  same = mote_stopper_share(stopper);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, stop_later, same) == 0);
  mote_failure_t* trap = mote_func_call(find(&world, "spin"), NULL, 0, NULL, 0);
  pthread_join(thread, NULL);
  CHECK(mote_failure_trap_kind(trap) == MOTE_TRAP_INTERRUPT && is_text(mote_failure_message(trap), "interrupted: enough"));
  mote_failure_delete(trap);
  CHECK(woken == 1 && mote_stopper_cpu_time_ns(same) > 0);
  TRAPS(call_add(&world, 1, 2, &result), MOTE_TRAP_INTERRUPT);  // for good
  mote_stopper_delete(same);
  end(&world);
  CHECK(mote_stopper_stop(stopper, mote_string("later"), 0));  // outlives its store
  mote_stopper_preempt(stopper);
  mote_stopper_delete(stopper);
  REFUSED(mote_store_stopper(NULL, &stopper), MOTE_ERROR_BAD_INPUT, "store is NULL");
  CHECK(!mote_stopper_stop(NULL, mote_string("never"), 0) && mote_stopper_cpu_time_ns(NULL) == 0 &&
        mote_stopper_share(NULL) == NULL);
  CHECK(!mote_stopper_notify_when_running(NULL, mark, (void*)&began, NULL));
  REFUSED(mote_store_on_stop(NULL, mark, (void*)&woken, NULL), MOTE_ERROR_BAD_INPUT, "store is NULL");
  mote_stopper_preempt(NULL);
  mote_stopper_delete(NULL);
}

static void* cancel_later(void* store) {
  pause_ms(20);
  mote_store_cancel_waits(store);
  return NULL;
}

// Two stores on one memory, of which one sleeps.
static void test_shared_memory(void) {
  mote_engine_t* engine = NULL;
  mote_module_t* module = NULL;
  mote_linker_t* linker = NULL;
  mote_shared_memory_t* memory = NULL;
  mote_store_t* stores[2];
  mote_instance_t instances[2];
  const mote_memory_type_t type = {.size = sizeof type, .min_pages = 1, .max_pages = 2, .has_max = 1};
  OK(mote_engine_create(NULL, &engine));
  OK(mote_module_compile(engine, waits, mote_string("waits"), &module));
  OK(mote_linker_create(engine, &linker));
  OK(mote_shared_memory_create(engine, &type, NULL, &memory));
  OK(mote_linker_define_shared_memory(linker, mote_string("env"), mote_string("memory"), memory));
  for (int i = 0; i < 2; ++i) {
    OK(mote_store_create(engine, NULL, &stores[i]));
    OK(mote_linker_instantiate(linker, stores[i], module, &instances[i]));
  }
  mote_func_t store_func, wait_func;
  CHECK(mote_instance_func(instances[0], mote_string("store"), &store_func));
  CHECK(mote_instance_func(instances[1], mote_string("wait"), &wait_func));
  const mote_value_t number = mote_value_i32(77);
  OK(mote_func_call(store_func, &number, 1, NULL, 0));
  CHECK(mote_shared_memory_data(memory)[16] == 77);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, cancel_later, stores[1]) == 0);
  mote_value_t result;
  TRAPS(mote_func_call(wait_func, NULL, 0, &result, 1), MOTE_TRAP_INTERRUPT);
  pthread_join(thread, NULL);
  mote_store_cancel_waits(NULL);
  mote_linker_delete(linker);
  mote_store_delete(stores[0]);
  mote_store_delete(stores[1]);
  mote_shared_memory_delete(memory);
  mote_module_delete(module);
  mote_engine_delete(engine);
}

struct Work {
  mote_func_t func;
  mote_value_t args[1];
  size_t arg_count;
  mote_failure_t* failure;
  mote_task_t* task;
  int parks, destroyed;
};
static void work(void* data) {
  struct Work* self = data;
  if (mote_task_park(self->task)) ++self->parks;
  mote_task_step_t step = 99;
  REFUSED(mote_task_resume(self->task, &step), MOTE_ERROR_BAD_INPUT, "runs");
  CHECK(step == 0);
  self->failure = mote_func_call(self->func, self->args, self->arg_count, NULL, 0);
}
static void end_work(void* data) {
  ++((struct Work*)data)->destroyed;
}
static void* preempt_later(void* stopper) {
  for (int i = 0; i < 5; ++i) {
    pause_ms(20);
    mote_stopper_preempt(stopper);
  }
  return NULL;
}

static void test_tasks(void) {
  struct World world;
  create(&world, NULL);
  struct Work notes = {.func = find(&world, "notes"), .args = {mote_value_i32(3)}, .arg_count = 1};
  mote_task_step_t step = 0;
  OK(mote_task_create(world.store, work, &notes, end_work, &notes.task));
  CHECK(!mote_task_has_ended(notes.task) && !mote_task_park(notes.task));
  for (int turn = 0; turn < 4; ++turn) {
    OK(mote_task_resume(notes.task, &step));
    CHECK(step == MOTE_TASK_PARKED && world.host.notes == turn);
  }
  OK(mote_task_resume(notes.task, &step));
  CHECK(step == MOTE_TASK_ENDED && mote_task_has_ended(notes.task) && notes.parks == 1 && world.host.parks == 3 &&
        notes.failure == NULL);
  REFUSED(mote_task_resume(notes.task, NULL), MOTE_ERROR_BAD_INPUT, "ended");
  mote_task_delete(notes.task);
  CHECK(notes.destroyed == 1);
  REFUSED(mote_task_create(world.store, NULL, &notes, end_work, &notes.task), MOTE_ERROR_BAD_INPUT, "work is NULL");
  CHECK(notes.destroyed == 2);
  CHECK(!mote_task_has_ended(NULL) && !mote_task_park(NULL));
  REFUSED(mote_task_resume(NULL, &step), MOTE_ERROR_BAD_INPUT, "task is NULL");
  mote_task_delete(NULL);
  end(&world);
}

static void test_preemption(void) {
  if (holds_signals_back) {
    ++skipped;
    return;
  }
  struct World world;
  create(&world, NULL);
  mote_task_step_t step = 0;
  struct Work spins = {.func = find(&world, "spin")};
  mote_stopper_t* stopper = NULL;
  pthread_t thread;
  OK(mote_task_create(world.store, work, &spins, end_work, &spins.task));
  OK(mote_store_stopper(world.store, &stopper));
  OK(mote_task_resume(spins.task, &step));
  CHECK(step == MOTE_TASK_PARKED);
  CHECK(pthread_create(&thread, NULL, preempt_later, stopper) == 0);
  OK(mote_task_resume(spins.task, &step));
  CHECK(step == MOTE_TASK_PREEMPTED && !mote_task_has_ended(spins.task));
  pthread_join(thread, NULL);
  mote_task_delete(spins.task);  // stops the guest
  CHECK(mote_failure_trap_kind(spins.failure) == MOTE_TRAP_INTERRUPT && spins.destroyed == 1);
  mote_failure_delete(spins.failure);
  mote_stopper_delete(stopper);
  end(&world);
}

static void test_callers_that_are_none(void) {
  size_t size = 1;
  CHECK(mote_caller_store(NULL) == NULL && mote_caller_data(NULL) == NULL && mote_caller_memory(NULL, &size) == NULL && size == 0);
  CHECK(mote_caller_memory_at(NULL, 0, 0) == NULL && !mote_caller_park(NULL) && !mote_caller_may_park(NULL));
  CHECK(mote_buffer_bytes(NULL).data == NULL);
  mote_buffer_delete(NULL);
}

int main(void) {
  guest = bytes_of_hex(guest_hex);
  imports = bytes_of_hex(imports_hex);
  waits = bytes_of_hex(waits_hex);
  test_words();
  test_failures();
  test_callers_that_are_none();
  test_engine();
  mote_engine_t* engine = NULL;
  OK(mote_engine_create(NULL, &engine));
  test_modules(engine);
  mote_engine_delete(engine);
#ifdef MOTE_TEST_COMPILER
  test_ahead_of_time(MOTE_TEST_COMPILER);
#else
  ++skipped;
#endif
  test_calls();
  test_traps();
  test_references();
  test_memories();
  test_tables_and_globals();
  test_linking();
  test_fuel_and_epochs();
  test_stopping();
  test_shared_memory();
  test_tasks();
  test_preemption();
  free((void*)guest.data);
  free((void*)imports.data);
  free((void*)waits.data);
  printf("%d passed, %d failed, %d skipped\n", passed, failed_checks, skipped);
  return failed_checks != 0;
}
