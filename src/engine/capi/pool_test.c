// Pools of mote.h, from C11: each event begins with the template, whatever the one before did; nothing is allocated for it in the
// steady state. The guest (wat2wasm --enable-all --debug-names):
//
//   (module $pooled
//     (import "host" "add" (func $add (param i32 i32) (result i32)))
//     (memory (export "memory") 1 8)
//     (global $number (export "number") (mut i32) (i32.const 0))
//     (func (export "_initialize") (global.set $number (call $add (i32.const 40) (i32.const 1))))
//     (func (export "spin") (loop $again (br $again)))
//     (func (export "next") (result i32)
//       (global.set $number (i32.add (global.get $number) (i32.const 1)))
//       (i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
//       (i32.add (global.get $number) (i32.mul (i32.load (i32.const 4096)) (i32.const 100))))
//     (func (export "crash") (i32.store (i32.const 8192) (i32.const 1)) (unreachable))
//     (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1))))
#define MOTE_TEST_FILE "pool_test.c"
#include "words_testing.h"

#include <pthread.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOLDS_SIGNALS_BACK 1  // until the thread calls into it, which a guest never does
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ALLOCATOR_OF_ITS_OWN 1
#endif
#endif

static const char pooled_hex[] =
    "0061736d01000000010e0360027f7f017f6000006000017f020c0104686f737403616464000003060501010201000504010101080606017f0141000b"
    "073d07066d656d6f72790200066e756d62657203000b5f696e697469616c697a650001047370696e0002046e65787400030563726173680004036164"
    "6400050a50050a0041284101100024000b070003400c000b0b2500230041016a240041802041802028020041016a360200230041802028020041e400"
    "6c6a0b0c004180c0004101360200000b08002000200110000b0030046e616d65000706706f6f6c65640106010003616464020d060000010002000300"
    "0400050007090100066e756d626572";

// Counts what is allocated.
static unsigned long allocations = 0;
#ifndef HAS_ALLOCATOR_OF_ITS_OWN
extern void* __libc_malloc(size_t size);
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
#endif

struct World {
  mote_engine_t* engine;
  mote_module_t* module;
  mote_linker_t* linker;
  int stoppers, init_calls, destroyed;
};

static mote_failure_t* host_add(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                mote_value_t* results, size_t result_count) {
  struct World* world = data;
  (void)arg_count, (void)result_count;
  if (args[0].of.i32 == 40) {  // during initialization
    ++world->init_calls;
    CHECK(mote_caller_store(caller) == NULL && mote_caller_data(caller) == &world->init_calls);
  } else if (args[0].of.i32 == 7) {
    CHECK(mote_caller_store(caller) != NULL && mote_caller_data(caller) == &world->destroyed);
    return mote_failure_create_exit(args[1].of.i32);
  }
  results[0] = mote_value_i32(args[0].of.i32 + args[1].of.i32);
  return NULL;
}

static void count_destroyed(void* data) {
  ++((struct World*)data)->destroyed;
}

static void create(struct World* world, const mote_engine_config_t* config) {
  static const mote_value_kind_t i32s[] = {MOTE_VALUE_I32, MOTE_VALUE_I32};
  const mote_func_type_t type = {.size = sizeof type, .params = i32s, .param_count = 2, .results = i32s, .result_count = 1};
  const mote_bytes_t wasm = bytes_of_hex(pooled_hex);
  memset(world, 0, sizeof *world);
  OK(mote_engine_create(config, &world->engine));
  OK(mote_module_compile(world->engine, wasm, mote_string("pooled"), &world->module));
  OK(mote_linker_create(world->engine, &world->linker));
  OK(mote_linker_define_host_func(world->linker, mote_string("host"), mote_string("add"), &type, host_add, world, count_destroyed));
  free((void*)wasm.data);
}

static void end(struct World* world) {
  mote_linker_delete(world->linker);
  mote_module_delete(world->module);
  mote_engine_delete(world->engine);
  CHECK(world->destroyed == 1);
}

static mote_failure_t* run(const mote_lease_t* lease, const char* name, int32_t* result) {
  mote_func_t func;
  mote_value_t value = mote_value_i32(-1);
  if (!mote_instance_func(mote_lease_instance(lease, 0), mote_string(name), &func)) exit(1);
  mote_failure_t* failure = mote_func_call(func, NULL, 0, &value, 1);
  *result = value.of.i32;
  return failure;
}

// An event in a sandbox of its own: what `next` gives.
static int32_t event(mote_worker_t* worker) {
  mote_lease_t* lease = NULL;
  int32_t result = -1;
  mote_failure_t* failure = mote_worker_acquire(worker, &lease);
  if (failure == NULL) failure = run(lease, "next", &result);
  mote_lease_release(lease);
  OK(failure);
  return result;
}

static void test_events(mote_memory_mode_t mode, mote_choice_t copies_whole) {
  struct World world;
  const mote_engine_config_t engine_config = {.size = sizeof engine_config, .memory_mode = mode};
  create(&world, &engine_config);
  const mote_pool_member_t members[] = {{mote_string("pooled"), world.module}};
  const mote_pool_config_t config = {.size = sizeof config,
                                     .members = members,
                                     .member_count = 1,
                                     .init_data = &world.init_calls,
                                     .copies_whole = copies_whole,
                                     .sandboxes = 2};
  mote_pool_t *pool = NULL, *same = NULL;
  mote_worker_t* worker = NULL;
  OK(mote_pool_create(world.engine, world.linker, &config, &pool));
  CHECK(world.init_calls == 1);
  same = mote_pool_share(pool);
  mote_pool_delete(pool);
  OK(mote_worker_create(same, &worker));
  OK(mote_worker_arm(worker, 1));
  mote_pool_report_t report = {.size = sizeof report};
  CHECK(mote_pool_report(same, &report) && report.sandboxes == 1 && report.packed == 0);
  CHECK(report.tracking.size >= 5 && (copies_whole != MOTE_ON || strstr(report.tracking.data, "copy: as configured") != NULL));

  for (int i = 0; i < 20; ++i) CHECK(event(worker) == 42 + 100);
  const unsigned long before = allocations;
  int32_t sum = 0;
  for (int i = 0; i < 1000; ++i) sum += event(worker);
  CHECK(sum == 142000 && allocations == before);
#ifndef HAS_ALLOCATOR_OF_ITS_OWN
  CHECK(before > 0);
#endif

  // A trap and an exit are the end of one event.
  mote_lease_t *lease = NULL, *second = NULL, *third = NULL;
  int32_t result = 0;
  OK(mote_worker_acquire(worker, &lease));
  TRAPS(run(lease, "crash", &result), MOTE_TRAP_UNREACHABLE);
  mote_lease_release(lease);
  OK(mote_worker_acquire(worker, &lease));
  mote_memory_t memory;
  CHECK(mote_instance_memory(mote_lease_instance(lease, 0), mote_string("memory"), &memory) && mote_memory_data(memory)[8192] == 0);
  mote_store_set_data(mote_lease_store(lease), &world.destroyed);
  mote_func_t add;
  CHECK(mote_instance_func(mote_lease_instance(lease, 0), mote_string("add"), &add));
  const mote_value_t args[] = {mote_value_i32(7), mote_value_i32(5)};
  mote_value_t value;
  mote_failure_t* left = mote_func_call(add, args, 2, &value, 1);
  CHECK(mote_failure_kind(left) == MOTE_FAILURE_EXIT && mote_failure_exit_status(left) == 5);
  mote_failure_delete(left);
  mote_store_delete(mote_lease_store(lease));  // not the caller's to delete: nothing happens

  // Two at once are apart; there is no third.
  OK(mote_worker_acquire(worker, &second));
  CHECK(mote_store_data(mote_lease_store(second)) == NULL && mote_store_data(mote_lease_store(lease)) == &world.destroyed);
  OK(run(lease, "next", &result));
  OK(run(lease, "next", &result));
  CHECK(result == 43 + 200);
  OK(run(second, "next", &result));
  CHECK(result == 42 + 100);
  REFUSED(mote_worker_acquire(worker, &third), MOTE_ERROR_LIMIT, "pool-sandboxes");
  mote_lease_release(second);

  // Packed, and taken up again, by another worker.
  mote_packed_t* packed = NULL;
  OK(mote_lease_pack(lease, &packed));
  CHECK(mote_packed_size_bytes(packed) > 0 && mote_pool_report(same, &report) && report.packed == 1 && report.packed_bytes > 0);
  CHECK(event(worker) == 142);
  mote_worker_tend(worker);
  mote_worker_delete(worker);
  OK(mote_worker_create(same, &worker));
  OK(mote_worker_unpack(worker, packed, &lease));
  OK(run(lease, "next", &result));
  CHECK(result == 44 + 300);
  OK(mote_lease_pack(lease, &packed));
  mote_packed_delete(packed);
  OK(mote_worker_acquire(worker, &lease));
  OK(mote_store_new_externref(mote_lease_store(lease), 1, &value));
  REFUSED(mote_lease_pack(lease, &packed), MOTE_ERROR_UNSUPPORTED, "packed");
  CHECK(packed == NULL && mote_lease_store(lease) != NULL);  // the lease is as it was
  mote_pool_delete(same);
  mote_worker_delete(worker);  // with a lease that still lives
  end(&world);
}

static void keep_stopper(void* data, const mote_stopper_t* stopper) {
  struct World* world = data;
  mote_stopper_t* kept = mote_stopper_share(stopper);
  ++world->stoppers;
  mote_stopper_delete(kept);
}

// Fuel is each event's own; functions that initialize are those that were named.
static void test_fuel(void) {
  struct World world;
  const mote_engine_config_t engine_config = {.size = sizeof engine_config, .fuel = MOTE_ON, .tiering = MOTE_TIERING_BASELINE};
  create(&world, &engine_config);
  const mote_pool_member_t members[] = {{mote_string("pooled"), world.module}};
  const mote_string_t none[] = {{NULL, 0}};
  mote_pool_config_t config = {.size = sizeof config,
                               .members = members,
                               .member_count = 1,
                               .fuel = 10000,
                               .init = none,
                               .before_init = keep_stopper,
                               .before_init_data = &world};
  mote_pool_t* pool = NULL;
  mote_worker_t* worker = NULL;
  mote_lease_t* lease = NULL;
  OK(mote_pool_create(world.engine, world.linker, &config, &pool));
  CHECK(world.stoppers == 1 && world.init_calls == 0);
  OK(mote_worker_create(pool, &worker));
  for (int i = 0; i < 3; ++i) {
    int32_t result = 0;
    OK(mote_worker_acquire(worker, &lease));
    CHECK(mote_store_fuel(mote_lease_store(lease)) == 10000);
    TRAPS(run(lease, "spin", &result), MOTE_TRAP_OUT_OF_FUEL);
    mote_lease_release(lease);
    CHECK(event(worker) == 1 + 100);
  }
  mote_worker_delete(worker);
  mote_pool_delete(pool);
  const mote_string_t spin[] = {mote_string("next"), mote_string("crash")};
  config.init = spin;
  config.init_count = 2;
  mote_failure_t* failure = mote_pool_create(world.engine, world.linker, &config, &pool);
  CHECK(failure != NULL && pool == NULL);
  mote_failure_delete(failure);
  end(&world);
}

#ifndef HOLDS_SIGNALS_BACK
static void* stop(void* stopper) {
  CHECK(mote_stopper_stop(stopper, mote_string("enough"), 10000000000u));
  return NULL;
}
// A stopper of one event does nothing to the next.
static void test_stopping(void) {
  struct World world;
  create(&world, NULL);
  const mote_pool_member_t members[] = {{mote_string("pooled"), world.module}};
  const mote_pool_config_t config = {.size = sizeof config, .members = members, .member_count = 1, .init_data = &world.init_calls};
  mote_pool_t* pool = NULL;
  mote_worker_t* worker = NULL;
  mote_lease_t* lease = NULL;
  mote_stopper_t* stopper = NULL;
  pthread_t thread;
  int32_t result = 0;
  OK(mote_pool_create(world.engine, world.linker, &config, &pool));
  OK(mote_worker_create(pool, &worker));
  OK(mote_worker_acquire(worker, &lease));
  OK(mote_store_stopper(mote_lease_store(lease), &stopper));
  CHECK(pthread_create(&thread, NULL, stop, stopper) == 0);
  TRAPS(run(lease, "spin", &result), MOTE_TRAP_INTERRUPT);
  pthread_join(thread, NULL);
  mote_lease_release(lease);
  CHECK(event(worker) == 142);
  OK(mote_worker_acquire(worker, &lease));
  mote_stopper_stop(stopper, mote_string("late"), 0);
  OK(run(lease, "next", &result));
  mote_lease_release(lease);
  mote_stopper_delete(stopper);
  mote_worker_delete(worker);
  mote_pool_delete(pool);
  end(&world);
}
#endif

static void test_refusals(void) {
  struct World world;
  create(&world, NULL);
  const mote_pool_member_t members[] = {{mote_string("pooled"), world.module}, {mote_string("none"), NULL}};
  const mote_store_limits_t small = {.size = sizeof small, .memory_size_bytes = 1000};
  mote_pool_config_t config = {.size = sizeof config, .members = members, .member_count = 2};
  mote_pool_t* pool = NULL;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_BAD_INPUT, "member 1 has no module");
  config.member_count = 0;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_BAD_INPUT, "members is NULL or empty");
  config.member_count = 1;
  config.sandboxes = 1ull << 40;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_LIMIT, "pool-sandboxes");
  config.sandboxes = 0;
  config.copies_whole = 7;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_BAD_INPUT, "copies_whole is 7");
  config.copies_whole = MOTE_OFF;
  config.reserved = 1;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_BAD_INPUT, "reserved");
  config.reserved = 0;
  config.limits = &small;
  REFUSED(mote_pool_create(world.engine, world.linker, &config, &pool), MOTE_ERROR_LIMIT, "pool-memory-size");
  config.limits = NULL;
  mote_linker_t* empty = NULL;
  OK(mote_linker_create(world.engine, &empty));
  REFUSED(mote_pool_create(world.engine, empty, &config, &pool), MOTE_ERROR_NOT_FOUND, "unknown import");
  mote_linker_delete(empty);
  REFUSED(mote_pool_create(world.engine, world.linker, NULL, &pool), MOTE_ERROR_BAD_INPUT, "config is NULL");
  REFUSED(mote_pool_create(world.engine, NULL, &config, &pool), MOTE_ERROR_BAD_INPUT, "linker is NULL");
  CHECK(pool == NULL && mote_pool_share(NULL) == NULL && !mote_pool_report(NULL, NULL));

  mote_worker_t* worker = NULL;
  mote_lease_t* lease = NULL;
  mote_packed_t* packed = NULL;
  REFUSED(mote_worker_create(NULL, &worker), MOTE_ERROR_BAD_INPUT, "pool is NULL");
  REFUSED(mote_worker_acquire(NULL, &lease), MOTE_ERROR_BAD_INPUT, "worker is NULL");
  REFUSED(mote_worker_arm(NULL, 1), MOTE_ERROR_BAD_INPUT, "worker is NULL");
  REFUSED(mote_worker_unpack(NULL, NULL, &lease), MOTE_ERROR_BAD_INPUT, "worker is NULL");
  REFUSED(mote_lease_pack(NULL, &packed), MOTE_ERROR_BAD_INPUT, "lease is NULL");
  CHECK(mote_lease_store(NULL) == NULL && mote_lease_instance(NULL, 0).private_handle == NULL && mote_packed_size_bytes(NULL) == 0);
  mote_worker_tend(NULL);
  mote_lease_release(NULL);
  mote_packed_delete(NULL);
  mote_worker_delete(NULL);
  mote_pool_delete(NULL);
  end(&world);
}

int main(void) {
  test_events(MOTE_MEMORY_GUARD, MOTE_DEFAULT);
  test_events(MOTE_MEMORY_DENSE, MOTE_DEFAULT);
  test_events(MOTE_MEMORY_DENSE, MOTE_ON);
  test_fuel();
#ifdef HOLDS_SIGNALS_BACK
  ++skipped;
#else
  test_stopping();
#endif
  test_refusals();
  printf("%d passed, %d failed, %d skipped\n", passed, failed_checks, skipped);
  return failed_checks != 0;
}
