// Pools: each lease begins with the template whatever the one before did, failed or was stopped; packed sandboxes go on where they
// were; what cannot be pooled is refused.
#include "engine/api/guest_testing.h"
#include "engine/pool/reset_plan.h"

#include <mote/pool.h>
#include <mote/task.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

namespace mote::api {
namespace {

struct Way {
  Tiering tiering;
  MemoryMode memory;
  bool copies_whole;
};

constexpr bool holds_signals_back() {
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
  return true;
#endif
#endif
  return false;
}

class PoolTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (GetParam().tiering == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
    EngineConfig config;
    config.codegen.memory = GetParam().memory;
    config.tiering = GetParam().tiering;
    config.compiler = test_compiler();
    engine.emplace(must(Engine::create(config)));
    module.emplace(must(Module::compile(*engine, guest_module(), "guest.wasm")));
    linker.emplace(*engine);
    must(linker->func("host", "add", [this](Caller& caller, int32_t a, int32_t b) { return on_add(caller, a, b); }));
    must(linker->func(
        "host", "wide",
        [](Caller&, int32_t, int32_t, int32_t, int32_t, uint32_t, int64_t, uint64_t, int32_t, int64_t i, float) { return i; }));
  }
  PoolConfig config() {
    PoolConfig made;
    made.members = {{"guest", *module}};
    made.copies_whole = GetParam().copies_whole;
    return made;
  }
  Pool make(PoolConfig with) { return must(Pool::create(*engine, *linker, std::move(with))); }
  Pool make() { return make(config()); }

  // What an event can change, changed.
  static void disturb(const Pool::Lease& lease) {
    const Instance guest = lease.instance();
    EXPECT_EQ(must(guest.typed_func<int32_t(int32_t)>("grow"))(2), 1);
    const std::span<uint8_t> bytes = guest.memory("memory")->bytes();
    ASSERT_EQ(bytes.size(), 3U << 16);
    for (size_t at = 0; at < bytes.size(); at += 1000) bytes[at] = 0xee;
    must(guest.global("counter")->set(Val(int64_t{77})));
    must(guest.table("table")->set(0, Val::null(ValKind::funcref)));
    must(guest.table("table")->set(1, guest.func("add")->to_ref()));
    EXPECT_EQ(must(guest.table("table")->grow(3, guest.func("grow")->to_ref())), 2U);
    (void)must(lease.store().new_externref(5));
    (void)must(Memory::create(lease.store(), 1, 1));
    lease.store().set_data(this_event());
  }
  void go_on_without(const std::function<void(MemoryMode)>& take);
  static void* this_event() {
    static int event;
    return &event;
  }
  static void expect_template(const Pool::Lease& lease) {
    const Instance guest = lease.instance();
    const std::span<uint8_t> bytes = guest.memory("memory")->bytes();
    ASSERT_EQ(bytes.size(), 1U << 16);
    for (size_t at = 0; at < bytes.size(); ++at) ASSERT_EQ(bytes[at], at >= 8 && at < 12 ? "mote"[at - 8] : 0) << at;
    EXPECT_EQ(guest.global("counter")->get().i64(), 5);
    EXPECT_EQ(guest.table("table")->size(), 2U);
    EXPECT_FALSE(must(guest.table("table")->get(0)).is_null());
    EXPECT_TRUE(must(guest.table("table")->get(1)).is_null());
    EXPECT_EQ(lease.store().data(), nullptr);
    EXPECT_EQ(must(must(guest.typed_func<int32_t(int32_t)>("grow"))(0)), 1);
    EXPECT_EQ(must(guest.typed_func<int32_t(int32_t)>("load"))(4), 0x65746f6d);
  }

  std::function<std::expected<int32_t, Failure>(Caller&, int32_t, int32_t)> on_add = [](Caller&, int32_t a, int32_t b) {
    return a + b;
  };
  std::optional<Engine> engine;
  std::optional<Module> module;
  std::optional<Linker> linker;
};

TEST_P(PoolTest, EachLeaseBeginsWithTheTemplate) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  for (int event = 0; event < 5; ++event) {
    const Pool::Lease lease = must(worker.acquire());
    expect_template(lease);
    disturb(lease);
  }
  EXPECT_EQ(pool.report().sandboxes, 1U);
  EXPECT_EQ(pool.report().tracking.starts_with("copy"), GetParam().copies_whole || !os::WriteWatch::missing().empty());
}

TEST_P(PoolTest, LeasesAtOnceAreApart) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  for (int round = 0; round < 3; ++round) {
    std::vector<Pool::Lease> leases;
    for (int i = 0; i < 5; ++i) {
      leases.push_back(must(worker.acquire()));
      expect_template(leases.back());
      leases.back().instance().memory("memory")->bytes()[100] = static_cast<uint8_t>(i + 1);
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ(leases[static_cast<size_t>(i)].instance().memory("memory")->bytes()[100], i + 1);
  }
  EXPECT_EQ(pool.report().sandboxes, 5U);
}

// Every page first written in the n-th event is put back, for all of both.
TEST_P(PoolTest, ANewPageInAnyEventIsNoticed) {
  constexpr size_t pages = 16, page_size = 4096, most_events = 6;
  const Pool pool = make();
  std::vector<uint8_t> expected(pages * page_size);
  std::memcpy(expected.data() + 8, "mote", 4);
  for (size_t page = 0; page < pages; ++page) {
    for (size_t n = 1; n <= most_events; ++n) {
      Pool::Worker worker = pool.worker();  // with what the one before left to it, that is with pages that are known
      worker.tend();
      for (size_t event = 1; event <= n + 1; ++event) {
        const Pool::Lease lease = must(worker.acquire());
        const std::span<uint8_t> bytes = lease.instance().memory("memory")->bytes();
        ASSERT_TRUE(std::ranges::equal(bytes, expected)) << "page " << page << ", event " << event << " of " << n;
        bytes[event == n ? page * page_size + 123 : 7] = 0xff;
      }
    }
  }
}

TEST_P(PoolTest, FunctionsAreFoundOnce) {
  const Pool pool = make();
  const auto add = must(pool.func<int32_t(int32_t, int32_t)>("add"));
  Pool::Worker worker = pool.worker();
  EXPECT_EQ(must(add.in(must(worker.acquire()))(2, 3)), 5);
  EXPECT_EQ(pool.func<int32_t(int32_t)>("add").error().kind, ErrorKind::bad_input);
  EXPECT_EQ(pool.func<void()>("nothing").error().kind, ErrorKind::not_found);
  EXPECT_EQ((pool.func<int32_t(int32_t, int32_t)>("add", "nobody").error().kind), ErrorKind::not_found);
}

TEST_P(PoolTest, AFailedEventIsOneEvent) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  for (int event = 0; event < 3; ++event) {
    for (const char* name : {"crash", "recurse"}) {
      const Pool::Lease lease = must(worker.acquire());
      expect_template(lease);
      disturb(lease);
      EXPECT_EQ(must(lease.instance().typed_func<void()>(name))().error().kind, Failure::Kind::trap);
    }
    on_add = [](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> { return std::unexpected(Failure::exit(3)); };
    const Pool::Lease lease = must(worker.acquire());
    EXPECT_EQ(must(lease.instance().typed_func<int32_t(int32_t, int32_t)>("add"))(1, 2).error().exit_code, 3);
  }
  expect_template(must(worker.acquire()));
  EXPECT_EQ(pool.report().sandboxes, 1U);
}

TEST_P(PoolTest, AStopEndsItsEventOnly) {
  if (holds_signals_back()) GTEST_SKIP() << "a guest that only computes is ended by a signal";
  const Pool pool = make();
  const auto spin = must(pool.func<void()>("spin"));
  Pool::Worker worker = pool.worker();
  std::vector<Stopper> old;
  for (int event = 0; event < 10; ++event) {
    const Pool::Lease lease = must(worker.acquire());
    expect_template(lease);
    disturb(lease);
    old.push_back(lease.store().stopper());
    const Stopper stopper = event % 2 == 0 ? old.back() : lease.stopper();
    std::thread killer([&] { (void)stopper.stop("enough", 1'000'000'000); });
    const auto ended = spin.in(lease)();
    killer.join();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().trap.kind, TrapKind::interrupt);
    for (size_t i = 0; i + 1 < old.size(); ++i) (void)old[i].stop("an event that is over");
  }
  const Pool::Lease lease = must(worker.acquire());
  for (const Stopper& stopper : old) (void)stopper.stop("an event that is over");
  expect_template(lease);
}

TEST_P(PoolTest, ATaskMayRunInALease) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  for (int event = 0; event < 3; ++event) {
    const Pool::Lease lease = must(worker.acquire());
    on_add = [](Caller& caller, int32_t a, int32_t b) { return caller.park() ? a * b : 0; };
    int32_t got = 0;
    Task task(lease.store(), [&] { got = must(must(lease.instance().typed_func<int32_t(int32_t, int32_t)>("add"))(6, 7)); });
    EXPECT_EQ(must(task.resume()), Task::Step::parked);
    EXPECT_EQ(must(task.resume()), Task::Step::ended);
    EXPECT_EQ(got, 42);
    disturb(lease);
  }
  expect_template(must(worker.acquire()));
}

TEST_P(PoolTest, PackedSandboxesGoOnWhereTheyWere) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  std::vector<Pool::Packed> packed;
  for (uint8_t i = 0; i < 20; ++i) {
    Pool::Lease lease = must(worker.acquire());
    expect_template(lease);
    const Instance guest = lease.instance();
    if (i % 2 == 1) EXPECT_EQ(must(must(guest.typed_func<int32_t(int32_t)>("grow"))(1)), 1);
    const std::span<uint8_t> bytes = guest.memory("memory")->bytes();
    bytes[i * 3000U] = i;
    bytes[bytes.size() - 1] = i;
    must(guest.global("counter")->set(Val(int64_t{i} + 1000)));
    if (i % 3 == 0) must(guest.table("table")->set(1, guest.func("load")->to_ref()));
    packed.push_back(must(lease.pack()));
    EXPECT_LT(packed.back().size_bytes(), 2 * 4096 + 600U);
  }
  EXPECT_EQ(pool.report().sandboxes, 1U);
  EXPECT_EQ(pool.report().packed, 20U);
  expect_template(must(worker.acquire()));
  for (uint8_t i = 20; i-- > 0;) {
    const Pool::Lease lease = must(worker.unpack(std::move(packed[i])));
    const Instance guest = lease.instance();
    const std::span<uint8_t> bytes = guest.memory("memory")->bytes();
    EXPECT_EQ(bytes.size(), (i % 2 == 1 ? 2U : 1U) << 16);
    for (size_t at = 0; at < bytes.size(); ++at) {
      const uint8_t expected = at == i * 3000U || at == bytes.size() - 1 ? i
                               : at >= 8 && at < 12                      ? static_cast<uint8_t>("mote"[at - 8])
                                                                         : 0;
      ASSERT_EQ(bytes[at], expected) << at;
    }
    EXPECT_EQ(guest.global("counter")->get().i64(), i + 1000);
    const Val entry = must(guest.table("table")->get(1));
    ASSERT_EQ(entry.is_null(), i % 3 != 0);
    if (i % 3 == 0) EXPECT_EQ(Func::from_ref(lease.store(), entry)->handle, guest.func("load")->handle);
  }
  packed.clear();
  EXPECT_EQ(pool.report().packed_bytes, 0U);
  expect_template(must(worker.acquire()));
}

TEST_P(PoolTest, WhatTheHostMadeCannotBePacked) {
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  Pool::Lease lease = must(worker.acquire());
  (void)must(lease.store().new_externref(1));
  EXPECT_EQ(lease.pack().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(lease.instance().global("counter")->get().i64(), 5) << "the lease is as it was";
}

TEST_P(PoolTest, HasALimit) {
  PoolConfig limited = config();
  limited.sandboxes = 2;
  const Pool pool = make(limited);
  Pool::Worker worker = pool.worker(), other = pool.worker();
  {
    const Pool::Lease a = must(worker.acquire()), b = must(other.acquire());
    const auto none = worker.acquire();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::limit);
    EXPECT_NE(none.error().message.find("pool-sandboxes"), std::string::npos);
  }
  expect_template(must(worker.acquire()));
  limited.sandboxes = limits::pool_sandboxes.hard + 1;
  EXPECT_FALSE(Pool::create(*engine, *linker, limited));
  PoolConfig small = config();
  small.limits.memory_size_bytes = 1000;
  const auto refused = Pool::create(*engine, *linker, small);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("pool-memory-size"), std::string::npos) << refused.error().text();
}

TEST_P(PoolTest, GivesBackWhatAGuestOverDirtied) {
  PoolConfig frugal = config();
  frugal.kept_bytes_each = 8192;
  const Pool pool = make(frugal);
  Pool::Worker worker = pool.worker();
  {
    const Pool::Lease lease = must(worker.acquire());
    disturb(lease);
  }
  const bool watches = pool.report().tracking == "watch";
  if (watches) EXPECT_GT(pool.report().kept_bytes, 8192U);
  worker.tend();
  EXPECT_EQ(pool.report().kept_bytes, 0U);
  for (int event = 0; event < 3; ++event) {
    const Pool::Lease lease = must(worker.acquire());
    expect_template(lease);
    disturb(lease);
  }
  EXPECT_EQ(pool.report().sandboxes, 1U);
}

// What all together may keep: less than one event needs. Tending ends, and everything goes on.
TEST_P(PoolTest, KeepsToItsBudget) {
  PoolConfig frugal = config();
  frugal.kept_bytes = 10'000;
  const Pool pool = make(frugal);
  Pool::Worker worker = pool.worker(), other = pool.worker();
  for (int round = 0; round < 3; ++round) {
    {
      std::vector<Pool::Lease> leases;
      for (int i = 0; i < 6; ++i) {
        leases.push_back(must((i % 2 == 0 ? worker : other).acquire()));
        expect_template(leases.back());
        disturb(leases.back());
      }
    }
    worker.tend();
    other.tend();
    EXPECT_LE(pool.report().kept_bytes, 10'000U);
  }
  EXPECT_EQ(pool.report().sandboxes, 6U);
}

TEST_P(PoolTest, LeavesIdleSandboxesToOthers) {
  PoolConfig limited = config();
  limited.sandboxes = 3;
  const Pool pool = make(limited);
  Pool::Worker busy = pool.worker(), other = pool.worker();
  {
    const Pool::Lease a = must(busy.acquire()), b = must(busy.acquire()), c = must(busy.acquire());
  }
  busy.tend();  // three were needed at once
  EXPECT_FALSE(other.acquire());
  {
    const Pool::Lease one = must(busy.acquire());
  }
  busy.tend();
  const Pool::Lease a = must(other.acquire()), b = must(other.acquire());
  expect_template(a);
  busy = pool.worker();  // and what it had goes to the others
  const Pool::Lease c = must(other.acquire());
}

// Whatever an embedder sets for one event is not there in the next.
TEST_P(PoolTest, NothingOfTheHostStaysEither) {
  if (holds_signals_back()) GTEST_SKIP() << "a guest that only computes is ended by a signal";
  const Pool pool = make();
  const auto spin = must(pool.func<void()>("spin"));
  Pool::Worker worker = pool.worker();
  int woken = 0;
  std::optional<Stopper> copy, other_copy;
  {
    const Pool::Lease lease = must(worker.acquire());
    lease.store().set_epoch_deadline(0);
    lease.store().set_fuel(77);
    lease.store().on_stop([&] { ++woken; });
    lease.store().set_growth_observer([&](uint64_t, uint64_t, bool) { ++woken; });
    lease.store().cancel_waits();
    copy = lease.stopper();
    (void)lease.stopper().cpu_time_ns();
    (void)lease.stopper().notify_when_running([&] { ++woken; });
    (void)must(linker->instantiate(lease.store(), *module));
    EXPECT_EQ(lease.instance().handle, lease.instance(0).handle) << "the pool's, not the last one made";
  }
  const Pool::Lease lease = must(worker.acquire());
  EXPECT_EQ(lease.store().fuel(), 0);
  EXPECT_TRUE(copy->stop("an event that is over"));
  expect_template(lease);
  EXPECT_EQ(must(must(lease.instance().typed_func<int32_t(int32_t)>("grow"))(1)), 1);
  EXPECT_EQ(woken, 0);
  std::thread killer([&] { (void)lease.stopper().stop("enough", 1'000'000'000); });
  EXPECT_FALSE(spin.in(lease)());
  killer.join();
  EXPECT_EQ(woken, 0);
}

TEST_P(PoolTest, AFailedUnpackLosesNothing) {
  PoolConfig limited = config();
  limited.sandboxes = 1;
  const Pool pool = make(limited), another = make();
  Pool::Worker worker = pool.worker(), stranger = another.worker();
  Pool::Lease first = must(worker.acquire());
  first.instance().memory("memory")->bytes()[5000] = 9;
  Pool::Packed packed = must(first.pack());
  {
    const Pool::Lease taken = must(worker.acquire());
    EXPECT_EQ(worker.unpack(std::move(packed)).error().kind, ErrorKind::limit);
  }
  EXPECT_EQ(stranger.unpack(std::move(packed)).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(must(worker.unpack(std::move(packed))).instance().memory("memory")->bytes()[5000], 9);
  EXPECT_EQ(worker.unpack(std::move(packed)).error().kind, ErrorKind::bad_input);
}

// A child has no part in its parent's sandboxes, and may have a pool of its own; the parent's goes on.
TEST_P(PoolTest, AForkedChildIsApart) {
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "forks with threads";
#endif
#endif
  const Pool pool = make();
  Pool::Worker worker = pool.worker();
  const Pool::Lease mine = must(worker.acquire());
  const pid_t child = fork();
  if (child == 0) {
    const Pool own = make();
    Pool::Worker own_worker = own.worker();
    for (int event = 0; event < 3; ++event) {
      const Pool::Lease lease = must(own_worker.acquire());
      expect_template(lease);
      disturb(lease);
    }
    _exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  disturb(mine);
  for (int event = 0; event < 3; ++event) {
    const Pool::Lease lease = must(worker.acquire());
    expect_template(lease);
    disturb(lease);
  }
}

TEST_P(PoolTest, AWorkersSandboxesGoToTheOthers) {
  const Pool pool = make();
  std::optional<Pool::Worker> first = pool.worker();
  must(first->arm(3));
  first.reset();
  Pool::Worker second = pool.worker();
  const Pool::Lease a = must(second.acquire()), b = must(second.acquire()), c = must(second.acquire());
  EXPECT_EQ(pool.report().sandboxes, 3U);
}

TEST_P(PoolTest, ThreadsShareAPool) {
  const Pool pool = make();
  const auto add = must(pool.func<int32_t(int32_t, int32_t)>("add"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Pool::Worker worker = pool.worker();
      for (int event = 0; event < 500; ++event) {
        const Pool::Lease lease = must(worker.acquire());
        const std::span<uint8_t> bytes = lease.instance().memory("memory")->bytes();
        const size_t at = 4096 + static_cast<size_t>(event) * 97 % 60000;
        ASSERT_EQ(bytes[at], 0);
        bytes[at] = 1;
        ASSERT_EQ(must(add.in(lease)(t, event)), t + event);
        if (event % 100 == 0) worker.tend();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// What a machine can run out of: each leaves enough for some sandboxes.
void take_address_space(MemoryMode mode) {
  rlimit limit = {};
  getrlimit(RLIMIT_AS, &limit);
  uint64_t pages = 0;  // so far
  std::ifstream("/proc/self/statm") >> pages;
  limit.rlim_cur = pages * 4096 + ((mode == MemoryMode::guard ? 40ull : 4ull) << 30);
  setrlimit(RLIMIT_AS, &limit);
}
// Up to vm.max_map_count: pages whose neighbours are protected otherwise are mappings of their own.
void take_mappings(MemoryMode) {
  constexpr size_t size = 128ul << 20, page = 4096, left = 100;
  std::vector<uint8_t*> taken;
  for (;;) {
    auto* const base = static_cast<uint8_t*>(mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (base == MAP_FAILED) break;
    bool is_full = false;
    for (uint8_t* at = base + page; !is_full && at < base + size; at += 2 * page) {
      is_full = mprotect(at, page, PROT_READ) != 0;
      if (!is_full) taken.push_back(at);
    }
    if (is_full) break;
  }
  for (size_t i = 0; i < left && !taken.empty(); i += 2) {
    mprotect(taken.back(), page, PROT_NONE);
    taken.pop_back();
  }
}

// In a process of its own: an error, and what there is goes on serving.
void PoolTest::go_on_without(const std::function<void(MemoryMode)>& take) {
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "a sanitizer needs what this takes away";
#endif
#endif
  EXPECT_EXIT(
      {
        const Pool pool = make();
        Pool::Worker worker = pool.worker();
        disturb(must(worker.acquire()));  // has a stack, too
        take(GetParam().memory);
        std::vector<Pool::Lease> leases;
        bool is_told = false;
        while (leases.size() < 100'000) {
          auto lease = worker.acquire();
          if (!lease) {
            is_told = lease.error().kind == ErrorKind::unavailable || lease.error().kind == ErrorKind::limit;
            break;
          }
          lease->instance().memory("memory")->bytes()[5000] = 1;
          leases.push_back(*std::move(lease));
        }
        const size_t most = leases.size();
        leases.clear();
        for (int event = 0; event < 100; ++event) {
          const Pool::Lease lease = must(worker.acquire());
          expect_template(lease);
          (void)must(must(lease.instance().typed_func<int32_t(int32_t)>("grow"))(2));
          for (uint8_t& byte : lease.instance().memory("memory")->bytes()) byte = 7;
        }
        _exit(!is_told ? 1 : most == 0 ? 2 : HasFailure() ? 3 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST_P(PoolTest, GoesOnWhereTheMachineHasNoMoreAddressSpace) {
  go_on_without(take_address_space);
}
TEST_P(PoolTest, GoesOnWhereTheMachineHasNoMoreMappings) {
  go_on_without(take_mappings);
}

TEST_P(PoolTest, RefusesWhatBelongsToAStore) {
  Store store = must(Store::create(*engine));
  must(linker->define("host", "add",
                      must(Func::create(store, {{{ValKind::i32, "i32"}, {ValKind::i32, "i32"}}, {{ValKind::i32, "i32"}}},
                                        [](Caller&, std::span<const Val>, std::span<Val>) -> HostResult { return {}; }))));
  const auto refused = Pool::create(*engine, *linker, config());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::bad_input);
  EXPECT_FALSE(Pool::create(*engine, *linker, {}));
}

// (memory (export "memory") 2) (func (export "f") (result i32) i32.const 42)
// (data (i32.const 4090) "abcdefghij") (data (i32.const 4092) "XY") (data (i32.const 70000) "z")
constexpr std::string_view with_segments =
    "0061736d010000000105016000017f030201000503010002070e02066d656d6f727902000166000"
    "00a06010400412a0b0b21030041fa1f0b0a6162636465666768696a0041fc1f0b0258590041f0a2040b017a";

TEST_P(PoolTest, MemoriesAreWhatSegmentsSay) {
  PoolConfig with = config();
  with.members = {{"guest", must(Module::compile(*engine, bytes_of_hex(with_segments)))}};
  const Pool pool = make(std::move(with));
  Pool::Worker worker = pool.worker();
  std::vector<uint8_t> expected(2U << 16);
  std::memcpy(expected.data() + 4090, "abXYefghij", 10);
  expected[70000] = 'z';
  const auto memory = [](const Pool::Lease& lease) { return lease.instance().memory("memory")->bytes(); };
  for (int event = 0; event < 4; ++event) {
    Pool::Lease one = must(worker.acquire());
    const Pool::Lease other = must(worker.acquire());
    ASSERT_TRUE(std::ranges::equal(memory(one), expected)) << event;
    memory(one)[4091 + static_cast<size_t>(event)] = 0xee;
    ASSERT_TRUE(std::ranges::equal(memory(other), expected)) << event;
    Pool::Packed packed = must(one.pack());
    EXPECT_LT(packed.size_bytes(), 2 * 4096U) << "one page differs";
    const Pool::Lease again = must(worker.unpack(std::move(packed)));
    EXPECT_EQ(memory(again)[4091 + static_cast<size_t>(event)], 0xee);
    std::ranges::fill(memory(again), 0xdd);
    std::ranges::fill(memory(other), 0xdd);
  }
  EXPECT_EQ(pool.report().template_bytes, 3 * 4096U);
}

// (memory (export "memory") 2) (data (i32.const 4090) "abcdefghij")
// (func (export NAME) i32.const 4096 i32.const 7 i32.store8): called at initialization in two ways
TEST_P(PoolTest, MemoriesAreWhatInitializationLeaves) {
  const std::string head =
      "0061736d010000000104016000000302010005030100020718"
      "02066d656d6f72790200"
      "0b";
  const std::string tail =
      "0a0c010a0041802041073a00000b"
      "0b11010041fa1f0b0a6162636465666768696a";
  for (const std::string& wasm : {head + "5f696e697469616c697a650000" + tail,  // "_initialize"
                                  head +
                                      "5f696e697469616c697a780000"
                                      "080100" +
                                      tail}) {  // a start function
    PoolConfig with = config();
    with.members = {{"guest", must(Module::compile(*engine, bytes_of_hex(wasm)))}};
    const Pool pool = make(std::move(with));
    Pool::Worker worker = pool.worker();
    for (int event = 0; event < 3; ++event) {
      const Pool::Lease lease = must(worker.acquire());
      const std::span<uint8_t> bytes = lease.instance().memory("memory")->bytes();
      EXPECT_EQ(std::string(bytes.begin() + 4090, bytes.begin() + 4100), "abcdef\7hij");
      std::ranges::fill(bytes, 0xdd);
    }
  }
}

TEST_P(PoolTest, MissingImportsAreNamed) {
  const Linker empty(*engine);
  const auto refused = Pool::create(*engine, empty, config());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::not_found);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, PoolTest,
    testing::Values(Way{Tiering::baseline, MemoryMode::guard, false}, Way{Tiering::baseline, MemoryMode::dense, false},
                    Way{Tiering::optimizing, MemoryMode::guard, false}, Way{Tiering::optimizing, MemoryMode::dense, false},
                    Way{Tiering::baseline, MemoryMode::guard, true}, Way{Tiering::baseline, MemoryMode::dense, true}),
    [](const auto& info) {
      const Way& way = info.param;
      return std::string(way.tiering == Tiering::baseline ? "baseline" : "optimizing") +
             (way.memory == MemoryMode::dense ? "_dense" : "_guard") + (way.copies_whole ? "_copied" : "");
    });

}  // namespace
}  // namespace mote::api
