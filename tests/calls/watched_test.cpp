// Calls of a real guest, watched: sinks see them, an interposer answers in their stead (a virtual clock, an injected fault), a
// refusal is seen in the call that met it and may end the guest, memory.grow is told. (wat2wasm)
//
//   (module
//     (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//     (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
//     (memory (export "memory") 1)
//     (data (i32.const 0) "\10\00\00\00\05\00\00\00hellohello")
//     (data (i32.const 16) "hello")
//     (func (export "time") (result i64) (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 64))) (i64.load (i32.const 64)))
//     (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
//     (func (export "random") (result i32) (call $random (i32.const 128) (i32.const 8)))
//     (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
#include "host/calls/watch.h"
#include "host/sandbox/fake.h"
#include "host/sandbox/process.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace mote {
namespace {

constexpr uint8_t guest_module[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x23, 0x06, 0x60, 0x03, 0x7f, 0x7e, 0x7f, 0x01, 0x7f, 0x60, 0x04, 0x7f,
    0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x00, 0x01, 0x7e, 0x60, 0x00, 0x01, 0x7f, 0x60, 0x01,
    0x7f, 0x01, 0x7f, 0x02, 0x6f, 0x03, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f,
    0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x0e, 0x63, 0x6c, 0x6f, 0x63, 0x6b, 0x5f, 0x74, 0x69, 0x6d, 0x65, 0x5f, 0x67,
    0x65, 0x74, 0x00, 0x00, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72,
    0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x08, 0x66, 0x64, 0x5f, 0x77, 0x72, 0x69, 0x74, 0x65, 0x00, 0x01, 0x16, 0x77, 0x61, 0x73,
    0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x0a, 0x72,
    0x61, 0x6e, 0x64, 0x6f, 0x6d, 0x5f, 0x67, 0x65, 0x74, 0x00, 0x02, 0x03, 0x05, 0x04, 0x03, 0x04, 0x04, 0x05, 0x05, 0x03, 0x01,
    0x00, 0x01, 0x07, 0x29, 0x05, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x04, 0x74, 0x69, 0x6d, 0x65, 0x00, 0x03,
    0x05, 0x77, 0x72, 0x69, 0x74, 0x65, 0x00, 0x04, 0x06, 0x72, 0x61, 0x6e, 0x64, 0x6f, 0x6d, 0x00, 0x05, 0x04, 0x67, 0x72, 0x6f,
    0x77, 0x00, 0x06, 0x0a, 0x32, 0x04, 0x12, 0x00, 0x41, 0x00, 0x42, 0x00, 0x41, 0xc0, 0x00, 0x10, 0x00, 0x1a, 0x41, 0xc0, 0x00,
    0x29, 0x03, 0x00, 0x0b, 0x0c, 0x00, 0x41, 0x01, 0x41, 0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x01, 0x0b, 0x09, 0x00, 0x41, 0x80,
    0x01, 0x41, 0x08, 0x10, 0x02, 0x0b, 0x06, 0x00, 0x20, 0x00, 0x40, 0x00, 0x0b, 0x0b, 0x22, 0x02, 0x00, 0x41, 0x00, 0x0b, 0x12,
    0x10, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x00, 0x41, 0x10,
    0x0b, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f};

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text();
    abort();
  }
  return std::move(*result);
}

uint64_t no_time() {
  return 0;
}

struct Recorder : calls::Sink {
  void ended(const calls::Call& call) override {
    names.emplace_back(call.function.name);
    written = call.written;
    was_denied = call.denial != nullptr;
  }
  void memory_grew(const calls::Growth& growth) override { growths.push_back(growth); }
  std::vector<std::string> names;
  std::vector<calls::Range> written;
  std::vector<calls::Growth> growths;
  bool was_denied = false;
};

// A clock that stands still, and a disk that is full.
struct Answers : calls::Interposer {
  bool answer(calls::Call& call) override {
    if (call.function.name == "clock_time_get") {
      store_le(call.memory.data() + call.values[2], uint64_t{42});
      call.written.push_back({call.values[2], 8});
      call.ending = {};
      return true;
    }
    if (call.function.name != "fd_write") return false;
    call.ending.value = 51;  // nospc
    return true;
  }
};

class WatchedGuest : public testing::Test {
 protected:
  WatchedGuest() : engine_(must(Engine::create(config()))), store_(must(Store::create(engine_, {.memory_size_bytes = 3 << 16}))) {
    (void)process_.open({.stream = std::make_unique<sandbox::FakeStream>(text_), .is_readable = true});
    (void)process_.open({.stream = std::make_unique<sandbox::FakeStream>(text_), .is_writable = true});
    store_.set_data(&process_);
    const Module module = must(Module::compile(engine_, guest_module, "guest.wasm"));
    Linker linker(engine_);
    EXPECT_TRUE(wasi_p1::define_imported(linker, module));
    instance_ = must(linker.instantiate(store_, module));
  }
  static EngineConfig config() {
    EngineConfig config;
    config.tiering = Tiering::baseline;
    return config;
  }
  void watch() {
    watch_.add(recorder_);
    process_.watch = &watch_;
    store_.set_growth_observer(
        [this](uint64_t old_pages, uint64_t added, bool is_done) { watch_.note_growth(old_pages, added, is_done); });
  }
  template <class R>
  GuestResult<R> call(std::string_view name) {
    return must(instance_.typed_func<R()>(name))();
  }

  Engine engine_;
  Store store_;
  std::string text_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  calls::Watch watch_{no_time, process_.denials};
  Recorder recorder_;
  Instance instance_;
};

TEST_F(WatchedGuest, IsSeen) {
  EXPECT_EQ(must(call<int32_t>("write")), 0);
  EXPECT_TRUE(recorder_.names.empty());  // nobody looked
  watch();
  EXPECT_EQ(must(call<int32_t>("write")), 0);
  EXPECT_EQ(must(call<int64_t>("time")), 1'700'000'000'000'000'000);
  EXPECT_EQ(text_, "hellohello");
  EXPECT_EQ(recorder_.names, (std::vector<std::string>{"fd_write", "clock_time_get"}));
  EXPECT_EQ(recorder_.written, (std::vector<calls::Range>{{64, 8}}));
}

TEST_F(WatchedGuest, IsAnsweredByAnInterposer) {
  Answers answers;
  watch();
  watch_.set_interposer(&answers);
  EXPECT_EQ(must(call<int64_t>("time")), 42);
  EXPECT_EQ(must(call<int32_t>("write")), 51);
  EXPECT_EQ(must(call<int32_t>("random")), 0);  // not answered: real
  EXPECT_EQ(text_, "");
  EXPECT_EQ(recorder_.names.size(), 3u);
}

TEST_F(WatchedGuest, IsRefusedOrEnded) {
  process_.random = {.is_granted = false, .rule = "p.toml:3", .would_grant = "[random] mode = \"real\""};
  watch();
  EXPECT_EQ(must(call<int32_t>("random")), 76);  // notcapable
  EXPECT_TRUE(recorder_.was_denied);
  watch_.set_denial_ends_guest(true);
  const auto ended = call<int32_t>("random");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, Failure::Kind::trap);
  EXPECT_EQ(ended.error().trap.kind, TrapKind::host);
  EXPECT_NE(ended.error().trap.message.find("ask for random numbers: refused by p.toml:3"), std::string::npos)
      << ended.error().trap.message;
  EXPECT_EQ(must(call<int32_t>("write")), 0);
}

TEST_F(WatchedGuest, TellsHowItsMemoryGrows) {
  watch();
  const auto grow = must(instance_.typed_func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(must(grow(2)), 1);
  EXPECT_EQ(must(grow(1)), -1);
  ASSERT_EQ(recorder_.growths.size(), 2u);
  EXPECT_EQ(recorder_.growths[0].old_pages, 1u);
  EXPECT_EQ(recorder_.growths[0].added_pages, 2u);
  EXPECT_TRUE(recorder_.growths[0].is_done);
  EXPECT_EQ(recorder_.growths[1].old_pages, 3u);
  EXPECT_FALSE(recorder_.growths[1].is_done);
}

}  // namespace
}  // namespace mote
