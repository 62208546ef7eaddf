#include "engine/api/guest_testing.h"

#include <thread>

namespace mote::api {
namespace {

class FuncTest : public GuestTest {};

TEST_P(FuncTest, CallsByValAndByType) {
  const auto results = must(instance->func("add")->call(std::array<Val, 2>{Val(40), Val(2)}));
  EXPECT_EQ(results, std::vector<Val>{Val(42)});
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(40, 2)), 42);
  EXPECT_EQ(must(typed<double(double, double)>("divide")(1, 4)), 0.25);
  EXPECT_EQ(must(typed<std::tuple<double, int32_t>(int32_t, double)>("swap")(7, 1.5)), (std::tuple<double, int32_t>(1.5, 7)));
}

TEST_P(FuncTest, ResultsBeyondRegistersComeInOrder) {
  const auto results = must(instance->func("many")->call());
  EXPECT_EQ(results, (std::vector<Val>{Val(1), Val(2.0f), Val(int64_t{3}), Val(4.0), Val(5), Val(int64_t{6}), Val(7.0f)}));
}

TEST_P(FuncTest, ArgumentsBeyondRegistersReachTheHost) {
  EXPECT_EQ(must(typed<int64_t()>("wide")()), 2 * 0x900000009);
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 0x900000009, 50}));
}

TEST_P(FuncTest, ChecksCountsAndKinds) {
  const auto add = *instance->func("add");
  const auto few = add.call(std::array<Val, 1>{Val(1)});
  ASSERT_FALSE(few.has_value());
  EXPECT_EQ(few.error().error.kind, ErrorKind::bad_input);
  EXPECT_NE(few.error().text().find("(i32, i32) -> (i32)"), std::string::npos) << few.error().text();
  const auto wrong = add.call(std::array<Val, 2>{Val(1), Val(2.0)});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().text().find("argument 1"), std::string::npos) << wrong.error().text();
  EXPECT_FALSE(instance->typed_func<int32_t(int32_t)>("add").has_value());
  EXPECT_EQ(instance->typed_func<int32_t(int32_t)>("none").error().kind, ErrorKind::not_found);
}

TEST_P(FuncTest, TrapHasWordsAndNamedFrames) {
  const auto result = typed<void()>("crash")();
  ASSERT_FALSE(result.has_value());
  const Trap& trap = result.error().trap;
  EXPECT_EQ(trap.kind, TrapKind::unreachable);
  EXPECT_EQ(trap.message, "unreachable");
  ASSERT_EQ(trap.backtrace.size(), 2u) << trap.text();
  EXPECT_EQ(trap.backtrace[0].func, 6u);
  EXPECT_EQ(trap.backtrace[0].func_name, "crash");
  EXPECT_EQ(trap.backtrace[0].module_name, "guest.wasm");
  EXPECT_EQ(trap.backtrace[0].wasm_offset, offset_of_unreachable);
  EXPECT_EQ(trap.backtrace[1].func, 7u);
  EXPECT_TRUE(trap.text().starts_with("unreachable\n")) << trap.text();
  EXPECT_NE(trap.text().find("0x14f guest.wasm!crash"), std::string::npos) << trap.text();
}

TEST_P(FuncTest, MemoryTrapsInBothModes) {
  for (const MemoryMode mode : {MemoryMode::guard, MemoryMode::dense}) {
    start({.memory = mode});
    const auto load = typed<int32_t(int32_t)>("load");
    EXPECT_EQ(must(load(4)), 0x65746f6d);
    EXPECT_TRUE(load(65536 - 8).has_value());
    for (const int32_t address : {65536 - 7, -1}) {
      const auto result = load(address);
      ASSERT_FALSE(result.has_value());
      EXPECT_EQ(result.error().trap.kind, TrapKind::out_of_bounds_memory_access);
      ASSERT_FALSE(result.error().trap.backtrace.empty());
      EXPECT_EQ(result.error().trap.backtrace[0].wasm_offset, offset_of_load);
    }
    EXPECT_EQ(must(load(4)), 0x65746f6d) << "a store stays usable after a trap";
  }
}

TEST_P(FuncTest, EndlessRecursionExhaustsTheStackAndNothingElse) {
  const auto recurse = typed<void()>("recurse");
  for (int i = 0; i < 3; ++i) {
    const auto result = recurse();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().trap.kind, TrapKind::call_stack_exhausted);
    EXPECT_EQ(result.error().trap.message, "call stack exhausted");
    EXPECT_LE(result.error().trap.backtrace.size(), limits::backtrace_frames.standard);
  }
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(1, 1)), 2);
}

TEST_P(FuncTest, HostFunctionsEndTheGuest) {
  const auto add = typed<int32_t(int32_t, int32_t)>("add");
  on_add = [](Caller&, int32_t a, int32_t) -> std::expected<int32_t, Failure> { return std::unexpected(Failure::exit(a)); };
  EXPECT_EQ(add(3, 0).error().kind, Failure::Kind::exit);
  EXPECT_EQ(add(3, 0).error().exit_code, 3);

  on_add = [](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> {
    return std::unexpected(Failure(Error{ErrorKind::denied, "not today"}));
  };
  EXPECT_EQ(add(0, 0).error().error.kind, ErrorKind::denied);
  EXPECT_EQ(add(0, 0).error().error.message, "not today");

  on_add = [](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> {
    Trap trap;
    trap.kind = TrapKind::host;
    trap.message = "disk on fire";
    return std::unexpected(Failure(std::move(trap)));
  };
  const auto trapped = add(0, 0);
  EXPECT_EQ(trapped.error().trap.kind, TrapKind::host);
  EXPECT_EQ(trapped.error().trap.message, "host function failed: disk on fire");
  ASSERT_FALSE(trapped.error().trap.backtrace.empty()) << "the guest's frames below the host function";
  EXPECT_EQ(trapped.error().trap.backtrace[0].func, 2u);
}

TEST_P(FuncTest, AHostFunctionAsksForWhatTheKernelMayWrite) {
  on_add = [](Caller& caller, int32_t a, int32_t b) {
    const std::span<uint8_t> memory = caller.memory();
    memory[10] = 7;
    const auto part = caller.writable(10, memory.size() - 10);
    EXPECT_TRUE(part && part->data() == memory.data() + 10 && part->size() == memory.size() - 10);
    EXPECT_EQ(memory[10], 7);
    EXPECT_TRUE(caller.writable(memory.size(), 0).has_value());
    EXPECT_FALSE(caller.writable(memory.size(), 1).has_value());
    EXPECT_FALSE(caller.writable(1, UINT64_MAX).has_value());
    EXPECT_FALSE(caller.writable(UINT64_MAX, 2).has_value());
    return a + b;
  };
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(1, 2)), 3);
}

TEST_P(FuncTest, HostMayCallTheGuestAgain) {
  on_add = [this](Caller&, int32_t a, int32_t b) -> std::expected<int32_t, Failure> {
    if (a == 0) return b;
    return typed<int32_t(int32_t, int32_t)>("add")(a - 1, b + 1);
  };
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(50, 0)), 50);
  // A trap of the inner call passes through the host function.
  on_add = [this](Caller&, int32_t, int32_t) -> std::expected<int32_t, Failure> {
    auto inner = typed<void()>("crash")();
    return std::unexpected(std::move(inner.error()));
  };
  EXPECT_EQ(typed<int32_t(int32_t, int32_t)>("add")(1, 1).error().trap.kind, TrapKind::unreachable);
}

TEST_P(FuncTest, MutualRecursionWithTheHostExhaustsTheStack) {
  on_add = [this](Caller&, int32_t a, int32_t b) { return typed<int32_t(int32_t, int32_t)>("add")(a, b); };
  const auto result = typed<int32_t(int32_t, int32_t)>("add")(1, 1);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().trap.kind, TrapKind::call_stack_exhausted);
}

TEST_P(FuncTest, FuelEndsALoop) {
  start({.fuel = true});
  store->set_fuel(10'000);
  const auto result = typed<void()>("spin")();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().trap.kind, TrapKind::out_of_fuel);
  EXPECT_EQ(result.error().trap.message, "all fuel consumed");
  store->set_fuel(10'000);
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(1, 2)), 3);
  EXPECT_LT(store->fuel(), 10'000);
}

TEST_P(FuncTest, EpochEndsALoopFromAnotherThread) {
  start({.epochs = true});
  store->set_epoch_deadline(1);
  std::thread clock([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    engine->increment_epoch();
  });
  const auto result = typed<void()>("spin")();
  clock.join();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().trap.kind, TrapKind::interrupt);
}

// The frame of the guest that called the host, as the image's table describes it.
struct GuestFrame {
  const uint8_t* pointer;
  code::FrameSlots slots;

  static GuestFrame of(const Store& store, const Module& module) {
    const code::StoreContext& context = store.state()->store.context;
    const code::Image& image = module.state()->code()->runtime().image();
    const auto at = image.find(static_cast<const uint8_t*>(context.last_exit_pc) - 1);
    EXPECT_TRUE(at.has_value());
    return {static_cast<const uint8_t*>(context.last_exit_fp), *image.frame_slots(at->func)};
  }
  template <class T>
  [[nodiscard]] T local(uint32_t index) const {
    return load_le<T>(pointer + slots.locals - static_cast<int32_t>(index * slots.slot_bytes));
  }
  template <class T>
  [[nodiscard]] T operand(uint32_t index) const {
    return load_le<T>(pointer + slots.operands - static_cast<int32_t>(index * slots.slot_bytes));
  }
};

TEST_P(FuncTest, DebugInfoKeepsLocalsAndOperandsInTheirSlots) {
  if (tiering != Tiering::baseline) {
    const auto engine = Engine::create({.codegen = {.debug_info = true}, .tiering = tiering});
    ASSERT_FALSE(engine.has_value());
    EXPECT_NE(engine.error().message.find("debug-info is the baseline compiler's"), std::string::npos);
    return;
  }
  start({.debug_info = true});
  std::vector<int64_t> locals, operands;
  on_add = [&](Caller&, int32_t a, int32_t b) {
    const GuestFrame frame = GuestFrame::of(*store, *module);
    EXPECT_EQ(frame.slots.local_count, 2u);
    EXPECT_EQ(frame.slots.root_count, 0u);
    locals = {frame.local<int32_t>(0), frame.local<int32_t>(1)};
    operands = {frame.operand<int32_t>(0), frame.operand<int32_t>(1)};
    return a + b;
  };
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(-7, 40)), 33);
  EXPECT_EQ(locals, (std::vector<int64_t>{-7, 40}));
  EXPECT_EQ(operands, (std::vector<int64_t>{-7, 40}));  // the arguments, as they were before the call
  EXPECT_EQ(module->state()->code()->runtime().image().key().debug_info, 1);
}

TEST_P(FuncTest, FunctionReferencesGoBothWays) {
  const auto made = must(Func::create(*store, {{{ValKind::i32, "i32"}}, {{ValKind::i32, "i32"}}},
                                      [](Caller&, std::span<const Val> args, std::span<Val> results) -> HostResult {
                                        results[0] = Val(args[0].i32() * 3);
                                        return {};
                                      }));
  EXPECT_EQ(made.signature().text(), "(i32) -> (i32)");
  const Table table = *instance->table("table");
  ASSERT_TRUE(table.set(1, made.to_ref()));
  const auto back = Func::from_ref(*store, must(table.get(1)));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(must(back->call(std::array<Val, 1>{Val(14)})), std::vector<Val>{Val(42)});
  EXPECT_FALSE(Func::from_ref(*store, Val::null(ValKind::funcref)).has_value());
}

TEST_P(FuncTest, WrongResultOfAHostFunctionIsAnError) {
  const auto made = must(
      Func::create(*store, {{}, {{ValKind::i32, "i32"}}}, [](Caller&, std::span<const Val>, std::span<Val> results) -> HostResult {
        results[0] = Val(1.0);
        return {};
      }));
  const auto result = made.call();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error.kind, ErrorKind::bad_input);
}

MOTE_ON_BOTH_TIERS(FuncTest);

}  // namespace
}  // namespace mote::api
