#include "engine/api/guest_testing.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace mote::api {
namespace {

class StoreTest : public GuestTest {};

TEST_P(StoreTest, MemoryIsSharedWithTheGuest) {
  const Memory memory = *instance->memory("memory");
  EXPECT_EQ(memory.pages(), 1u);
  EXPECT_EQ(std::string(memory.bytes().begin() + 8, memory.bytes().begin() + 12), "mote");
  memory.bytes()[100] = 77;
  EXPECT_EQ(must(typed<int32_t(int32_t)>("load")(96)), 77);
  EXPECT_EQ(must(memory.grow(2)), 1u);
  EXPECT_EQ(memory.bytes().size(), 3u << 16);
  EXPECT_EQ(must(typed<int32_t(int32_t)>("grow")(1)), 3);
  EXPECT_EQ(memory.pages(), 4u);
  EXPECT_EQ(memory.grow(1).error().kind, ErrorKind::limit);
  EXPECT_EQ(must(typed<int32_t(int32_t)>("grow")(1)), -1);
  EXPECT_TRUE(typed<int32_t(int32_t)>("load")((4 << 16) - 8).has_value());
}

TEST_P(StoreTest, MemoryLimitHoldsForTheGuest) {
  start({}, {.memory_size_bytes = 2 << 16});
  EXPECT_EQ(must(typed<int32_t(int32_t)>("grow")(1)), 1);
  EXPECT_EQ(must(typed<int32_t(int32_t)>("grow")(1)), -1);
}

TEST_P(StoreTest, CallerSeesTheGuestsMemoryAndTheData) {
  int marker = 0;
  store->set_data(&marker);
  on_add = [](Caller& caller, int32_t a, int32_t b) -> std::expected<int32_t, Failure> {
    ++*static_cast<int*>(caller.data());
    return caller.memory()[8] == 'm' ? a - b : 0;
  };
  EXPECT_EQ(must(typed<int32_t(int32_t, int32_t)>("add")(5, 3)), 2);
  EXPECT_EQ(marker, 1);
}

TEST_P(StoreTest, GlobalsKeepTheirTypes) {
  const Global counter = *instance->global("counter");
  EXPECT_EQ(counter.get(), Val(int64_t{5}));
  ASSERT_TRUE(counter.set(Val(int64_t{9})));
  EXPECT_EQ(counter.get(), Val(int64_t{9}));
  EXPECT_EQ(counter.set(Val(int32_t{9})).error().kind, ErrorKind::bad_input);
  EXPECT_NE(instance->global("fixed")->set(Val(1)).error().message.find("immutable"), std::string::npos);
  EXPECT_EQ(must(Global::create(*store, Val::v128(1, 2), true)).get(), Val::v128(1, 2));
}

TEST_P(StoreTest, TablesCheckBoundsAndTypes) {
  const Table table = *instance->table("table");
  EXPECT_EQ(table.size(), 2u);
  EXPECT_FALSE(must(table.get(0)).is_null());
  EXPECT_TRUE(must(table.get(1)).is_null());
  EXPECT_EQ(table.get(2).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(table.set(0, Val(1)).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(must(table.grow(8, Val::null(ValKind::funcref))), 2u);
  EXPECT_EQ(table.grow(1, Val::null(ValKind::funcref)).error().kind, ErrorKind::limit);
  const auto called = Func::from_ref(*store, must(table.get(0)))->call();
  EXPECT_EQ(called.error().trap.kind, TrapKind::unreachable);
}

TEST_P(StoreTest, ExternrefsStandForNumbers) {
  const Val seven = must(store->new_externref(7)), zero = must(store->new_externref(0));
  EXPECT_EQ(must(store->new_externref(7)), seven);
  EXPECT_NE(zero, seven);
  EXPECT_FALSE(zero.is_null());
  const auto back = must(instance->func("same")->call(std::array<Val, 1>{seven}));
  EXPECT_EQ(store->externref_number(back[0]), 7u);
  EXPECT_TRUE(must(instance->func("same")->call(std::array<Val, 1>{Val::null(ValKind::externref)}))[0].is_null());
  EXPECT_FALSE(store->externref_number(Val(7)).has_value());
}

TEST_P(StoreTest, ExportsByNameAndKind) {
  EXPECT_TRUE(instance->func("add").has_value());
  EXPECT_FALSE(instance->func("memory").has_value());
  EXPECT_FALSE(instance->memory("add").has_value());
  EXPECT_FALSE(instance->table("fixed").has_value());
  EXPECT_FALSE(instance->global("").has_value());
  EXPECT_EQ(instance->module().name(), "guest.wasm");
}

TEST_P(StoreTest, LimitsHaveHardMaxima) {
  EXPECT_EQ(Store::create(*engine, {.memory_size_bytes = limits::memory_size.hard + 1}).error().kind, ErrorKind::limit);
  EXPECT_EQ(Store::create(*engine, {.wasm_stack_bytes = limits::wasm_stack.hard + 1}).error().kind, ErrorKind::limit);
}

TEST_P(StoreTest, InstancesAreLimited) {
  start({}, {.instances = 2});
  EXPECT_TRUE(linker->instantiate(*store, *module).has_value());
  const auto third = linker->instantiate(*store, *module);
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().error.kind, ErrorKind::limit);
  EXPECT_NE(third.error().text().find(limits::instances.name), std::string::npos) << third.error().text();
}

// Whether the kernel was asked for huge pages where `address` lies: "hg" among the flags of its mapping.
bool asks_for_huge_pages(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  bool is_here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) is_here = wanted >= from && wanted < to;
    if (is_here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST_P(StoreTest, HugePagesAreAskedForWhenWanted) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has none";
  for (const bool wanted : {false, true}) {
    EngineConfig config;
    config.huge_pages = wanted;
    Store other = must(Store::create(must(Engine::create(config))));
    const Memory large = must(Memory::create(other, 1024, 1024));
    EXPECT_EQ(asks_for_huge_pages(large.bytes().data() + (32 << 20)), wanted);
  }
}

TEST_P(StoreTest, RefusesImpossibleDefinitions) {
  EXPECT_FALSE(Memory::create(*store, 2, 1).has_value());
  EXPECT_FALSE(Memory::create(*store, limits::memory32_pages + 1, std::nullopt).has_value());
  EXPECT_FALSE(Memory::create(*store, MemoryType{.min_pages = 1, .is_shared = true}).has_value());
  EXPECT_FALSE(Table::create(*store, ValKind::i32, 1, 1).has_value());
  EXPECT_FALSE(Table::create(*store, ValKind::funcref, 2, 1).has_value());
}

MOTE_ON_BOTH_TIERS(StoreTest);

}  // namespace
}  // namespace mote::api
