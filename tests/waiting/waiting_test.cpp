// Guests of preview 1 that share a thread: what waits in fd_read, fd_write or poll_oneoff leaves it to the others, and a stop ends
// the wait. (wat2wasm)
//
//   (module
//     (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
//     (memory (export "memory") 8)
//     (func $check (param i32) (if (local.get 0) (then unreachable)))
//     (func $vector (param $size i32)
//       (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (local.get $size)))
//     ;; Bytes read from descriptor 0 until its end.
//     (func (export "read_all") (result i32) (local $sum i32)
//       (call $vector (i32.const 1000))
//       (loop $again
//         (call $check (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
//         (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 8))))
//         (br_if $again (i32.load (i32.const 8))))
//       (local.get $sum))
//     ;; Writes that many bytes to descriptor 1 in one call; how many it took.
//     (func (export "write") (param $size i32) (result i32)
//       (call $vector (local.get $size))
//       (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
//       (i32.load (i32.const 8)))
//     ;; Sleeps on the monotonic clock.
//     (func (export "sleep") (param $ns i64)
//       (memory.fill (i32.const 100) (i32.const 0) (i32.const 48))
//       (i32.store (i32.const 116) (i32.const 1)) (i64.store (i32.const 124) (local.get $ns))
//       (call $check (call $poll (i32.const 100) (i32.const 200) (i32.const 1) (i32.const 8))))
//     ;; Waits for descriptor 0 or a time; 0: the time came first, 1: the descriptor, 2: both.
//     (func (export "read_or_sleep") (param $ns i64) (result i32)
//       (memory.fill (i32.const 100) (i32.const 0) (i32.const 96))
//       (i32.store (i32.const 116) (i32.const 1)) (i64.store (i32.const 124) (local.get $ns))
//       (i32.store8 (i32.const 156) (i32.const 1))
//       (call $check (call $poll (i32.const 100) (i32.const 200) (i32.const 2) (i32.const 8)))
//       (if (result i32) (i32.eq (i32.load (i32.const 8)) (i32.const 2)) (then (i32.const 2))
//         (else (i32.load8_u (i32.const 210))))))
#include "base/os/clock.h"
#include "base/os/descriptor.h"
#include "host/running/task_loop.h"
#include "host/running/watchdog.h"
#include "host/sandbox/process.h"
#include "host/sandbox/system.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <vector>

namespace mote {
namespace {

constexpr uint8_t guest_module[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x1f, 0x06, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x01,
    0x7f, 0x00, 0x60, 0x00, 0x01, 0x7f, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x01, 0x7e, 0x00, 0x60, 0x01, 0x7e, 0x01, 0x7f, 0x02,
    0x69, 0x03, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76,
    0x69, 0x65, 0x77, 0x31, 0x07, 0x66, 0x64, 0x5f, 0x72, 0x65, 0x61, 0x64, 0x00, 0x00, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73,
    0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x08, 0x66, 0x64, 0x5f, 0x77,
    0x72, 0x69, 0x74, 0x65, 0x00, 0x00, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f,
    0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x0b, 0x70, 0x6f, 0x6c, 0x6c, 0x5f, 0x6f, 0x6e, 0x65, 0x6f, 0x66, 0x66, 0x00,
    0x00, 0x03, 0x07, 0x06, 0x01, 0x01, 0x02, 0x03, 0x04, 0x05, 0x05, 0x03, 0x01, 0x00, 0x08, 0x07, 0x35, 0x05, 0x06, 0x6d, 0x65,
    0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x08, 0x72, 0x65, 0x61, 0x64, 0x5f, 0x61, 0x6c, 0x6c, 0x00, 0x05, 0x05, 0x77, 0x72, 0x69,
    0x74, 0x65, 0x00, 0x06, 0x05, 0x73, 0x6c, 0x65, 0x65, 0x70, 0x00, 0x07, 0x0d, 0x72, 0x65, 0x61, 0x64, 0x5f, 0x6f, 0x72, 0x5f,
    0x73, 0x6c, 0x65, 0x65, 0x70, 0x00, 0x08, 0x0a, 0xd4, 0x01, 0x06, 0x08, 0x00, 0x20, 0x00, 0x04, 0x40, 0x00, 0x0b, 0x0b, 0x12,
    0x00, 0x41, 0x00, 0x41, 0x80, 0x80, 0x04, 0x36, 0x02, 0x00, 0x41, 0x04, 0x20, 0x00, 0x36, 0x02, 0x00, 0x0b, 0x2b, 0x01, 0x01,
    0x7f, 0x41, 0xe8, 0x07, 0x10, 0x04, 0x03, 0x40, 0x41, 0x00, 0x41, 0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x00, 0x10, 0x03, 0x20,
    0x00, 0x41, 0x08, 0x28, 0x02, 0x00, 0x6a, 0x21, 0x00, 0x41, 0x08, 0x28, 0x02, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x00, 0x0b, 0x17,
    0x00, 0x20, 0x00, 0x10, 0x04, 0x41, 0x01, 0x41, 0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x01, 0x10, 0x03, 0x41, 0x08, 0x28, 0x02,
    0x00, 0x0b, 0x2a, 0x00, 0x41, 0xe4, 0x00, 0x41, 0x00, 0x41, 0x30, 0xfc, 0x0b, 0x00, 0x41, 0xf4, 0x00, 0x41, 0x01, 0x36, 0x02,
    0x00, 0x41, 0xfc, 0x00, 0x20, 0x00, 0x37, 0x03, 0x00, 0x41, 0xe4, 0x00, 0x41, 0xc8, 0x01, 0x41, 0x01, 0x41, 0x08, 0x10, 0x02,
    0x10, 0x03, 0x0b, 0x47, 0x00, 0x41, 0xe4, 0x00, 0x41, 0x00, 0x41, 0xe0, 0x00, 0xfc, 0x0b, 0x00, 0x41, 0xf4, 0x00, 0x41, 0x01,
    0x36, 0x02, 0x00, 0x41, 0xfc, 0x00, 0x20, 0x00, 0x37, 0x03, 0x00, 0x41, 0x9c, 0x01, 0x41, 0x01, 0x3a, 0x00, 0x00, 0x41, 0xe4,
    0x00, 0x41, 0xc8, 0x01, 0x41, 0x02, 0x41, 0x08, 0x10, 0x02, 0x10, 0x03, 0x41, 0x08, 0x28, 0x02, 0x00, 0x41, 0x02, 0x46, 0x04,
    0x7f, 0x41, 0x02, 0x05, 0x41, 0xd2, 0x01, 0x2d, 0x00, 0x00, 0x0b, 0x0b};
constexpr uint64_t ms = 1'000'000;

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text();
    abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

const Engine& engine() {
  static const Engine one = [] {
    EngineConfig config;
    config.tiering = Tiering::baseline;
    return must(Engine::create(config));
  }();
  return one;
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close_writer();
    close(ends[0]);
  }
  void close_writer() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

// With these descriptors as its 0 and 1.
struct Guest {
  Guest(running::TaskLoop& loop, int in, int out) : clocks(loop), process(clocks, random), store(must(Store::create(engine()))) {
    for (const int descriptor : {in, out}) {
      EXPECT_TRUE(process.open(
          {.stream = sandbox::system_stream(descriptor, loop), .is_readable = descriptor == in, .is_writable = descriptor == out}));
    }
    store.set_data(&process);
    static const Module module = must(Module::compile(engine(), guest_module, "guest.wasm"));
    Linker linker(engine());
    must(wasi_p1::define_all(linker));
    instance = must(linker.instantiate(store, module));
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) const {
    return must(instance.typed_func<Signature>(name));
  }
  sandbox::SystemClocks clocks;
  sandbox::SystemRandom random;
  sandbox::Process process;
  Store store;
  Instance instance;
};

class Waiting : public testing::Test {
 protected:
  void SetUp() override { os::ignore_broken_pipes(); }
  running::TaskLoop loop;
  Pipe pipe;
};

TEST_F(Waiting, OneReadsWhatTheOtherWrites) {
  Guest reader(loop, pipe.ends[0], 2), writer(loop, 0, pipe.ends[1]);
  int32_t read = 0, written = 0;
  loop.add(reader.store, [&] { read = must(reader.func<int32_t()>("read_all")()); });
  loop.add(writer.store, [&] {
    must(writer.func<void(int64_t)>("sleep")(static_cast<int64_t>(5 * ms)));
    written = must(writer.func<int32_t(int32_t)>("write")(300'000));  // more than the pipe holds: it waits for the reader
    pipe.close_writer();
  });
  must(loop.run());
  EXPECT_EQ(written, 300'000);
  EXPECT_EQ(read, 300'000);
}

TEST_F(Waiting, SleepersOverlap) {
  std::vector<std::unique_ptr<Guest>> guests;
  const uint64_t begin = now();
  for (int i = 0; i < 30; ++i) {
    guests.push_back(std::make_unique<Guest>(loop, pipe.ends[0], 2));
    loop.add(guests.back()->store,
             [guest = guests.back().get()] { must(guest->func<void(int64_t)>("sleep")(static_cast<int64_t>(100 * ms))); });
  }
  must(loop.run());
  EXPECT_GE(now() - begin, 100 * ms);
  EXPECT_LT(now() - begin, 1500 * ms);
}

TEST_F(Waiting, WhateverComesFirst) {
  Guest waiter(loop, pipe.ends[0], 2), writer(loop, 0, pipe.ends[1]);
  int32_t first = -1, second = -1;
  loop.add(waiter.store, [&] {
    const auto wait = waiter.func<int32_t(int64_t)>("read_or_sleep");
    first = must(wait(static_cast<int64_t>(2 * ms)));
    second = must(wait(static_cast<int64_t>(60'000 * ms)));
  });
  loop.add(writer.store, [&] {
    must(writer.func<void(int64_t)>("sleep")(static_cast<int64_t>(20 * ms)));
    EXPECT_EQ(must(writer.func<int32_t(int32_t)>("write")(1)), 1);
  });
  must(loop.run());
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

// Whoever shares the descriptor may have made it non-blocking.
TEST_F(Waiting, AlsoWhereADescriptorDoesNotBlock) {
  for (const int end : pipe.ends) fcntl(end, F_SETFL, O_NONBLOCK);
  Guest reader(loop, pipe.ends[0], 2), writer(loop, 0, pipe.ends[1]);
  int32_t read = 0;
  loop.add(reader.store, [&] { read = must(reader.func<int32_t()>("read_all")()); });
  loop.add(writer.store, [&] {
    EXPECT_EQ(must(writer.func<int32_t(int32_t)>("write")(200'000)), 200'000);
    pipe.close_writer();
  });
  must(loop.run());
  EXPECT_EQ(read, 200'000);
}

TEST_F(Waiting, ADeadlineEndsEachKindOfWait) {
  running::Watchdog dog;
  std::thread thread([&] { dog.run(); });
  const auto ends = [&](auto work) {
    Guest guest(loop, pipe.ends[0], pipe.ends[1]);
    const auto watch = dog.watch(guest.store, {.wall_ns = 10 * ms});
    std::string message;
    loop.add(guest.store, [&] {
      const auto result = work(guest);
      if (!result) message = result.error().trap.message;
    });
    must(loop.run());
    EXPECT_EQ(message, "interrupted: timeout");
  };
  ends([](Guest& guest) { return guest.func<int32_t()>("read_all")(); });
  ends([](Guest& guest) { return guest.func<void(int64_t)>("sleep")(static_cast<int64_t>(60'000 * ms)); });
  ends([](Guest& guest) { return guest.func<int32_t(int64_t)>("read_or_sleep")(static_cast<int64_t>(60'000 * ms)); });
  ends([](Guest& guest) { return guest.func<int32_t(int32_t)>("write")(400'000); });
  dog.end();
  thread.join();
}

TEST_F(Waiting, WithoutALoopTheThreadWaits) {
  Guest guest(loop, pipe.ends[0], pipe.ends[1]);
  const uint64_t begin = now();
  must(guest.func<void(int64_t)>("sleep")(static_cast<int64_t>(5 * ms)));
  EXPECT_GE(now() - begin, 5 * ms);
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("write")(1000)), 1000);
  pipe.close_writer();
  EXPECT_EQ(must(guest.func<int32_t()>("read_all")()), 1000);
}

}  // namespace
}  // namespace mote
