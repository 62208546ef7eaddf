// Guests of several stores, each on a thread of its own, over one shared memory: atomics, locks made of wait and notify, growth,
// cancellation. (wat2wasm --enable-threads)
//
//   (module
//     (import "host" "memory" (memory 1 4 shared))
//     (func (export "add") (param i32) (result i32)
//       (loop $again
//         (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
//         (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
//       (i32.atomic.load (i32.const 0)))
//     (func (export "add_locked") (param i32)
//       (loop $again
//         (block $locked
//           (br_if $locked (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 8) (i32.const 0) (i32.const 1))))
//           (loop $try
//             (br_if $locked (i32.eqz (i32.atomic.rmw.xchg (i32.const 8) (i32.const 2))))
//             (drop (memory.atomic.wait32 (i32.const 8) (i32.const 2) (i64.const -1)))
//             (br $try)))
//         (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
//         (if (i32.eq (i32.atomic.rmw.xchg (i32.const 8) (i32.const 0)) (i32.const 2))
//           (then (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))))
//         (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
//     (func (export "wait") (param i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (i32.const 0) (local.get 1)))
//     (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
//     (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
//     (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
//     (func (export "await") (param i32)
//       (loop $again (br_if $again (i32.eqz (i32.load (local.get 0))))))
//     (func (export "await_pages") (param i32)
//       (loop $again (br_if $again (i32.lt_u (memory.size) (local.get 0)))))
//     (func (export "store_buffering") (param $me i32) (param $rounds i32) (local $round i32)
//       (loop $again
//         (local.set $round (i32.add (local.get $round) (i32.const 1)))
//         (drop (i32.atomic.rmw.add (i32.const 256) (i32.const 1)))
//         (loop $arrive
//           (br_if $arrive (i32.lt_u (i32.atomic.load (i32.const 256)) (i32.shl (local.get $round) (i32.const 1)))))
//         (i32.atomic.store offset=512 (i32.shl (local.get $me) (i32.const 6)) (local.get $round))
//         (i32.store offset=1024
//           (i32.add (i32.shl (local.get $me) (i32.const 12)) (i32.shl (local.get $round) (i32.const 2)))
//           (i32.atomic.load offset=512 (i32.shl (i32.xor (local.get $me) (i32.const 1)) (i32.const 6))))
//         (br_if $again (i32.lt_u (local.get $round) (local.get $rounds)))))
//   )
#include "engine/api/guest_testing.h"

#include <atomic>
#include <thread>
#include <tuple>

namespace mote::api {
namespace {

const std::vector<uint8_t>& threads_module() {
  static const std::vector<uint8_t> bytes = bytes_of_hex(
      "0061736d01000000011b0560017f017f60017f0060027f7e017f60027f7f017f60027f7f0002110104686f7374066d656d6f727902030104030a0900"
      "0102030000010104075a090361646400000a6164645f6c6f636b6564000104776169740002066e6f7469667900030467726f770004046c6f61640005"
      "05617761697400060b61776169745f706167657300070f73746f72655f627566666572696e6700080a9902091d00034041004101fe1e02001a200041"
      "016b22000d000b4100fe1002000b5d0003400240410841004101fe480200450d00034041084102fe410200450d0141084102427ffe0102001a0c000b"
      "0b4110411028020041016a36020041084100fe410200410246044041084101fe0002001a0b200041016b22000d000b0b0c00200041002001fe010200"
      "0b0a0020002001fe0002000b0600200040000b070020002802000b0d0003402000280200450d000b0b0c0003403f002000490d000b0b5901017f0340"
      "200241016a21024180024101fe1e02001a0340418002fe1002002002410174490d000b20004106742002fe170280042000410c7420024102746a2000"
      "410173410674fe100280043602800820022001490d000b0b");
  return bytes;
}

class SharedMemoryTest : public testing::TestWithParam<std::tuple<Tiering, MemoryMode>> {
 protected:
  // A thread's worth: a store with an instance that imports the memory.
  struct Guest {
    Guest(const SharedMemoryTest& test, const StoreLimits& limits = {})
        : store(must(Store::create(*test.engine, limits))), instance(must(test.linker->instantiate(store, *test.module))) {}
    template <class Signature, class... Args>
    auto call(std::string_view name, Args... args) {
      return must(instance.typed_func<Signature>(name))(args...);
    }
    Store store;
    Instance instance;
  };

  void SetUp() override {
    std::tie(tiering, mode) = GetParam();
    if (tiering == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
    EngineConfig config;
    config.tiering = tiering;
    config.codegen.memory = mode;
    config.compiler = test_compiler();
    engine.emplace(must(Engine::create(config)));
    module.emplace(must(Module::compile(*engine, threads_module(), "threads.wasm")));
    linker.emplace(*engine);
    define({});
  }
  void define(const StoreLimits& limits) {
    memory.emplace(must(SharedMemory::create(*engine, {.min_pages = 1, .max_pages = 4}, limits)));
    must(linker->define("host", "memory", *memory));
  }
  std::atomic_ref<uint32_t> word(uint32_t address) {
    return std::atomic_ref(*reinterpret_cast<uint32_t*>(memory->bytes().data() + address));
  }
  // Runs `body` on `count` threads, each with a guest; returns when all have ended.
  void on_threads(int count, const std::function<void(int, Guest&)>& body) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        Guest guest(*this);
        body(i, guest);
      });
    }
  }

  Tiering tiering = {};
  MemoryMode mode = {};
  std::optional<Engine> engine;
  std::optional<Module> module;
  std::optional<Linker> linker;
  std::optional<SharedMemory> memory;
};
INSTANTIATE_TEST_SUITE_P(TiersAndModes, SharedMemoryTest,
                         testing::Combine(testing::Values(Tiering::baseline, Tiering::optimizing),
                                          testing::Values(MemoryMode::guard, MemoryMode::dense)));

TEST_P(SharedMemoryTest, NoIncrementIsLost) {
  on_threads(3, [](int, Guest& guest) { must(guest.call<int32_t(int32_t)>("add", 20'000)); });
  EXPECT_EQ(word(0), 60'000u);
}

TEST_P(SharedMemoryTest, ALockOfWaitAndNotifyExcludes) {
  on_threads(3, [](int, Guest& guest) { must(guest.call<void(int32_t)>("add_locked", 5'000)); });
  EXPECT_EQ(word(16), 15'000u);
  EXPECT_EQ(word(8), 0u);
}

// Sequential consistency: of two threads that each store and then read the other's place, one sees the other's store.
TEST_P(SharedMemoryTest, AtomicStoresAreNotBuffered) {
  constexpr uint32_t rounds = 100;
  on_threads(2, [](int me, Guest& guest) { must(guest.call<void(int32_t, int32_t)>("store_buffering", me, rounds)); });
  for (uint32_t round = 1; round <= rounds; ++round) {
    EXPECT_TRUE(word(1024 + 4 * round) == round || word(1024 + 4096 + 4 * round) == round) << round;
  }
}

// Plain loads and memory.size are made each time, however often a loop asks.
TEST_P(SharedMemoryTest, ALoopSeesWhatOthersDo) {
  Guest other(*this);
  std::jthread reader([&] {
    Guest guest(*this);
    must(guest.call<void(int32_t)>("await", 4));
    must(guest.call<void(int32_t)>("await_pages", 3));
    EXPECT_EQ(must(guest.call<int32_t(int32_t)>("load", 3 * 65536 - 4)), 0);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  word(4) = 1;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(must(other.call<int32_t(int32_t)>("grow", 2)), 1);
  reader.join();
  EXPECT_EQ(memory->pages(), 3u);
  EXPECT_EQ(must(memory->grow(1)), 3u);
  EXPECT_EQ(memory->grow(1).error().kind, ErrorKind::limit);
}

TEST_P(SharedMemoryTest, AWaitIsWokenFromAnotherStoreOnly) {
  Guest waker(*this);
  std::jthread sleeper([&] {
    Guest guest(*this);
    EXPECT_EQ(must(guest.call<int32_t(int32_t, int64_t)>("wait", 32, -1)), 0);
    word(32) = 1;
    EXPECT_EQ(must(guest.call<int32_t(int32_t, int64_t)>("wait", 32, -1)), 1) << "the value differs";
    EXPECT_EQ(must(guest.call<int32_t(int32_t, int64_t)>("wait", 36, 1000)), 2) << "nobody wakes it";
  });
  EXPECT_EQ(must(waker.call<int32_t(int32_t, int32_t)>("notify", 40, 1)), 0);
  while (must(waker.call<int32_t(int32_t, int32_t)>("notify", 32, 1)) == 0) std::this_thread::yield();
}

TEST_P(SharedMemoryTest, AWaitCanBeCancelled) {
  Guest guest(*this);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    guest.store.cancel_waits();
  });
  for (int i = 0; i < 2; ++i) {  // now, or once it wants to
    const auto result = guest.call<int32_t(int32_t, int64_t)>("wait", 32, int64_t{-1});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().trap.kind, TrapKind::interrupt);
    EXPECT_FALSE(result.error().trap.backtrace.empty());
  }
}

TEST_P(SharedMemoryTest, WaitersAreLimitedByName) {
  define({.waiters = 0});
  Guest guest(*this);
  const auto result = guest.call<int32_t(int32_t, int64_t)>("wait", 32, int64_t{0});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.kind, TrapKind::limit);
  EXPECT_NE(result.error().text().find(limits::waiters.name), std::string::npos) << result.error().text();
}

TEST_P(SharedMemoryTest, TheMaximumIsLimitedByName) {
  const auto refused = SharedMemory::create(*engine, {.min_pages = 1, .max_pages = 4}, {.shared_memory_size_bytes = 3 << 16});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  EXPECT_NE(refused.error().message.find(limits::shared_memory_size.name), std::string::npos) << refused.error().message;
  EXPECT_FALSE(SharedMemory::create(*engine, {.min_pages = 1}).has_value()) << "no maximum";
  EXPECT_FALSE(Store::create(*engine, {.waiters = limits::waiters.hard + 1}).has_value());
}

TEST_P(SharedMemoryTest, ImportsMatchInSharednessAndMaximum) {
  Store store = must(Store::create(*engine));
  const auto offer = [&](const MemoryType& type) {
    must(linker->define("host", "memory", must(Memory::create(store, type))));
    const auto instance = linker->instantiate(store, *module);
    return instance ? std::string("linked") : instance.error().text();
  };
  EXPECT_NE(offer({1, 4}).find("incompatible import type"), std::string::npos);
  EXPECT_NE(offer({1, 5, false, true}).find("incompatible import type"), std::string::npos);
  EXPECT_EQ(offer({1, 4, false, true}), "linked");
}

// A store's own shared memory goes on to others, and outlives the store.
TEST_P(SharedMemoryTest, OutlivesTheStoreThatMadeIt) {
  auto first = std::make_optional(must(Store::create(*engine)));
  Memory made = must(Memory::create(*first, MemoryType{1, 4, false, true}));
  EXPECT_FALSE(must(Memory::create(*first, 1, 4)).share().has_value());
  made.bytes()[100] = 7;
  must(linker->define("host", "memory", *made.share()));
  first.reset();
  Guest guest(*this);
  EXPECT_EQ(must(guest.call<int32_t(int32_t)>("load", 100)), 7);
  EXPECT_FALSE(guest.call<int32_t(int32_t)>("load", 65536).has_value());
}

}  // namespace
}  // namespace mote::api
