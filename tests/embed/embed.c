// A C program against an installed Mote alone: loads a guest, gives it two functions, sees it return, trap, pass on an exception
// and run out of fuel. tests/embed/run builds it in every way there is, and compares what it prints with embed.expect.
#include <mote.h>
#include <stdio.h>
#include <stdlib.h>

static void must(mote_failure_t* failure) {
  if (failure == NULL) return;
  fprintf(stderr, "%s\n", mote_failure_text(failure).data);
  mote_failure_delete(failure);
  exit(1);
}

struct Host {
  int calls;
  mote_tag_t negative;
};

static mote_failure_t* add(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count, mote_value_t* results,
                           size_t result_count) {
  struct Host* host = data;
  (void)arg_count, (void)result_count;
  ++host->calls;
  if (args[0].of.i32 < 0) {
    mote_value_t exception;
    must(mote_exception_create(mote_caller_store(caller), host->negative, args, 1, &exception));
    return mote_failure_create_exception(&exception);
  }
  results[0] = mote_value_i32(args[0].of.i32 + args[1].of.i32);
  return NULL;
}

static mote_failure_t* log_text(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                mote_value_t* results, size_t result_count) {
  (void)data, (void)arg_count, (void)results, (void)result_count;
  const uint32_t size = (uint32_t)args[1].of.i32;
  const uint8_t* text = mote_caller_memory_at(caller, (uint32_t)args[0].of.i32, size);
  if (text == NULL) return mote_failure_create_trap(MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS, mote_string(NULL));
  printf("the guest says %.*s\n", (int)size, (const char*)text);
  return NULL;
}

static void say_destroyed(void* data) {
  printf("%d calls, then destroyed\n", ((struct Host*)data)->calls);
}

static mote_func_t find(mote_instance_t instance, const char* name) {
  mote_func_t func;
  if (!mote_instance_func(instance, mote_string(name), &func)) exit(1);
  return func;
}

static void show_failure(mote_failure_t* failure) {
  printf("%s\n", mote_failure_message(failure).data);
  mote_frame_t frame = {.size = sizeof frame};
  for (size_t i = 0; mote_failure_frame(failure, i, &frame); ++i)
    printf("  in %s!%s\n", frame.module_name.data, frame.func_name.data);
  mote_failure_delete(failure);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const mote_engine_config_t config = {.size = sizeof config, .fuel = MOTE_ON};
  const mote_store_limits_t limits = {.size = sizeof limits, .memory_size_bytes = 1 << 20};
  const mote_value_kind_t i32s[] = {MOTE_VALUE_I32, MOTE_VALUE_I32};
  const mote_func_type_t add_type = {.size = sizeof add_type, .params = i32s, .param_count = 2, .results = i32s, .result_count = 1};
  const mote_func_type_t log_type = {.size = sizeof log_type, .params = i32s, .param_count = 2};
  struct Host host = {.calls = 0};
  mote_engine_t* engine;
  mote_module_t* module;
  mote_linker_t* linker;
  mote_store_t* store;
  mote_instance_t instance;
  must(mote_engine_create(&config, &engine));
  must(mote_module_compile_file(engine, mote_string(argv[1]), &module));
  must(mote_linker_create(engine, &linker));
  must(mote_linker_define_host_func(linker, mote_string("host"), mote_string("add"), &add_type, add, &host, say_destroyed));
  must(mote_linker_define_host_func(linker, mote_string("host"), mote_string("log"), &log_type, log_text, NULL, NULL));
  must(mote_store_create(engine, &limits, &store));
  must(mote_store_set_fuel(store, 100000));
  must(mote_tag_create(store, i32s, 1, &host.negative));
  must(mote_linker_instantiate(linker, store, module, &instance));

  mote_value_t argument = mote_value_i32(40), result;
  must(mote_func_call(find(instance, "run"), &argument, 1, &result, 1));
  printf("40 + 2 = %d\n", (int)result.of.i32);
  must(mote_func_call(find(instance, "hello"), NULL, 0, NULL, 0));
  argument = mote_value_i32(0);
  show_failure(mote_func_call(find(instance, "divide"), &argument, 1, &result, 1));
  argument = mote_value_i32(-3);
  mote_failure_t* failure = mote_func_call(find(instance, "run"), &argument, 1, &result, 1);
  mote_value_t exception;
  if (mote_failure_exception(failure, &exception)) must(mote_object_get(store, &exception, 0, &result));
  printf("%s: %d\n", mote_failure_message(failure).data, (int)result.of.i32);
  mote_failure_delete(failure);
  failure = mote_func_call(find(instance, "spin"), NULL, 0, NULL, 0);
  printf("%s\n", mote_failure_trap_kind(failure) == MOTE_TRAP_OUT_OF_FUEL ? "out of fuel" : mote_failure_text(failure).data);
  mote_failure_delete(failure);

  mote_linker_delete(linker);
  mote_module_delete(module);
  mote_store_delete(store);
  mote_engine_delete(engine);
  printf("Mote %s\n", mote_version() == MOTE_VERSION ? "as its header says" : mote_version_text().data);
  return 0;
}
