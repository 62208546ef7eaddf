// Stopping a guest from another thread: at any instruction, in bulk operations, through host functions and nested entries; what
// other stores compute is not disturbed, and a stopped store stays stopped. (wat2wasm --enable-all)
//
//   (module
//     (type $unary (func (param i32) (result i32)))
//     (import "host" "call" (func $host (param i32) (result i32)))
//     (memory (export "memory") 1024)
//     (table 4 funcref)
//     (elem (i32.const 0) $odd $even $odd $even)
//     (global $total (mut i64) (i64.const 0))
//     (func (export "spin") (loop br 0))
//     (func $odd (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
//     (func $even (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 1)))
//     (func $fib (param i32) (result i32)
//       (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
//         (then (local.get 0))
//         (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
//     (func (export "recurse") (loop (drop (call $fib (i32.const 15))) (br 0)))
//     (func (export "work") (local $i i32) (local $x f64)
//       (loop $again
//         (i32.store (i32.and (local.get $i) (i32.const 0xfffc)) (local.get $i))
//         (local.set $x (f64.add (local.get $x) (f64.sqrt (f64.load (i32.and (local.get $i) (i32.const 0xfff8))))))
//         (global.set $total (i64.add (global.get $total)
//           (i64.extend_i32_u (call_indirect (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 3))))))
//         (block $c (block $b (block $a (br_table $a $b $c (i32.and (local.get $i) (i32.const 3))))
//           (i32.store8 (i32.const 70000) (i32.rem_u (local.get $i) (i32.const 7))))
//           (memory.fill (i32.const 80000) (local.get $i) (i32.const 100)))
//         (local.set $i (i32.add (local.get $i) (i32.const 1)))
//         (br $again)))
//     (func (export "hosts") (loop (drop (call $host (i32.const 1))) (br 0)))
//     (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br 0)))
//     (func (export "copy") (loop (memory.copy (i32.const 0) (i32.const 8) (i32.const 0x3fffff8)) (br 0)))
//     (func (export "sum") (param i32) (result i32) (local $sum i32)
//       (loop $again
//         (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get 0) (local.get 0))))
//         (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
//       (local.get $sum)))
#include "engine/api/guest_testing.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <random>
#include <thread>
#include <tuple>

namespace mote::api {
namespace {

using std::chrono::microseconds;

const std::vector<uint8_t>& guests_module() {
  static const std::vector<uint8_t> bytes = bytes_of_hex(
      "0061736d0100000001090260017f017f600000020d0104686f73740463616c6c0000030b0a0100000001010101010004040170000405040100800806"
      "06017e0142000b073e08066d656d6f72790200047370696e00010772656375727365000504776f726b000605686f73747300070466696c6c00080463"
      "6f707900090373756d000a090a010041000b04020302030a80020a070003400c000b0b0700200041036c0b070020004101760b1c002000410249047f"
      "200005200041016b1004200041026b10046a0b0b0c000340410f10041a0c000b0b6902017f017c0340200041fcff037120003602002001200041f8ff"
      "03712b03009fa02101230020002000410371110000ad7c240002400240024020004103710e020001020b41f0a20420004107703a00000b4180f10420"
      "0041e400fc0b000b200041016a21000c000b0b0c000340410110001a0c000b0b13000340410041014180808020fc0b000c000b0b1400034041004108"
      "41f8ffff1ffc0a00000c000b0b1c01017f03402001200020006c6a2101200041016b22000d000b20010b");
  return bytes;
}

constexpr uint64_t second_ns = 1'000'000'000;

using Setup = std::tuple<Tiering, MemoryMode>;

class StopTest : public testing::TestWithParam<Setup> {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it, which a guest never does";
#endif
#endif
    const auto [tiering, memory] = GetParam();
    if (tiering == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
    EngineConfig config;
    config.codegen.memory = memory;
    config.tiering = tiering;
    config.compiler = test_compiler();
    engine.emplace(must(Engine::create(config)));
    module.emplace(must(Module::compile(*engine, guests_module(), "guests.wasm")));
    linker.emplace(*engine);
    must(linker->func("host", "call", [this](Caller& caller, int32_t value) { return on_call(caller, value); }));
  }
  Instance instantiate(Store& store) { return must(linker->instantiate(store, *module)); }

  std::function<std::expected<int32_t, Failure>(Caller&, int32_t)> on_call = [](Caller&, int32_t value) { return value; };
  std::optional<Engine> engine;
  std::optional<Module> module;
  std::optional<Linker> linker;
};

// Runs an export that never ends, and stops it after `delay`.
GuestResult<void> stopped_after(const Instance& instance, const Stopper& stopper, std::string_view name, microseconds delay) {
  GuestResult<void> result;
  std::latch ready(2);
  std::thread runner([&] {
    auto func = must(instance.typed_func<void()>(name));
    ready.arrive_and_wait();
    result = func();
  });
  ready.arrive_and_wait();
  std::this_thread::sleep_for(delay);
  EXPECT_TRUE(stopper.stop("enough", 10 * second_ns)) << name;
  runner.join();
  return result;
}

void expect_interrupted(const GuestResult<void>& result) {
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().kind, Failure::Kind::trap);
  EXPECT_EQ(result.error().trap.kind, TrapKind::interrupt);
  EXPECT_EQ(result.error().trap.message, "interrupted: enough");
}

TEST_P(StopTest, EndsAGuestAtAnyInstruction) {
  std::minstd_rand random(7);
  for (const char* const name : {"spin", "work", "recurse", "hosts", "fill", "copy"}) {
    for (int round = 0; round < 40; ++round) {
      Store store = must(Store::create(*engine));
      const Instance instance = instantiate(store);
      const auto result = stopped_after(instance, store.stopper(), name, microseconds(random() % 300));
      expect_interrupted(result);
      ASSERT_LE(result.error().trap.backtrace.size(), 64u);
      for (const Frame& frame : result.error().trap.backtrace) EXPECT_LT(frame.func, 12u) << name;
    }
  }
}

TEST_P(StopTest, AStoppedStoreRunsNothing) {
  Store store = must(Store::create(*engine));
  const Instance instance = instantiate(store);
  const auto sum = must(instance.typed_func<int32_t(int32_t)>("sum"));
  EXPECT_EQ(must(sum(10)), 385);
  EXPECT_TRUE(store.stopper().stop("enough"));
  EXPECT_TRUE(store.stopper().stop("later"));  // the first reason counts
  const auto result = sum(10);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.message, "interrupted: enough");
}

TEST_P(StopTest, AHostFunctionEndsFirst) {
  std::latch entered(1), may_return(1);
  on_call = [&](Caller&, int32_t value) {
    entered.count_down();
    may_return.wait();
    return value;
  };
  Store store = must(Store::create(*engine));
  const Instance instance = instantiate(store);
  GuestResult<void> result;
  std::thread runner([&] { result = must(instance.typed_func<void()>("hosts"))(); });
  entered.wait();
  EXPECT_FALSE(store.stopper().stop("enough", 2'000'000));
  may_return.count_down();
  runner.join();
  expect_interrupted(result);
}

TEST_P(StopTest, NestedEntriesAllEnd) {
  Store store = must(Store::create(*engine));
  const Instance instance = instantiate(store);
  on_call = [&](Caller&, int32_t) -> std::expected<int32_t, Failure> {
    auto inner = must(instance.typed_func<void()>("spin"))();
    if (!inner) return std::unexpected(inner.error());
    return 0;
  };
  expect_interrupted(stopped_after(instance, store.stopper(), "hosts", microseconds(500)));
}

TEST_P(StopTest, OthersAreNotDisturbed) {
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    Store store = must(Store::create(*engine));
    const auto sum = must(instantiate(store).typed_func<int32_t(int32_t)>("sum"));
    const int32_t expected = must(sum(5000));
    while (!is_over) EXPECT_EQ(must(sum(5000)), expected);
  });
  for (int round = 0; round < 50; ++round) {
    Store store = must(Store::create(*engine));
    const Instance instance = instantiate(store);
    expect_interrupted(stopped_after(instance, store.stopper(), "work", microseconds(50)));
  }
  is_over = true;
  other.join();
}

TEST_P(StopTest, AStopperOutlivesItsStore) {
  std::optional<Stopper> stopper;
  {
    Store store = must(Store::create(*engine));
    stopper = store.stopper();
  }
  EXPECT_TRUE(stopper->stop("enough", second_ns));
}

INSTANTIATE_TEST_SUITE_P(TiersAndModes, StopTest,
                         testing::Combine(testing::Values(Tiering::baseline, Tiering::optimizing),
                                          testing::Values(MemoryMode::guard, MemoryMode::dense)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == Tiering::baseline ? "baseline" : "optimizing") +
                                  (std::get<1>(info.param) == MemoryMode::guard ? "_guard" : "_dense");
                         });

}  // namespace
}  // namespace mote::api
