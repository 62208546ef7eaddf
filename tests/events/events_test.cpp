// Events that guests answer from memory: what one costs the host (no allocation, no system call), and what its limits are.
// (wat2wasm)
//
//   (module
//     (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
//     (memory (export "memory") 3)
//     (func $check (param i32) (if (local.get 0) (then unreachable)))
//     (func (export "answer") (local $size i32)
//       (loop $again
//         (i32.store (i32.const 0) (i32.add (i32.const 65536) (local.get $size)))
//         (i32.store (i32.const 4) (i32.const 1000))
//         (call $check (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
//         (local.set $size (i32.add (local.get $size) (i32.load (i32.const 8))))
//         (br_if $again (i32.load (i32.const 8))))
//       (call $check (call $clock (i32.const 1) (i64.const 0) (i32.const 16)))
//       (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (local.get $size))
//       (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
//     (func (export "draw") (param $size i32)
//       (loop $again (call $check (call $random (i32.const 65536) (local.get $size))) (br $again)))
//     (func (export "draw_once") (call $check (call $random (i32.const 65536) (i32.const 16)))))
#include "base/core/allocations_testing.h"
#include "host/running/event_watchdog.h"
#include "host/sandbox/event.h"
#include "host/sandbox/system.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>
#include <mote/pool.h>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace mote {
namespace {

constexpr uint8_t guest_module[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x1d, 0x05, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x03,
    0x7f, 0x7e, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x00, 0x00, 0x02, 0x90, 0x01,
    0x04, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69,
    0x65, 0x77, 0x31, 0x07, 0x66, 0x64, 0x5f, 0x72, 0x65, 0x61, 0x64, 0x00, 0x00, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e,
    0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x08, 0x66, 0x64, 0x5f, 0x77, 0x72,
    0x69, 0x74, 0x65, 0x00, 0x00, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70,
    0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x0e, 0x63, 0x6c, 0x6f, 0x63, 0x6b, 0x5f, 0x74, 0x69, 0x6d, 0x65, 0x5f, 0x67, 0x65,
    0x74, 0x00, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65,
    0x76, 0x69, 0x65, 0x77, 0x31, 0x0a, 0x72, 0x61, 0x6e, 0x64, 0x6f, 0x6d, 0x5f, 0x67, 0x65, 0x74, 0x00, 0x02, 0x03, 0x05, 0x04,
    0x03, 0x04, 0x03, 0x04, 0x05, 0x03, 0x01, 0x00, 0x03, 0x07, 0x26, 0x04, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00,
    0x06, 0x61, 0x6e, 0x73, 0x77, 0x65, 0x72, 0x00, 0x05, 0x04, 0x64, 0x72, 0x61, 0x77, 0x00, 0x06, 0x09, 0x64, 0x72, 0x61, 0x77,
    0x5f, 0x6f, 0x6e, 0x63, 0x65, 0x00, 0x07, 0x0a, 0x88, 0x01, 0x04, 0x08, 0x00, 0x20, 0x00, 0x04, 0x40, 0x00, 0x0b, 0x0b, 0x5e,
    0x01, 0x01, 0x7f, 0x03, 0x40, 0x41, 0x00, 0x41, 0x80, 0x80, 0x04, 0x20, 0x00, 0x6a, 0x36, 0x02, 0x00, 0x41, 0x04, 0x41, 0xe8,
    0x07, 0x36, 0x02, 0x00, 0x41, 0x00, 0x41, 0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x00, 0x10, 0x04, 0x20, 0x00, 0x41, 0x08, 0x28,
    0x02, 0x00, 0x6a, 0x21, 0x00, 0x41, 0x08, 0x28, 0x02, 0x00, 0x0d, 0x00, 0x0b, 0x41, 0x01, 0x42, 0x00, 0x41, 0x10, 0x10, 0x02,
    0x10, 0x04, 0x41, 0x00, 0x41, 0x80, 0x80, 0x04, 0x36, 0x02, 0x00, 0x41, 0x04, 0x20, 0x00, 0x36, 0x02, 0x00, 0x41, 0x01, 0x41,
    0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x01, 0x10, 0x04, 0x0b, 0x11, 0x00, 0x03, 0x40, 0x41, 0x80, 0x80, 0x04, 0x20, 0x00, 0x10,
    0x03, 0x10, 0x04, 0x0c, 0x00, 0x0b, 0x0b, 0x0c, 0x00, 0x41, 0x80, 0x80, 0x04, 0x41, 0x10, 0x10, 0x03, 0x10, 0x04, 0x0b};

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text();
    abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

const Engine& engine() {
  static const Engine one = must(Engine::create({.tiering = Tiering::baseline}));
  return one;
}

// A store that serves events, one after another. Its memory is not reset here: that is the pool's.
class Events : public testing::Test {
 protected:
  Events() : store_(must(Store::create(engine()))) {
    static const Module module = must(Module::compile(engine(), guest_module, "guest.wasm"));
    Linker linker(engine());
    must(wasi_p1::define_all(linker));
    store_.set_data(&events_.process());
    instance_ = must(linker.instantiate(store_, module));
    events_.arm();
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) const {
    return must(instance_.typed_func<Signature>(name));
  }
  bool answers(const TypedFunc<void()>& answer, const std::string& event) {
    events_.begin({reinterpret_cast<const uint8_t*>(event.data()), event.size()});
    const bool is_right =
        answer().has_value() && std::ranges::equal(events_.answer(), event, {}, {}, [](char c) { return static_cast<uint8_t>(c); });
    events_.reset();
    return is_right;
  }

  sandbox::SystemClocks clocks_;
  sandbox::SystemRandom random_;
  sandbox::ReserveRandom reserve_;
  sandbox::EventProcess events_{clocks_, random_, {.host_call_bytes = 1'000'000}};
  Store store_;
  Instance instance_;
};

TEST_F(Events, AllocateNothing) {
  const auto answer = func<void()>("answer");
  const std::string small(40, 's'), large(60'000, 'l');
  for (int i = 0; i < 100; ++i) {
    const uint64_t before = allocations;
    const bool is_right = answers(answer, i % 2 == 0 ? large : small);
    const uint64_t made = allocations - before;
    EXPECT_TRUE(is_right);
    if (i > 1) EXPECT_EQ(made, 0u) << i;
  }
}

// From here on this process may only end: any other system call kills it.
bool allow_only_the_end() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const sock_fprog filter = {std::size(program), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
int status_of_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST_F(Events, MakeNoSystemCall) {
  const auto answer = func<void()>("answer");
  const std::string event(5'000, 'e');
  ASSERT_TRUE(answers(answer, event));
  running::EventWatchdog dog;
  const auto line = dog.line();
  const Stopper stopper = store_.stopper();
  const int status = status_of_child([&] {
    if (!answers(answer, event) || !allow_only_the_end()) return 1;
    for (int i = 0; i < 1000; ++i) {
      line->begin(stopper, {.wall_ns = 1'000'000'000});
      if (!answers(answer, event)) return 2;
      if (line->end()) return 3;
    }
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  // That the trap would have been noticed:
  const int killed = status_of_child([&] {
    if (!allow_only_the_end()) return 1;
    return getppid() == 0 ? 2 : 3;
  });
  EXPECT_TRUE(WIFSIGNALED(killed)) << killed;
}

// Most draws of few numbers are none either: here 250 of 255.
TEST_F(Events, RandomNumbersComeFromAReserve) {
  sandbox::EventProcess process(clocks_, reserve_);
  process.arm();
  store_.set_data(&process.process());
  const auto draw = func<void()>("draw_once");
  must(draw());
  const int status = status_of_child([&] {
    if (!draw() || !allow_only_the_end()) return 1;
    for (int i = 0; i < 250; ++i) {
      if (!draw()) return 2;
      process.reset();
    }
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(Events, TheBytesOfHostCallsHaveALimit) {
  for (const int32_t size : {1, 1000, 60'000}) {
    const auto ended = func<void(int32_t)>("draw")(size);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().kind, Failure::Kind::trap);
    EXPECT_EQ(ended.error().trap.kind, TrapKind::limit);
    EXPECT_EQ(ended.error().trap.message,
              "limit exceeded: max-host-call-bytes=1000000: host calls were to move more bytes in and out of the guest's memory");
    events_.reset();
    EXPECT_TRUE(answers(func<void()>("answer"), "the next event")) << "it has its own";
  }
}

// ---- In a pool: a fresh sandbox for each event, and the process beside it ----

class PooledEvents : public testing::Test {
 protected:
  PooledEvents() {
    make_pool();
    events_.arm();
  }
  void make_pool() {
    static const Module module = must(Module::compile(engine(), guest_module, "guest.wasm"));
    Linker linker(engine());
    must(wasi_p1::define_all(linker));
    pool_.emplace(must(Pool::create(engine(), linker, {.members = {{"guest", module}}})));
    worker_.emplace(pool_->worker());
    answer_.emplace(must(pool_->func<void()>("answer")));
  }
  // A child of fork() has none of its parent's sandboxes, and must not end their pool either.
  void make_pool_of_child() {
    (void)new Pool(*std::move(pool_));
    (void)new Pool::Worker(*std::move(worker_));
    make_pool();
  }
  // From acquire to reset; `line` watches.
  bool answers(const std::string& event, running::EventWatchdog::Line& line) {
    auto lease = worker_->acquire();
    if (!lease) return false;
    lease->store().set_data(&events_.process());
    events_.begin({reinterpret_cast<const uint8_t*>(event.data()), event.size()});
    line.begin(lease->stopper(), {.wall_ns = 10'000'000'000, .cpu_ns = 10'000'000'000});
    const bool has_answered = answer_->in(*lease)().has_value();
    const bool was_told = line.end();
    const bool is_right = has_answered && !was_told &&
                          std::ranges::equal(events_.answer(), event, {}, {}, [](char c) { return static_cast<uint8_t>(c); });
    events_.reset();
    return is_right;
  }

  std::optional<Pool> pool_;
  std::optional<Pool::Worker> worker_;
  std::optional<PoolFunc<void()>> answer_;
  sandbox::SystemClocks clocks_;
  sandbox::ReserveRandom random_;
  sandbox::EventProcess events_{clocks_, random_};
  running::EventWatchdog dog_;
};

TEST_F(PooledEvents, AllocateNothingAndMakeNoSystemCall) {
  const auto line = dog_.line();
  const std::string event(5'000, 'e');
  for (int i = 0; i < 50; ++i) {
    const uint64_t before = allocations;
    const bool is_right = answers(event, *line);
    const uint64_t made = allocations - before;
    EXPECT_TRUE(is_right);
    if (i > 10) EXPECT_EQ(made, 0u) << i;
  }
  const int status = status_of_child([&] {
    make_pool_of_child();
    if (!answers(event, *line) || !allow_only_the_end()) return 1;
    for (int i = 0; i < 1000; ++i) {
      if (!answers(event, *line)) return 2;
    }
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// What the kernel reads into a page that no event has written to yet arrives, and is gone for the next event.
TEST_F(PooledEvents, TheKernelWritesIntoMemoryThatIsPutBack) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  sandbox::Process process(clocks_, random_);
  ASSERT_TRUE(process.open({.stream = sandbox::system_stream(ends[0]), .is_readable = true}));
  ASSERT_TRUE(
      process.open({.stream = std::make_unique<sandbox::EventOutput>(100'000, "stdout", process.denials), .is_writable = true}));
  auto& output = static_cast<sandbox::EventOutput&>(*process.find(1)->stream);
  process.arm();
  const std::string secret(20'000, 's');
  ASSERT_EQ(write(ends[1], secret.data(), secret.size()), static_cast<ssize_t>(secret.size()));
  close(ends[1]);
  {
    const auto lease = must(worker_->acquire());
    lease.store().set_data(&process);
    must(answer_->in(lease)());
    EXPECT_TRUE(std::ranges::equal(output.bytes(), secret, {}, {}, [](char c) { return static_cast<uint8_t>(c); }));
    EXPECT_EQ(lease.instance().memory("memory")->bytes()[65536 + 19'999], 's');
  }
  const auto lease = must(worker_->acquire());
  const auto memory = lease.instance().memory("memory")->bytes();
  EXPECT_TRUE(std::ranges::all_of(memory, [](uint8_t byte) { return byte == 0; }));
  close(ends[0]);
}

// Sandboxes are ended and used again, by several threads; each event has its own time. Those that were told have failed, all others
// have answered.
TEST_F(PooledEvents, AnEventThatTakesTooLongIsTheOnlyOneThatEnds) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it, which a guest never does";
#endif
#endif
  std::thread watching([&] { dog_.run(); });
  const auto draw = must(pool_->func<void(int32_t)>("draw"));
  std::atomic<uint64_t> ended = 0, answered = 0;
  const auto work = [&](uint32_t seed) {
    sandbox::ReserveRandom random;
    sandbox::EventProcess events(clocks_, random, {.host_call_bytes = UINT64_MAX});
    events.arm();
    Pool::Worker worker = pool_->worker();
    const auto line = dog_.line();
    const std::string event(1000, 'e');
    for (uint32_t i = 0; i < 20'000; ++i) {
      auto lease = must(worker.acquire());
      lease.store().set_data(&events.process());
      events.begin({reinterpret_cast<const uint8_t*>(event.data()), event.size()});
      const bool is_endless = (i + seed) % 1000 == 0;
      line->begin(lease.stopper(), {.wall_ns = is_endless ? uint64_t{2'000'000} : uint64_t{10'000'000'000}});
      const auto done = is_endless ? draw.in(lease)(16) : answer_->in(lease)();
      const bool was_told = line->end();
      EXPECT_EQ(was_told, is_endless);
      EXPECT_EQ(done.has_value(), !is_endless);
      if (!is_endless) EXPECT_EQ(events.answer().size(), event.size());
      ++(was_told ? ended : answered);
      events.reset();
    }
  };
  std::thread first(work, 0), second(work, 500);
  first.join();
  second.join();
  EXPECT_EQ(ended, 40u);
  EXPECT_EQ(answered, 39'960u);
  dog_.end();
  watching.join();
}

}  // namespace
}  // namespace mote
