// A program with plug-ins: each line of standard input goes through one, and the answer to standard output. The plug-in is a
// WebAssembly module that nobody trusts; whatever it does, this program goes on. `:load FILE` replaces it while running.
//
//   plugin-host PLUGIN.wasm <lines
//
// A plug-in exports a memory, `buffer() -> i32` (where a line of at most 4096 bytes may lie in it) and `on_line(size: i32) -> i32`
// (handles the line there, leaves the answer there, returns its size; less than 0: no answer). It may import `host.log(address,
// size)` and `host.line_number() -> i64`. It gets 1 MiB of memory, 64 KiB of stack and 200 ms for each line. After a failure the
// next line gets a fresh one of it.
#include <mote.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { line_bytes = 4096, log_bytes = 200, most_ms = 200, most_module_bytes = 16 << 20 };

// ---- A thread that stops what takes too long ----

struct Watchdog {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  mote_stopper_t* watched;  // NULL: nothing runs
  struct timespec deadline;
  bool has_ended;
};

static void* watch(void* data) {
  struct Watchdog* dog = data;
  pthread_mutex_lock(&dog->mutex);
  while (!dog->has_ended) {
    if (dog->watched == NULL) {
      pthread_cond_wait(&dog->changed, &dog->mutex);
    } else if (pthread_cond_timedwait(&dog->changed, &dog->mutex, &dog->deadline) != 0 && dog->watched != NULL) {
      mote_stopper_stop(dog->watched, mote_string("took more than 200 ms"), 0);
      dog->watched = NULL;
    }
  }
  pthread_mutex_unlock(&dog->mutex);
  return NULL;
}

static void watch_this(struct Watchdog* dog, mote_stopper_t* stopper) {
  pthread_mutex_lock(&dog->mutex);
  clock_gettime(CLOCK_MONOTONIC, &dog->deadline);
  dog->deadline.tv_nsec += most_ms * 1000000L;
  dog->deadline.tv_sec += dog->deadline.tv_nsec / 1000000000L;
  dog->deadline.tv_nsec %= 1000000000L;
  dog->watched = stopper;
  pthread_cond_signal(&dog->changed);
  pthread_mutex_unlock(&dog->mutex);
}

static bool start_watchdog(struct Watchdog* dog) {
  pthread_condattr_t attributes;
  pthread_mutex_init(&dog->mutex, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&dog->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  return pthread_create(&dog->thread, NULL, watch, dog) == 0;
}

static void end_watchdog(struct Watchdog* dog) {
  pthread_mutex_lock(&dog->mutex);
  dog->has_ended = true;
  pthread_cond_signal(&dog->changed);
  pthread_mutex_unlock(&dog->mutex);
  pthread_join(dog->thread, NULL);
}

// ---- The host and its plug-in ----

struct Host {
  mote_engine_t* engine;
  mote_linker_t* linker;
  struct Watchdog dog;
  int64_t line_number;
};

// A module, and the store in which it runs at present.
struct Plugin {
  char name[64];
  mote_module_t* module;
  mote_store_t* store;  // NULL: the next line makes one
  mote_stopper_t* stopper;
  mote_memory_t memory;
  mote_func_t on_line;
  uint32_t buffer;
};

// What went wrong, in one line; a trap with the functions that it was in.
static void tell(const char* name, const char* what, mote_failure_t* failure) {
  printf("[%s: %s%s%s", name, what, failure ? ": " : "", failure ? mote_failure_message(failure).data : "");
  mote_frame_t frame = {.size = sizeof frame};
  for (size_t i = 0; i < 3 && mote_failure_frame(failure, i, &frame); ++i) {
    printf("%s%s", i == 0 ? ", in " : " < ", frame.func_name.size != 0 ? frame.func_name.data : "?");
  }
  printf("]\n");
  mote_failure_delete(failure);
}

// host.log: an address and a size from a stranger.
static mote_failure_t* host_log(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                mote_value_t* results, size_t result_count) {
  (void)data, (void)arg_count, (void)results, (void)result_count;
  const struct Plugin* plugin = mote_caller_data(caller);
  const uint32_t size = (uint32_t)args[1].of.i32;
  const uint8_t* text = mote_caller_memory_at(caller, (uint32_t)args[0].of.i32, size);
  if (text == NULL)
    return mote_failure_create_trap(MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS, mote_string("host.log got a bad address"));
  printf("[%s says ", plugin->name);
  for (uint32_t i = 0; i < size && i < log_bytes; ++i) putchar(text[i] >= ' ' && text[i] < 127 ? text[i] : '?');
  printf("]\n");
  return NULL;
}

// host.line_number
static mote_failure_t* host_line_number(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                        mote_value_t* results, size_t result_count) {
  const struct Host* host = data;
  (void)caller, (void)args, (void)arg_count, (void)result_count;
  results[0] = mote_value_i64(host->line_number);
  return NULL;
}

static mote_failure_t* create_host(struct Host* host) {
  static const mote_value_kind_t i32s[] = {MOTE_VALUE_I32, MOTE_VALUE_I32}, i64s[] = {MOTE_VALUE_I64};
  const mote_func_type_t log_type = {.size = sizeof log_type, .params = i32s, .param_count = 2};
  const mote_func_type_t number_type = {.size = sizeof number_type, .results = i64s, .result_count = 1};
  const mote_string_t module = mote_string("host");
  mote_failure_t* failure = mote_engine_create(NULL, &host->engine);
  if (failure == NULL) failure = mote_linker_create(host->engine, &host->linker);
  if (failure == NULL)
    failure = mote_linker_define_host_func(host->linker, module, mote_string("log"), &log_type, host_log, NULL, NULL);
  if (failure == NULL) {
    failure =
        mote_linker_define_host_func(host->linker, module, mote_string("line_number"), &number_type, host_line_number, host, NULL);
  }
  return failure;
}

static mote_failure_t* error(const char* message) {
  return mote_failure_create_error(MOTE_ERROR_BAD_INPUT, mote_string(message));
}

static void leave_store(struct Plugin* plugin) {
  mote_stopper_delete(plugin->stopper);
  mote_store_delete(plugin->store);
  plugin->stopper = NULL;
  plugin->store = NULL;
}

static mote_failure_t* find_func(mote_instance_t instance, const char* name, const char* type, mote_func_t* func) {
  char text[128];
  if (!mote_instance_func(instance, mote_string(name), func)) {
    snprintf(text, sizeof text, "it exports no function %s %s", name, type);
    return error(text);
  }
  char actual[64];
  mote_func_type_text(*func, actual, sizeof actual);
  if (strcmp(actual, type) == 0) return NULL;
  snprintf(text, sizeof text, "its %s is %s, not %s", name, actual, type);
  return error(text);
}

// A fresh instance in a store of its own, and what the host needs of it. The start function of a module is code, too: it is
// watched.
static mote_failure_t* enter_store(struct Host* host, struct Plugin* plugin) {
  const mote_store_limits_t limits = {
      .size = sizeof limits, .memory_size_bytes = 1 << 20, .table_elements = 1000, .instances = 1, .wasm_stack_bytes = 64 << 10};
  mote_instance_t instance;
  mote_func_t buffer;
  mote_value_t address;
  mote_failure_t* failure = mote_store_create(host->engine, &limits, &plugin->store);
  if (failure == NULL) failure = mote_store_stopper(plugin->store, &plugin->stopper);
  if (failure != NULL) return failure;
  mote_store_set_data(plugin->store, plugin);
  watch_this(&host->dog, plugin->stopper);
  failure = mote_linker_instantiate(host->linker, plugin->store, plugin->module, &instance);
  if (failure == NULL && !mote_instance_memory(instance, mote_string("memory"), &plugin->memory))
    failure = error("it exports no memory");
  if (failure == NULL) failure = find_func(instance, "on_line", "(i32) -> (i32)", &plugin->on_line);
  if (failure == NULL) failure = find_func(instance, "buffer", "() -> (i32)", &buffer);
  if (failure == NULL) failure = mote_func_call(buffer, NULL, 0, &address, 1);
  watch_this(&host->dog, NULL);
  if (failure == NULL) plugin->buffer = (uint32_t)address.of.i32;
  return failure;
}

static void unload(struct Plugin* plugin) {
  if (plugin == NULL) return;
  leave_store(plugin);
  mote_module_delete(plugin->module);
  free(plugin);
}

// Compiles and tries a plug-in. NULL, and said why, when it is of no use.
static struct Plugin* load(struct Host* host, const char* path) {
  struct Plugin* plugin = calloc(1, sizeof *plugin);
  if (plugin == NULL) return NULL;
  const char* slash = strrchr(path, '/');
  snprintf(plugin->name, sizeof plugin->name, "%s", slash ? slash + 1 : path);
  struct stat status;
  mote_failure_t* failure = NULL;
  if (stat(path, &status) == 0 && status.st_size > most_module_bytes) failure = error("the file has more than 16 MiB");
  if (failure == NULL) failure = mote_module_compile_file(host->engine, mote_string(path), &plugin->module);
  if (failure == NULL) failure = enter_store(host, plugin);
  if (failure == NULL) return plugin;
  tell(plugin->name, "not loaded", failure);
  unload(plugin);
  return NULL;
}

static mote_failure_t* handle(struct Host* host, struct Plugin* plugin, const char* line, size_t size) {
  mote_failure_t* failure = plugin->store != NULL ? NULL : enter_store(host, plugin);
  if (failure != NULL) return failure;
  uint8_t* buffer = mote_memory_at(plugin->memory, plugin->buffer, line_bytes);
  if (buffer == NULL) return error("its buffer does not lie in its memory");
  memcpy(buffer, line, size);
  const mote_value_t argument = mote_value_i32((int32_t)size);
  mote_value_t answer;
  watch_this(&host->dog, plugin->stopper);
  failure = mote_func_call(plugin->on_line, &argument, 1, &answer, 1);
  watch_this(&host->dog, NULL);
  if (failure != NULL || answer.of.i32 < 0) return failure;
  if (answer.of.i32 > line_bytes) return error("its answer is longer than a line");
  buffer = mote_memory_at(plugin->memory, plugin->buffer, line_bytes);  // the memory may have moved
  printf("%.*s\n", (int)answer.of.i32, (const char*)buffer);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 2) return fprintf(stderr, "usage: plugin-host PLUGIN.wasm <lines\n"), 2;
  struct Host host = {0};
  mote_failure_t* failure = create_host(&host);
  if (failure != NULL || !start_watchdog(&host.dog)) return tell("plugin-host", "cannot start", failure), 1;
  struct Plugin* plugin = load(&host, argv[1]);
  char line[line_bytes + 2];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const size_t size = strcspn(line, "\n");
    line[size] = 0;
    ++host.line_number;
    if (strncmp(line, ":load ", 6) == 0) {
      struct Plugin* next = load(&host, line + 6);
      if (next == NULL) continue;  // the old one goes on
      unload(plugin);
      plugin = next;
    } else if (plugin == NULL) {
      printf("[no plug-in]\n");
    } else if ((failure = handle(&host, plugin, line, size)) != NULL) {
      tell(plugin->name, "failed", failure);
      leave_store(plugin);
    }
    fflush(stdout);
  }
  unload(plugin);
  end_watchdog(&host.dog);
  mote_linker_delete(host.linker);
  mote_engine_delete(host.engine);
  return 0;
}
