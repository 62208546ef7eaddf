// The embedder's view of objects and exceptions (mote/object.h) on both tiers: what handles live through, who throws to whom over
// host frames, and what is said when nobody catches or the heap is full.
#include "engine/api/guest_testing.h"
#include "engine/api/objects_testing.h"

#include <mote/object.h>

namespace mote::api {
namespace {

void expect_part(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

class ObjectTest : public testing::TestWithParam<Tiering> {
 protected:
  void SetUp() override {
    if (GetParam() == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
    start({});
  }
  void start(const StoreLimits& limits) {
    linker.reset();
    store.reset();
    EngineConfig config;
    config.tiering = GetParam();
    config.compiler = test_compiler();
    engine.emplace(must(Engine::create(config)));
    store.emplace(must(Store::create(*engine, limits)));
    linker.emplace(*engine);
    constexpr ValKind payload[] = {ValKind::i32, ValKind::f64};
    error = must(Tag::create(*store, payload));
    must(linker->define("host", "error", error));
    const FuncSignature unary{{{ValKind::i32, "i32"}}, {{ValKind::i32, "i32"}}};
    must(linker->define_func("host", "step", unary, [this](Caller& caller, std::span<const Val> args, std::span<Val> results) {
      return step(caller, args, results);
    }));
    instance = must(linker->instantiate(*store, must(Module::compile(*engine, bytes_of_hex(objects_hex), "objects.wasm"))));
  }

  Func func(std::string_view name) { return *instance.func(name); }
  Val call(std::string_view name, std::initializer_list<Val> args) { return must(func(name).call(args)).at(0); }
  Failure failure_of(std::string_view name, std::initializer_list<Val> args = {}) {
    auto run = func(name).call(args);
    if (run) ADD_FAILURE() << name << " did not fail";
    return run ? Failure() : std::move(run.error());
  }
  Val make_error(int32_t number, double fraction) {
    const Val payload[] = {Val(number), Val(fraction)};
    return must(new_exception(*store, error, payload));
  }

  HostFunc step = [](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
    results[0] = args[0];
    return {};
  };
  std::optional<Engine> engine;
  std::optional<Store> store;
  std::optional<Linker> linker;
  Tag error;
  Instance instance;
};

TEST_P(ObjectTest, AGuestCatchesWhatAHostFunctionThrows) {
  EXPECT_EQ(call("catch", {Val(5)}).i32(), 5);
  step = [&](Caller&, std::span<const Val> args, std::span<Val>) -> HostResult {
    return std::unexpected(Failure::thrown(make_error(args[0].i32() + 1, 2.5)));
  };
  EXPECT_EQ(call("catch", {Val(41)}).i32(), 42);
  // As exnref, which comes to the host and goes back.
  const Val kept = call("keep", {Val(6)});
  EXPECT_EQ(must(object_info(*store, kept)).kind, ObjectKind::exception);
  EXPECT_TRUE(must(tag_of(*store, kept)) == error);
  const std::vector<Val> payload = must(payload_of(*store, kept));
  ASSERT_EQ(payload.size(), 2u);
  EXPECT_EQ(payload[0].i32(), 7);
  EXPECT_EQ(payload[1].f64(), 2.5);
  const Failure again = failure_of("rethrow", {kept});
  ASSERT_TRUE(again.exception);
  EXPECT_TRUE(same_object(*store, *again.exception, kept));
}

TEST_P(ObjectTest, OnlyExceptionsAreThrown) {
  const auto throwing = [&](Val what) {
    step = [what](Caller&, std::span<const Val>, std::span<Val>) -> HostResult { return std::unexpected(Failure::thrown(what)); };
    return failure_of("catch", {Val(1)});
  };
  for (const Val what : {Val::null(ValKind::exnref), call("pair", {Val(1), i31(1)}), i31(3), Val(7)}) {
    const Failure failure = throwing(what);
    EXPECT_EQ(failure.kind, Failure::Kind::error);
    expect_part(failure.text(), "no exception");
  }
  Val ended = make_error(1, 1);
  {
    const RefScope scope(*store);
    ended = make_error(2, 2);
  }
  expect_part(throwing(ended).text(), "whose handle has ended");
}

TEST_P(ObjectTest, AnExceptionPassesThroughAHostFunctionThatLooksAtIt) {
  int32_t seen = 0;
  bool lets_pass = true;
  step = [&](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
    auto run = func("throw").call(std::initializer_list<Val>{args[0]});
    EXPECT_FALSE(run);
    const Failure& failure = run.error();
    EXPECT_EQ(failure.trap.kind, TrapKind::uncaught_exception);
    EXPECT_TRUE(failure.exception);
    seen = must(get_field(*store, *failure.exception, 0)).i32();
    if (lets_pass) return std::unexpected(std::move(run.error()));
    results[0] = Val(-1);
    return {};
  };
  EXPECT_EQ(call("catch", {Val(12)}).i32(), 12);
  EXPECT_EQ(seen, 12);
  lets_pass = false;
  EXPECT_EQ(call("pass", {Val(13)}).i32(), -1);
  EXPECT_EQ(seen, 13);
}

TEST_P(ObjectTest, AnUncaughtExceptionIsToldWithTagPayloadAndBacktrace) {
  const Failure failure = failure_of("throw", {Val(42)});
  EXPECT_EQ(failure.kind, Failure::Kind::trap);
  EXPECT_EQ(failure.trap.kind, TrapKind::uncaught_exception);
  EXPECT_EQ(failure.trap.message, "uncaught exception: a tag of the host's (i32 42, f64 1.5)");
  ASSERT_FALSE(failure.trap.backtrace.empty());
  EXPECT_EQ(failure.trap.backtrace[0].func_name, "throw");
  ASSERT_TRUE(failure.exception);
  EXPECT_TRUE(must(tag_of(*store, *failure.exception)) == *instance.tag("error"));
  EXPECT_EQ(error.type().text(), "(i32, f64) -> ()");

  const Failure null = failure_of("null");
  EXPECT_EQ(null.trap.kind, TrapKind::null_exception_reference);
  EXPECT_FALSE(null.exception);
}

TEST_P(ObjectTest, HandlesFollowTheirObjects) {
  const Val inner = call("pair", {Val(7), Val::null(ValKind::anyref)});
  const Val outer = call("pair", {Val(8), inner});
  must(instance.global("kept")->set(outer));
  const uint64_t before = heap_use(*store).collections;
  must(collect(*store));
  must(func("churn").call(std::initializer_list<Val>{Val(100'000)}));  // 2.4 MB of garbage in a heap that begins with half of one
  EXPECT_GT(heap_use(*store).collections, before + 1);

  EXPECT_EQ(call("number", {inner}).i32(), 7);
  EXPECT_TRUE(same_object(*store, must(get_field(*store, outer, 1)), inner));
  EXPECT_TRUE(same_object(*store, instance.global("kept")->get(), outer));
  EXPECT_FALSE(same_object(*store, inner, outer));
  must(set_field(*store, inner, 0, Val(70)));
  EXPECT_EQ(call("number", {inner}).i32(), 70);
  // any and extern are one world.
  EXPECT_TRUE(same_object(*store, Val::from_bits(ValKind::externref, inner.low()), inner));
}

TEST_P(ObjectTest, AScopeEndsItsHandlesAndWhatTheyKept) {
  must(collect(*store));
  const uint64_t before = heap_use(*store).used_bytes;
  const Val outer = call("pair", {Val(1), i31(0)});
  Val inner = i31(0);
  {
    const RefScope scope(*store);
    inner = call("bytes", {Val(100'000)});
    must(collect(*store));
    EXPECT_GE(heap_use(*store).used_bytes, before + 100'000);
    EXPECT_EQ(must(object_info(*store, inner)).size, 100'000u);
  }
  must(collect(*store));
  EXPECT_LT(heap_use(*store).used_bytes, before + 1'000);
  EXPECT_EQ(call("number", {outer}).i32(), 1);
  const auto gone = get_field(*store, inner, 0);  // says so, and touches nothing
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::bad_input);

  // In a host function the call is the scope.
  Val leaked = i31(0);
  step = [&](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
    leaked = call("pair", {args[0], i31(0)});
    results[0] = call("number", {leaked});
    return {};
  };
  EXPECT_EQ(call("pass", {Val(31)}).i32(), 31);
  EXPECT_EQ(must(object_info(*store, leaked)).kind, ObjectKind::null);
}

TEST_P(ObjectTest, HandlesHaveALimitThatAScopeGivesBack) {
  const Val outer = call("pair", {Val(1), call("pair", {Val(2), i31(0)})});
  {
    const RefScope scope(*store);
    Result<Val> one = outer;
    uint64_t made = 2;
    while (made <= limits::handles.standard && (one = get_field(*store, outer, 1))) ++made;
    ASSERT_FALSE(one);
    EXPECT_EQ(made, limits::handles.standard);
    EXPECT_EQ(one.error().kind, ErrorKind::limit);
    expect_part(one.error().message, "max-handles");
    EXPECT_FALSE(func("pair").call(std::initializer_list<Val>{Val(3), i31(0)}));
  }
  EXPECT_EQ(call("number", {outer}).i32(), 1);
}

TEST_P(ObjectTest, ObjectsOfTheHostHaveTheTypesOfGuests) {
  const FieldType fields[] = {{ValKind::i32, 0, true}, {ValKind::anyref, 0, true}};
  const ObjectType pair = must(ObjectType::structure(*engine, fields));
  const Val values[] = {Val(99), i31(-5)};
  const Val made = must(new_structure(*store, pair, values));
  EXPECT_EQ(call("number", {made}).i32(), 99);  // the guest's cast holds
  EXPECT_EQ(i31_value(must(get_field(*store, made, 1))), -5);
  EXPECT_EQ(must(object_info(*store, made)).type, must(object_info(*store, call("pair", {Val(1), made}))).type);

  const ObjectType bytes = must(ObjectType::array(*engine, {ValKind::i32, 8, true}));
  const Val array = must(new_array(*store, bytes, 3, Val(0x1ff)));
  EXPECT_EQ(must(object_info(*store, array)).kind, ObjectKind::array);
  EXPECT_EQ(must(get_field(*store, array, 2)).i32(), 0xff);
  EXPECT_EQ(must(object_info(*store, call("bytes", {Val(2)}))).type, must(object_info(*store, array)).type);
  EXPECT_EQ(failure_of("number", {array}).trap.kind, TrapKind::cast_failure);
}

TEST_P(ObjectTest, WhatIsWrongIsRefused) {
  const FieldType fixed[] = {{ValKind::i64, 0, false}};
  const ObjectType box = must(ObjectType::structure(*engine, fixed));
  const ObjectType list = must(ObjectType::array(*engine, fixed[0]));
  const Val one[] = {Val(int64_t{1})}, wrong[] = {Val(1)};
  const Val made = must(new_structure(*store, box, one));
  const auto refused = [](const auto& result, std::string_view part) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::bad_input);
    expect_part(result.error().message, part);
  };
  refused(new_structure(*store, box, {}), "0 values were given, 1 are wanted");
  refused(new_structure(*store, box, wrong), "value 0: type mismatch");
  refused(new_structure(*store, list, one), "no structure's");
  refused(new_array(*store, box, 1, one[0]), "no array's");
  refused(set_field(*store, made, 0, one[0]), "immutable");
  refused(get_field(*store, made, 1), "index 1 in an object of 1");
  refused(get_field(*store, i31(4), 0), "no object");
  refused(get_field(*store, Val(4), 0), "no object");
  refused(tag_of(*store, made), "no exception");
  refused(new_exception(*store, error, one), "1 values were given, 2 are wanted");
  refused(ObjectType::array(*engine, {ValKind::i64, 8, true}), "packed into 8 bits");
  Store other = must(Store::create(*engine));
  refused(new_exception(other, error, {}), "another store");
  EXPECT_EQ(heap_use(other).capacity_bytes, 0u);  // nobody needed a heap
}

TEST_P(ObjectTest, AFullHeapNamesItsLimit) {
  start({.gc_heap_size_bytes = 4 << 20});
  const Failure failure = failure_of("fill");
  EXPECT_EQ(failure.trap.kind, TrapKind::limit);
  expect_part(failure.trap.message, "max-gc-heap-size");
  // What filled it is gone with its frame: the store goes on.
  EXPECT_EQ(call("number", {call("pair", {Val(3), i31(0)})}).i32(), 3);
  const ObjectType bytes = must(ObjectType::array(*engine, {ValKind::i32, 8, true}));
  const auto large = new_array(*store, bytes, 5 << 20, Val(1));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::limit);
  expect_part(large.error().message, "max-gc-heap-size");
  const auto refused = Store::create(*engine, {.gc_heap_size_bytes = limits::gc_heap_size.hard + 1});
  ASSERT_FALSE(refused);
  expect_part(refused.error().message, "max-gc-heap-size");
}

TEST_P(ObjectTest, UnderZealEveryObjectMovesAndHandlesStillHold) {
  start({.gc_heap_size_bytes = 4 << 20, .gc_zeal = true});
  const Val inner = call("pair", {Val(7), i31(0)});
  const Val outer = call("pair", {Val(8), inner});
  const Val exception = make_error(9, 0.5);
  const uint64_t before = heap_use(*store).collections;
  must(func("churn").call(std::initializer_list<Val>{Val(20)}));
  EXPECT_GE(heap_use(*store).collections, before + 20);
  EXPECT_EQ(call("number", {must(get_field(*store, outer, 1))}).i32(), 7);
  EXPECT_EQ(must(payload_of(*store, exception)).at(1).f64(), 0.5);
  step = [&](Caller&, std::span<const Val>, std::span<Val>) -> HostResult {
    return std::unexpected(Failure::thrown(make_error(10, 0)));
  };
  EXPECT_EQ(call("catch", {Val(0)}).i32(), 10);
}

MOTE_ON_BOTH_TIERS(ObjectTest);

}  // namespace
}  // namespace mote::api
