// Tasks: parked in host functions and in host functions of guests of host functions, preempted at any instruction, moved between
// threads, stopped, discarded; what they compute is what they compute undisturbed. (wat2wasm --enable-all)
//
//   (module
//     (type $unary (func (param i32) (result i32)))
//     (import "host" "call" (func $host (param i32) (result i32)))
//     (memory (export "memory") 64)
//     (table 4 funcref)
//     (elem (i32.const 0) $odd $even $odd $even)
//     (func $odd (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
//     (func $even (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 1)))
//     (func (export "work") (param $count i32) (result i64)
//       (local $i i32) (local $x f64) (local $v v128) (local $total i64)
//       (loop $again
//         (i32.store (i32.and (local.get $i) (i32.const 0xfffc)) (local.get $i))
//         (local.set $x (f64.add (local.get $x) (f64.sqrt (f64.convert_i32_u (i32.load (i32.and (local.get $i) (i32.const
//         0xfff8))))))) (local.set $v (i32x4.add (local.get $v) (i32x4.mul (i32x4.splat (local.get $i)) (v128.load (i32.and
//         (local.get $i) (i32.const 0xfff0)))))) (local.set $total (i64.add (i64.rotl (local.get $total) (i64.const 1))
//           (i64.extend_i32_u (call_indirect (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 3))))))
//         (block $c (block $b (block $a (br_table $a $b $c (i32.and (local.get $i) (i32.const 3))))
//           (i32.store8 (i32.const 70000) (i32.rem_u (local.get $i) (i32.const 7))))
//           (memory.fill (i32.const 80000) (local.get $i) (i32.const 100)))
//         (local.set $i (i32.add (local.get $i) (i32.const 1)))
//         (br_if $again (i32.lt_u (local.get $i) (local.get $count))))
//       (i64.xor (i64.xor (local.get $total) (i64.reinterpret_f64 (local.get $x)))
//                (i64.xor (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v)))))
//     (func (export "hosts") (param $count i32) (result i32) (local $sum i32)
//       (loop $again
//         (local.set $sum (i32.add (local.get $sum) (call $host (local.get $count))))
//         (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
//       (local.get $sum))
//     (func (export "spin") (loop br 0))
//     (func (export "fill") (param $count i32)
//       (loop $again
//         (memory.fill (i32.const 0) (local.get $count) (i32.const 0x400000))
//         (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
//     (func $down (param i32) (result i32)
//       (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
//         (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
//     (func (export "deep") (param i32) (result i32) (call $down (local.get 0))))
#include "engine/api/guest_testing.h"

#include <mote/task.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <tuple>

namespace mote::api {
namespace {

using std::chrono::microseconds;
using Step = Task::Step;

const std::vector<uint8_t>& guests_module() {
  static const std::vector<uint8_t> bytes = bytes_of_hex(
      "0061736d0100000001120460017f017f60017f017e60000060017f00020d0104686f73740463616c6c0000030908000001000203000004040170"
      "00040503010040072e06066d656d6f7279020004776f726b000305686f7374730004047370696e00050466696c6c000604646565700008090a01"
      "0041000b04010201020a9002080700200041036c0b070020004101760ba10104017f017c017b017e0340200141fcff0371200136020020022001"
      "41f8ff0371280200b89fa0210220032001fd11200141f0ff0371fd000400fdb501fdae012103200442018920012001410371110000ad7c210402"
      "400240024020014103710e020001020b41f0a20420014107703a00000b4180f104200141e400fc0b000b200141016a210120012000490d000b20"
      "042002bd852003fd1d002003fd1d0185850b1b01017f03402001200010006a2101200041016b22000d000b20010b070003400c000b0b1a000340"
      "410020004180808002fc0b00200041016b22000d000b0b1500200045047f4100054101200041016b10076a0b0b0600200010070b");
  return bytes;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MOTE_SIGNALS_ARE_HELD_BACK 1  // until the thread calls into ThreadSanitizer, which a guest never does
#endif
#endif

using Setup = std::tuple<Tiering, MemoryMode>;

class TaskTest : public testing::TestWithParam<Setup> {
 protected:
  void SetUp() override {
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
  struct Guest {
    Store store;
    Instance instance;
  };
  Guest make() {
    Store store = must(Store::create(*engine));
    Instance instance = must(linker->instantiate(store, *module));
    return {std::move(store), instance};
  }

  std::function<std::expected<int32_t, Failure>(Caller&, int32_t)> on_call = [](Caller&, int32_t value) { return value; };
  std::optional<Engine> engine;
  std::optional<Module> module;
  std::optional<Linker> linker;
};

TEST_P(TaskTest, ParksInHostFunctions) {
  Guest guest = make();
  int parked = 0;
  on_call = [&](Caller& caller, int32_t value) -> std::expected<int32_t, Failure> {
    ++parked;
    EXPECT_TRUE(caller.may_park());
    EXPECT_TRUE(caller.park());
    return value;
  };
  GuestResult<int32_t> result = 0;
  Task task(guest.store, [&] { result = must(guest.instance.typed_func<int32_t(int32_t)>("hosts"))(10); });
  for (int turn = 1; turn <= 10; ++turn) {
    EXPECT_EQ(must(task.resume()), Step::parked);
    EXPECT_EQ(parked, turn);
    EXPECT_FALSE(task.has_ended());
  }
  EXPECT_EQ(must(task.resume()), Step::ended);
  EXPECT_EQ(must(result), 55);
  EXPECT_TRUE(task.has_ended());
  EXPECT_FALSE(task.resume());
}

TEST_P(TaskTest, WithoutATaskNothingParks) {
  Guest guest = make();
  on_call = [](Caller& caller, int32_t value) -> std::expected<int32_t, Failure> {
    EXPECT_FALSE(caller.may_park());
    EXPECT_FALSE(caller.park());
    return value;
  };
  EXPECT_EQ(must(must(guest.instance.typed_func<int32_t(int32_t)>("hosts"))(2)), 3);
  guest.store.stopper().preempt();  // nor is it preempted
  EXPECT_EQ(must(must(guest.instance.typed_func<int32_t(int32_t)>("hosts"))(2)), 3);
}

// Many guests on one thread, each turn on another of two threads; host functions that call guests park with all that is below them.
TEST_P(TaskTest, SeveralShareThreads) {
  constexpr int count = 20;
  std::vector<Guest> guests;
  std::vector<GuestResult<int32_t>> results(count);
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) guests.push_back(make());
  on_call = [&](Caller& caller, int32_t value) -> std::expected<int32_t, Failure> {
    if (value > 3) {
      for (const Guest& guest : guests) {
        if (guest.store.state() != caller.store()) continue;
        auto inner = must(guest.instance.typed_func<int32_t(int32_t)>("hosts"))(value - 2);
        return inner;
      }
    }
    caller.park();
    return value;
  };
  for (int i = 0; i < count; ++i) {
    tasks.emplace_back(guests[i].store,
                       [&, i] { results[i] = must(guests[i].instance.typed_func<int32_t(int32_t)>("hosts"))(5 + i % 2); });
  }
  const auto turns = [&] {
    int running = 0;
    for (Task& task : tasks) {
      if (!task.has_ended() && must(task.resume()) != Step::ended) ++running;
    }
    return running;
  };
  int running = count;
  while (running > 0) {
    running = turns();
    std::thread([&] { running = turns(); }).join();
  }
  for (int i = 0; i < count; ++i) EXPECT_EQ(must(results[i]), must(results[i % 2]));
  EXPECT_NE(must(results[0]), must(results[1]));
}

TEST_P(TaskTest, NothingElseEntersItsStore) {
  Guest guest = make();
  on_call = [](Caller& caller, int32_t value) -> std::expected<int32_t, Failure> {
    caller.park();
    return value;
  };
  const auto hosts = must(guest.instance.typed_func<int32_t(int32_t)>("hosts"));
  Task task(guest.store, [&] { (void)hosts(2); });
  EXPECT_EQ(must(task.resume()), Step::parked);
  const auto refused = hosts(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.message, "the store's task has not ended: resume it until it has, or discard it");
  Task second(guest.store, [&] { (void)hosts(2); });
  const auto busy = second.resume();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().message, "the store runs a task already; let that end first, or discard it");
  EXPECT_EQ(must(task.resume()), Step::parked);
  EXPECT_EQ(must(task.resume()), Step::ended);
  EXPECT_EQ(must(second.resume()), Step::parked);
}

TEST_P(TaskTest, ADiscardedTaskLetsHostFunctionsReturn) {
  int destroyed = 0;
  struct Note {
    int& count;
    ~Note() { ++count; }
  };
  Guest guest = make();
  on_call = [&](Caller& caller, int32_t value) -> std::expected<int32_t, Failure> {
    const Note note{destroyed};
    EXPECT_FALSE(caller.park());
    return value;
  };
  GuestResult<int32_t> result = 0;
  {
    Task task(guest.store, [&] { result = must(guest.instance.typed_func<int32_t(int32_t)>("hosts"))(10); });
    EXPECT_EQ(must(task.resume()), Step::parked);
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.message, "interrupted: its task was discarded");
  Task fresh(guest.store, [] {});  // never begun: nothing to let go
}

// Preempts the task's guest again and again while `is_over` is not.
class Preempter {
 public:
  Preempter(const Store& store, microseconds period)
      : thread_([this, stopper = store.stopper(), period] {
          while (!is_over_) {
            stopper.preempt();
            const auto until = std::chrono::steady_clock::now() + period;
            while (!is_over_ && std::chrono::steady_clock::now() < until) std::this_thread::yield();
          }
        }) {}
  ~Preempter() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

class PreemptTest : public TaskTest {
 protected:
  void SetUp() override {
#ifdef MOTE_SIGNALS_ARE_HELD_BACK
    GTEST_SKIP();
#endif
    TaskTest::SetUp();
  }
};

TEST_P(PreemptTest, ResultsAreUndisturbed) {
  constexpr int32_t count = 100'000;
  constexpr int enough = 50;
  // The first call finds empty memory, the later ones what the one before left.
  Guest undisturbed = make();
  const auto calm = must(undisturbed.instance.typed_func<int64_t(int32_t)>("work"));
  const int64_t first = must(calm(count)), later = must(calm(count));
  for (const int period_us : {20, 50, 100}) {
    Guest guest = make();
    int preempted = 0, wrong = 0;
    Task task(guest.store, [&] {
      const auto work = must(guest.instance.typed_func<int64_t(int32_t)>("work"));
      for (int round = 0; round < 500 && preempted < enough; ++round)
        wrong += must(work(count)) == (round == 0 ? first : later) ? 0 : 1;
    });
    const Preempter preempter(guest.store, microseconds(period_us));
    for (bool is_over = false; !is_over;) {
      const auto turn = [&] {
        const Step step = must(task.resume());
        is_over = step == Step::ended;
        preempted += step == Step::preempted ? 1 : 0;
      };
      if (preempted % 8 == 7) {
        std::thread(turn).join();
      } else {
        turn();
      }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GE(preempted, enough);
  }
}

TEST_P(PreemptTest, BetweenThePiecesOfABulkOperation) {
  Guest guest = make();
  GuestResult<void> result;
  Task task(guest.store, [&] { result = must(guest.instance.typed_func<void(int32_t)>("fill"))(300); });
  const Preempter preempter(guest.store, microseconds(50));
  int preempted = 0;
  for (Step step = must(task.resume()); step != Step::ended; step = must(task.resume())) ++preempted;
  EXPECT_GT(preempted, 3);
  EXPECT_TRUE(result);
}

// A guest whose stack is all but full is preempted like any other: nothing is pushed there.
TEST_P(PreemptTest, ToTheLastByteOfTheStack) {
  Guest deepest = make();
  const auto deep = must(deepest.instance.typed_func<int32_t(int32_t)>("deep"));
  int32_t most = 0;
  for (int32_t step = 1 << 16; step > 0; step /= 2) {
    while (deep(most + step)) most += step;
  }
  Guest guest = make();
  GuestResult<int32_t> result = 0;
  constexpr int32_t reserve = 200;  // what the task's own frames take
  Task task(guest.store, [&] {
    for (int i = 0; i < 200; ++i) result = must(guest.instance.typed_func<int32_t(int32_t)>("deep"))(most - reserve);
  });
  const Preempter preempter(guest.store, microseconds(20));
  while (must(task.resume()) != Step::ended) {
  }
  EXPECT_EQ(must(result), most - reserve);
}

TEST_P(PreemptTest, APreemptedGuestIsStopped) {
  for (int round = 0; round < 20; ++round) {
    Guest guest = make();
    GuestResult<void> result;
    Task task(guest.store, [&] { result = must(guest.instance.typed_func<void()>("spin"))(); });
    {
      const Preempter preempter(guest.store, microseconds(50));
      EXPECT_EQ(must(task.resume()), Step::preempted);
    }
    EXPECT_TRUE(guest.store.stopper().stop("enough"));
    EXPECT_EQ(must(task.resume()), Step::ended);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().trap.message, "interrupted: enough");
  }
}

TEST_P(PreemptTest, APreemptedTaskIsDiscarded) {
  for (int round = 0; round < 20; ++round) {
    Guest guest = make();
    GuestResult<void> result;
    Task task(guest.store, [&] { result = must(guest.instance.typed_func<void()>("spin"))(); });
    const Preempter preempter(guest.store, microseconds(50));
    EXPECT_EQ(must(task.resume()), Step::preempted);
  }
}

const auto setups = testing::Combine(testing::Values(Tiering::baseline, Tiering::optimizing),
                                     testing::Values(MemoryMode::guard, MemoryMode::dense));
std::string name_of(const testing::TestParamInfo<Setup>& info) {
  return std::string(std::get<0>(info.param) == Tiering::baseline ? "baseline" : "optimizing") +
         (std::get<1>(info.param) == MemoryMode::guard ? "_guard" : "_dense");
}
INSTANTIATE_TEST_SUITE_P(TiersAndModes, TaskTest, setups, name_of);
INSTANTIATE_TEST_SUITE_P(TiersAndModes, PreemptTest, setups, name_of);

}  // namespace
}  // namespace mote::api
