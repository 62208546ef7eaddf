// Objects, tags and exceptions of mote.h, from C11: a host function throws and a guest catches, and the other way round; handles,
// their scopes and the collector; what is refused, and what nothing is done with NULL. The guest is engine/api/objects_testing.h.
#define MOTE_TEST_FILE "objects_test.c"
#include "engine/api/objects_testing.h"
#include "words_testing.h"

struct World {
  mote_engine_t* engine;
  mote_store_t* store;
  mote_linker_t* linker;
  mote_module_t* module;
  mote_instance_t instance;
  mote_tag_t error;
  enum { RETURNS, THROWS, THROWS_NOTHING, PASSES_ON, MAKES_PAIR } step;
  mote_value_t left;  // a handle that the host function leaves behind
};

static mote_func_t find(const struct World* world, const char* name) {
  mote_func_t func;
  CHECK(mote_instance_func(world->instance, mote_string(name), &func));
  return func;
}
static mote_failure_t* call(const struct World* world, const char* name, mote_value_t arg, mote_value_t* result) {
  return mote_func_call(find(world, name), &arg, 1, result, result == NULL ? 0 : 1);
}
static mote_value_t make_pair(const struct World* world, int32_t number, mote_value_t second) {
  const mote_value_t args[] = {mote_value_i32(number), second};
  mote_value_t pair;
  OK(mote_func_call(find(world, "pair"), args, 2, &pair, 1));
  return pair;
}
static int32_t number_of(const struct World* world, mote_value_t pair) {
  mote_value_t number = mote_value_i32(-1);
  OK(call(world, "number", pair, &number));
  return number.of.i32;
}

static mote_failure_t* host_step(void* data, mote_caller_t* caller, const mote_value_t* args, size_t arg_count,
                                 mote_value_t* results, size_t result_count) {
  struct World* world = data;
  CHECK(arg_count == 1 && result_count == 1);
  const mote_value_t payload[] = {mote_value_i32(args[0].of.i32 + 1), mote_value_f64(2.5)};
  mote_value_t exception = mote_value_null(MOTE_VALUE_EXNREF);
  switch (world->step) {
    case RETURNS:
      break;
    case THROWS:
      OK(mote_exception_create(mote_caller_store(caller), world->error, payload, 2, &exception));
      return mote_failure_create_exception(&exception);
    case THROWS_NOTHING:
      return mote_failure_create_exception(&exception);
    case PASSES_ON: {
      mote_failure_t* failure = call(world, "throw", args[0], NULL);
      CHECK(mote_failure_exception(failure, &exception) && exception.kind == MOTE_VALUE_EXNREF);
      return failure;
    }
    case MAKES_PAIR:
      world->left = make_pair(world, 3, mote_value_i31(4));
      results[0] = mote_value_i32(number_of(world, world->left));
      return NULL;
  }
  results[0] = args[0];
  return NULL;
}

static void create(struct World* world, const mote_store_limits_t* limits) {
  static const mote_value_kind_t kinds[] = {MOTE_VALUE_I32, MOTE_VALUE_F64};
  const mote_func_type_t unary = {.size = sizeof unary, .params = kinds, .param_count = 1, .results = kinds, .result_count = 1};
  const mote_bytes_t guest = bytes_of_hex(objects_hex);
  memset(world, 0, sizeof *world);
  OK(mote_engine_create(NULL, &world->engine));
  OK(mote_module_compile(world->engine, guest, mote_string("objects.wasm"), &world->module));
  OK(mote_store_create(world->engine, limits, &world->store));
  OK(mote_linker_create(world->engine, &world->linker));
  OK(mote_tag_create(world->store, kinds, 2, &world->error));
  OK(mote_linker_define_tag(world->linker, mote_string("host"), mote_string("error"), world->error));
  OK(mote_linker_define_host_func(world->linker, mote_string("host"), mote_string("step"), &unary, host_step, world, NULL));
  if (!OK(mote_linker_instantiate(world->linker, world->store, world->module, &world->instance))) exit(1);
  free((void*)guest.data);
}
static void end(struct World* world) {
  mote_linker_delete(world->linker);
  mote_store_delete(world->store);
  mote_module_delete(world->module);
  mote_engine_delete(world->engine);
}

static void test_exceptions(void) {
  struct World world;
  create(&world, NULL);
  mote_value_t result, exception;
  OK(call(&world, "catch", mote_value_i32(5), &result));
  CHECK(result.of.i32 == 5);
  world.step = THROWS;
  OK(call(&world, "catch", mote_value_i32(41), &result));
  CHECK(result.of.i32 == 42);
  world.step = PASSES_ON;
  OK(call(&world, "catch", mote_value_i32(12), &result));
  CHECK(result.of.i32 == 12);
  world.step = THROWS_NOTHING;
  REFUSED(call(&world, "catch", mote_value_i32(1), &result), MOTE_ERROR_BAD_INPUT, "no exception");

  mote_failure_t* failure = call(&world, "throw", mote_value_i32(42), NULL);
  CHECK(mote_failure_trap_kind(failure) == MOTE_TRAP_UNCAUGHT_EXCEPTION);
  CHECK(is_text(mote_failure_message(failure), "uncaught exception: a tag of the host's (i32 42, f64 1.5)"));
  CHECK(mote_failure_exception(failure, &exception) && exception.kind == MOTE_VALUE_EXNREF);
  mote_failure_delete(failure);  // the handle stays
  mote_tag_t tag, exported;
  OK(mote_exception_tag(world.store, &exception, &tag));
  CHECK(mote_instance_tag(world.instance, mote_string("error"), &exported) && mote_tag_is_same(tag, exported));
  mote_tag_t other;
  OK(mote_tag_create(world.store, NULL, 0, &other));
  CHECK(!mote_tag_is_same(tag, other) && mote_tag_payload(other, NULL, 0) == 0);
  mote_value_kind_t kinds[3] = {0, 0, 7};
  CHECK(mote_tag_payload(tag, kinds, 3) == 2 && kinds[0] == MOTE_VALUE_I32 && kinds[1] == MOTE_VALUE_F64 && kinds[2] == 7);
  mote_object_info_t info = {.size = sizeof info};
  OK(mote_object_info(world.store, &exception, &info));
  CHECK(info.kind == MOTE_OBJECT_EXCEPTION && info.count == 2);
  OK(mote_object_get(world.store, &exception, 1, &result));
  CHECK(result.kind == MOTE_VALUE_F64 && result.of.f64 == 1.5);
  TRAPS(call(&world, "rethrow", exception, NULL), MOTE_TRAP_UNCAUGHT_EXCEPTION);
  failure = mote_func_call(find(&world, "null"), NULL, 0, NULL, 0);
  CHECK(mote_failure_trap_kind(failure) == MOTE_TRAP_NULL_EXCEPTION_REFERENCE && !mote_failure_exception(failure, &exception));
  mote_failure_delete(failure);

  const mote_value_t number = mote_value_i32(1);
  const mote_value_kind_t odd = 77;
  const mote_tag_t none = {NULL, NULL};
  REFUSED(mote_failure_create_exception(&number), MOTE_ERROR_BAD_INPUT, "no exception: i32");
  REFUSED(mote_failure_create_exception(NULL), MOTE_ERROR_BAD_INPUT, "exception is NULL");
  REFUSED(mote_exception_create(world.store, world.error, &number, 1, &exception), MOTE_ERROR_BAD_INPUT, "1 values were given");
  REFUSED(mote_exception_create(world.store, none, NULL, 0, &exception), MOTE_ERROR_BAD_INPUT, "tag is NULL or empty");
  REFUSED(mote_exception_create(world.store, world.error, NULL, 2, &exception), MOTE_ERROR_BAD_INPUT, "payload is NULL");
  REFUSED(mote_exception_tag(world.store, &number, &tag), MOTE_ERROR_BAD_INPUT, "no object");
  REFUSED(mote_tag_create(world.store, &odd, 1, &tag), MOTE_ERROR_BAD_INPUT, "77 is no kind");
  REFUSED(mote_tag_create(NULL, NULL, 0, &tag), MOTE_ERROR_BAD_INPUT, "store is NULL");
  REFUSED(mote_linker_define_tag(world.linker, mote_string("a"), mote_string("b"), none), MOTE_ERROR_BAD_INPUT, "NULL or empty");
  CHECK(!mote_instance_tag(world.instance, mote_string("throw"), &tag) &&
        !mote_instance_tag(world.instance, mote_string("e"), NULL));
  CHECK(!mote_tag_is_same(none, none) && mote_tag_payload(none, kinds, 3) == 0);
  CHECK(!mote_failure_exception(NULL, &exception) && !mote_failure_exception(NULL, NULL));
  end(&world);
}

static void test_handles(void) {
  struct World world;
  create(&world, NULL);
  mote_value_t value, second;
  int32_t number = 0;
  const mote_value_t inner = make_pair(&world, 7, mote_value_i31(-9)), outer = make_pair(&world, 8, inner);
  OK(mote_store_collect(world.store));
  OK(call(&world, "churn", mote_value_i32(100000), NULL));
  mote_heap_use_t use = {.size = sizeof use};
  CHECK(mote_store_heap_use(world.store, &use) && use.collections >= 2 && use.used_bytes <= use.capacity_bytes);
  CHECK(number_of(&world, inner) == 7);
  OK(mote_object_get(world.store, &outer, 1, &value));
  CHECK(mote_object_is_same(world.store, &value, &inner) && !mote_object_is_same(world.store, &outer, &inner));
  OK(mote_object_get(world.store, &inner, 1, &second));
  CHECK(mote_value_to_i31(&second, &number) && number == -9);
  value = mote_value_i32(70);
  OK(mote_object_set(world.store, &inner, 0, &value));
  CHECK(number_of(&world, inner) == 70);
  value = inner;
  value.kind = MOTE_VALUE_EXTERNREF;
  CHECK(mote_object_is_same(world.store, &value, &inner));

  mote_scope_t* scope = NULL;
  OK(mote_scope_create(world.store, &scope));
  const mote_value_t gone = make_pair(&world, 1, mote_value_i31(0));
  mote_scope_delete(scope);
  REFUSED(mote_object_get(world.store, &gone, 0, &value), MOTE_ERROR_BAD_INPUT, "no object");
  world.step = MAKES_PAIR;
  OK(call(&world, "pass", mote_value_i32(0), &value));
  CHECK(value.of.i32 == 3);
  mote_object_info_t info = {.size = sizeof info};
  OK(mote_object_info(world.store, &world.left, &info));
  CHECK(info.kind == MOTE_OBJECT_NULL && info.count == 0);

  const mote_value_t null = mote_value_null(MOTE_VALUE_ANYREF);
  OK(mote_object_info(world.store, &second, &info));
  CHECK(info.kind == MOTE_OBJECT_I31);
  OK(mote_store_new_externref(world.store, 9, &value));
  OK(mote_object_info(world.store, &value, &info));
  CHECK(info.kind == MOTE_OBJECT_NUMBER);
  info.size = 1;
  REFUSED(mote_object_info(world.store, &null, &info), MOTE_ERROR_BAD_INPUT, "sizeof(mote_object_info_t)");
  REFUSED(mote_object_info(NULL, &null, &info), MOTE_ERROR_BAD_INPUT, "store is NULL");
  REFUSED(mote_object_get(world.store, NULL, 0, &value), MOTE_ERROR_BAD_INPUT, "object is NULL");
  REFUSED(mote_object_set(world.store, &inner, 0, NULL), MOTE_ERROR_BAD_INPUT, "value is NULL");
  REFUSED(mote_scope_create(NULL, &scope), MOTE_ERROR_BAD_INPUT, "store is NULL");
  REFUSED(mote_store_collect(NULL), MOTE_ERROR_BAD_INPUT, "store is NULL");
  CHECK(!mote_object_is_same(NULL, &inner, &inner) && !mote_object_is_same(world.store, NULL, &inner));
  CHECK(!mote_value_to_i31(&inner, &number) && number == 0 && !mote_value_to_i31(NULL, &number) &&
        !mote_value_to_i31(&second, NULL));
  CHECK(!mote_store_heap_use(NULL, &use) && !mote_store_heap_use(world.store, NULL));
  mote_scope_delete(NULL);
  end(&world);
}

static void test_objects_of_the_host(void) {
  struct World world, stranger;
  create(&world, NULL);
  mote_field_type_t fields[] = {{MOTE_VALUE_I32, 0, 1, 0}, {MOTE_VALUE_ANYREF, 0, 1, 0}};
  const mote_field_type_t byte = {MOTE_VALUE_I32, 8, 1, 0};
  mote_object_type_t pair, bytes;
  OK(mote_structure_type_create(world.engine, fields, 2, &pair));
  OK(mote_array_type_create(world.engine, &byte, &bytes));
  const mote_value_t values[] = {mote_value_i32(99), mote_value_i31(1)}, full = mote_value_i32(0x1ff);
  mote_value_t object, array, value;
  OK(mote_structure_create(world.store, pair, values, 2, &object));
  CHECK(object.kind == MOTE_VALUE_ANYREF && number_of(&world, object) == 99);
  OK(mote_array_create(world.store, bytes, 3, &full, &array));
  OK(mote_object_get(world.store, &array, 2, &value));
  CHECK(value.of.i32 == 0xff);
  mote_object_info_t info = {.size = sizeof info};
  OK(mote_object_info(world.store, &array, &info));
  CHECK(info.kind == MOTE_OBJECT_ARRAY && info.count == 3);
  char text[64], few[4];
  const mote_value_t of_guest = make_pair(&world, 1, object);
  CHECK(mote_object_type_text(world.store, &object, text, sizeof text) == strlen(text) && strstr(text, "struct") != NULL);
  char same[64];
  CHECK(mote_object_type_text(world.store, &of_guest, same, sizeof same) == strlen(text) && strcmp(same, text) == 0);
  CHECK(mote_object_type_text(world.store, &object, few, sizeof few) == strlen(text) && strlen(few) == 3);
  CHECK(mote_object_type_text(NULL, &object, few, sizeof few) == 0 && mote_object_type_text(world.store, NULL, NULL, 0) == 0);

  const mote_object_type_t none = {NULL, 0, 0};
  create(&stranger, NULL);
  REFUSED(mote_structure_create(stranger.store, pair, values, 2, &object), MOTE_ERROR_BAD_INPUT, "another engine");
  REFUSED(mote_structure_create(world.store, none, values, 2, &object), MOTE_ERROR_BAD_INPUT, "type is empty");
  REFUSED(mote_structure_create(world.store, bytes, values, 2, &object), MOTE_ERROR_BAD_INPUT, "no structure's");
  REFUSED(mote_structure_create(world.store, pair, NULL, 2, &object), MOTE_ERROR_BAD_INPUT, "fields is NULL");
  REFUSED(mote_structure_create(world.store, pair, values, 1, &object), MOTE_ERROR_BAD_INPUT, "1 values were given");
  REFUSED(mote_array_create(world.store, pair, 1, &full, &array), MOTE_ERROR_BAD_INPUT, "no array's");
  REFUSED(mote_array_create(world.store, bytes, 1, NULL, &array), MOTE_ERROR_BAD_INPUT, "element is NULL");
  fields[1].packed_bits = 8;
  REFUSED(mote_structure_type_create(world.engine, fields, 2, &pair), MOTE_ERROR_BAD_INPUT, "packed into 8 bits");
  fields[1].packed_bits = 264;  // 8 in a byte
  REFUSED(mote_structure_type_create(world.engine, fields, 2, &pair), MOTE_ERROR_BAD_INPUT, "field 1: ");
  fields[1].kind = 0;
  REFUSED(mote_array_type_create(world.engine, &fields[1], &bytes), MOTE_ERROR_BAD_INPUT, "0 is no kind");
  REFUSED(mote_array_type_create(NULL, &byte, &bytes), MOTE_ERROR_BAD_INPUT, "engine is NULL");
  REFUSED(mote_structure_type_create(world.engine, NULL, 1, &pair), MOTE_ERROR_BAD_INPUT, "fields is NULL");
  end(&stranger);
  end(&world);
}

static void test_limits(void) {
  struct World world;
  mote_store_limits_t limits = {.size = sizeof limits, .gc_heap_size_bytes = 4 << 20};
  create(&world, &limits);
  mote_failure_t* failure = mote_func_call(find(&world, "fill"), NULL, 0, NULL, 0);
  CHECK(mote_failure_trap_kind(failure) == MOTE_TRAP_LIMIT);
  CHECK(strstr(mote_failure_message(failure).data, "max-gc-heap-size") != NULL);
  mote_failure_delete(failure);
  CHECK(number_of(&world, make_pair(&world, 3, mote_value_i31(0))) == 3);  // the store goes on
  end(&world);

  limits.gc_zeal = MOTE_ON;
  create(&world, &limits);
  const mote_value_t pair = make_pair(&world, 5, mote_value_i31(0));
  OK(call(&world, "churn", mote_value_i32(10), NULL));
  mote_heap_use_t use = {.size = sizeof use};
  CHECK(mote_store_heap_use(world.store, &use) && use.collections >= 11 && number_of(&world, pair) == 5);
  mote_store_t* store = NULL;
  limits.gc_zeal = 3;
  REFUSED(mote_store_create(world.engine, &limits, &store), MOTE_ERROR_BAD_INPUT, "gc_zeal is 3");
  limits.gc_zeal = MOTE_OFF;
  limits.reserved = 1;
  REFUSED(mote_store_create(world.engine, &limits, &store), MOTE_ERROR_BAD_INPUT, "reserved");
  limits.reserved = 0;
  limits.gc_heap_size_bytes = UINT64_MAX;
  REFUSED(mote_store_create(world.engine, &limits, &store), MOTE_ERROR_LIMIT, "max-gc-heap-size");
  end(&world);
}

int main(void) {
  test_exceptions();
  test_handles();
  test_objects_of_the_host();
  test_limits();
  printf("%d passed, %d failed, %d skipped\n", passed, failed_checks, skipped);
  return failed_checks != 0;
}
