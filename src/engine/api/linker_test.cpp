#include "engine/api/guest_testing.h"

namespace mote::api {
namespace {

class LinkerTest : public GuestTest {
 protected:
  Error error_of(const Linker& with) {
    const auto result = with.instantiate(*store, *module);
    if (result) {
      ADD_FAILURE() << "it links";
      return {};
    }
    EXPECT_EQ(result.error().kind, Failure::Kind::error) << result.error().text();
    return result.error().error;
  }
};

TEST_P(LinkerTest, MissingImportIsNamedWithItsType) {
  const Error error = error_of(Linker(*engine));
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_TRUE(error.message.starts_with("unknown import")) << error.message;
  for (const char* part : {"host", "add", "i32"}) EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

TEST_P(LinkerTest, WrongTypeShowsBoth) {
  Linker wrong(*engine);
  must(wrong.func("host", "add", [](Caller&, int64_t a) { return a; }));
  const Error error = error_of(wrong);
  EXPECT_EQ(error.kind, ErrorKind::bad_input);
  EXPECT_TRUE(error.message.starts_with("incompatible import type")) << error.message;
  for (const char* part : {"i32", "i64"}) EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

TEST_P(LinkerTest, WrongKindIsRefused) {
  Linker wrong(*engine);
  must(wrong.define("host", "add", must(Memory::create(*store, 1, 1))));
  EXPECT_TRUE(error_of(wrong).message.starts_with("incompatible import type"));
}

TEST_P(LinkerTest, LaterDefinitionsReplaceEarlierOnes) {
  must(linker->func("host", "add", [](Caller&, int32_t a, int32_t b) { return a * b; }));
  const Instance other = must(linker->instantiate(*store, *module));
  EXPECT_EQ(must(must(other.typed_func<int32_t(int32_t, int32_t)>("add"))(6, 7)), 42);
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(6, 7)), 13) << "an instance keeps what it was linked with";
}

TEST_P(LinkerTest, InstancesLinkToEachOther) {
  Linker chain(*engine);
  must(chain.define("host", *instance));  // its own "add" and "wide"
  const auto refused = chain.instantiate(*store, *module);
  EXPECT_FALSE(refused.has_value()) << "its wide has another type";
  must(chain.func("host", "wide",
                  [](Caller&, int32_t, int32_t, int32_t, int32_t, int32_t, int64_t, int64_t, int32_t, int64_t, float) -> int64_t {
                    return 0;
                  }));
  const Instance second = must(chain.instantiate(*store, *module));
  EXPECT_EQ(must(must(second.typed_func<int32_t(int32_t, int32_t)>("add"))(40, 2)), 42);
}

TEST_P(LinkerTest, OneLinkerServesManyStores) {
  Store other = must(Store::create(*engine));
  const Instance in_other = must(linker->instantiate(other, *module));
  EXPECT_EQ(must(must(in_other.typed_func<int32_t(int32_t, int32_t)>("add"))(40, 2)), 42);
}

TEST_P(LinkerTest, HandlesOfAnotherStoreAreRefused) {
  Store other = must(Store::create(*engine));
  Linker mixed(*engine);
  must(mixed.define("host", "add", *instance->func("add")));
  const auto result = mixed.instantiate(other, *module);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().text().find("another store"), std::string::npos) << result.error().text();
}

TEST_P(LinkerTest, HandlesOfAnotherEngineAreRefused) {
  const Engine stranger = must(Engine::create());
  Linker mixed(stranger);
  EXPECT_FALSE(mixed.define("host", "add", *instance->func("add")).has_value());
  Store other = must(Store::create(stranger));
  EXPECT_FALSE(mixed.instantiate(other, *module).has_value());
  EXPECT_FALSE(mixed.define("host", "add", Func()).has_value());
}

TEST_P(LinkerTest, ValFunctionsWorkToo) {
  Linker by_val(*engine);
  const ValType i32{ValKind::i32, "i32"}, i64{ValKind::i64, "i64"}, f32{ValKind::f32, "f32"};
  must(by_val.define_func("host", "add", {{i32, i32}, {i32}},
                          [](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
                            results[0] = Val(args[0].i32() + args[1].i32());
                            return {};
                          }));
  std::vector<Val> seen_vals;
  must(by_val.define_func("host", "wide", {{i32, i32, i32, i32, i32, i64, i64, i32, i64, f32}, {i64}},
                          [&](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
                            seen_vals.assign(args.begin(), args.end());
                            results[0] = args[8];
                            return {};
                          }));
  const Instance made = must(by_val.instantiate(*store, *module));
  EXPECT_EQ(must(must(made.typed_func<int32_t(int32_t, int32_t)>("add"))(40, 2)), 42);
  EXPECT_EQ(must(must(made.typed_func<int64_t()>("wide"))()), 0x900000009);
  EXPECT_EQ(seen_vals[9], Val(0.5f));
  EXPECT_EQ(seen_vals[7], Val(8));
}

// Each way round: an instance of one tier whose import is the other's export, in one store, with a trap and its frames through
// both.
TEST_P(LinkerTest, TiersLinkToEachOther) {
  if (!test_compiler()) GTEST_SKIP() << "this build has no compiler";
  for (const bool optimised_first : {false, true}) {
    tiering = Tiering::automatic;
    start({});  // the module: baseline
    ASSERT_EQ(module->origin().tier, Tier::baseline);
    const auto artifact = must(test_compiler()(guest_module(), engine->codegen()));
    const Module optimised = must(Module::load(*engine, artifact, "optimised.wasm"));
    ASSERT_EQ(optimised.origin().tier, Tier::optimizing);
    const Module& first = optimised_first ? optimised : *module;
    const Module& second = optimised_first ? *module : optimised;

    const Instance inner = must(linker->instantiate(*store, first));
    Linker chain(*engine);
    must(chain.define("host", "add", *inner.func("add")));
    must(chain.func("host", "wide",
                    [](Caller&, int32_t, int32_t, int32_t, int32_t, int32_t, int64_t, int64_t, int32_t, int64_t, float) -> int64_t {
                      return 0;
                    }));
    const Instance outer = must(chain.instantiate(*store, second));
    const auto add = must(outer.typed_func<int32_t(int32_t, int32_t)>("add"));
    EXPECT_EQ(must(add(40, 2)), 42);

    on_add = [](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> {
      return std::unexpected(Failure(Error{ErrorKind::unavailable, "not today"}));
    };
    EXPECT_FALSE(add(1, 2).has_value());
    on_add = [&](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> {
      auto crash = must(inner.typed_func<void()>("crash"))();
      return std::unexpected(crash.error());
    };
    const auto trapped = add(1, 2);
    ASSERT_FALSE(trapped.has_value());
    EXPECT_EQ(trapped.error().kind, Failure::Kind::trap);
    on_add = [](Caller&, int32_t a, int32_t b) { return a + b; };
    EXPECT_EQ(must(add(20, 1)), 21) << "the store goes on";
  }
}

MOTE_ON_BOTH_TIERS(LinkerTest);

}  // namespace
}  // namespace mote::api
