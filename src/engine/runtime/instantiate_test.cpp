// Instantiation: import matching, segments in order, what stays after a trap, lazy tables, globals, limits.
#include "engine/runtime/instantiate.h"

#include "engine/runtime/guest_testing.h"
#include "engine/runtime/values.h"

#include <gtest/gtest.h>

namespace mote::runtime {
namespace {

using namespace testing;

class InstantiateTest : public ::testing::Test {
 protected:
  InstantiateTest() : engine(std::make_shared<Engine>()), store(engine) {}

  std::shared_ptr<const HostFunc> host_func(wasm::FuncType type) {
    auto func = std::make_shared<HostFunc>();
    func->type = *engine->types().add(type);
    func->signature = &engine->types().type(func->type).func;
    func->thunk = [](HostCallFrame&, const HostFunc&) { return true; };
    return func;
  }
  Instance& make(const ModuleText& text, std::vector<ImportValue> imports = {}) {
    return instantiated(store, load(engine, text, {}), std::move(imports));
  }
  Stop refused(const ModuleText& text, std::vector<ImportValue> imports) {
    auto result = instantiate(store, load(engine, text, {}), imports);
    EXPECT_FALSE(result);
    return result ? Stop() : result.error();
  }

  std::shared_ptr<Engine> engine;
  Store store;
};

Binary import(uint8_t kind, const Binary& type) {
  return name("env") + name("it") + Binary{kind} + type;
}
const Binary empty_func = func_type({}, {});

// An exporter of one memory, table and global, and two functions.
ModuleText exporter() {
  ModuleText text;
  text.types = {empty_func, func_type({i32}, {})};
  text.funcs = {{0}, {1}};
  text.memories = {{1, 1, 2}};
  text.tables = {{funcref, 0, 4}};
  text.globals = {Binary{i32, 1} + i32_const(7), Binary{i32, 0} + i32_const(8)};
  text.exports = {export_func("f", 0),
                  export_func("g", 1),
                  name("m") + Binary{2, 0},
                  name("t") + Binary{1, 0},
                  name("mutable") + Binary{3, 0},
                  name("constant") + Binary{3, 1}};
  return text;
}

TEST_F(InstantiateTest, AMissingImportIsNamedWithItsType) {
  ModuleText text;
  text.types = {func_type({i32}, {i64})};
  text.imports = {import(0, {0})};
  const Stop stop = refused(text, {std::monostate()});
  EXPECT_EQ(stop.error.kind, ErrorKind::not_found);
  EXPECT_EQ(stop.error.message, "unknown import: \"env\" \"it\" (func (param i32) (result i64))");
}

TEST_F(InstantiateTest, FunctionsMatchByType) {
  ModuleText text;
  text.types = {func_type({i32}, {})};
  text.imports = {import(0, {0})};
  wasm::FuncType takes_i32;
  takes_i32.params = {wasm::i32};
  EXPECT_NE(&make(text, {host_func(takes_i32)}), nullptr);
  Instance& other = make(exporter());
  EXPECT_NE(&make(text, {other.find_export("g")->func}), nullptr);
  const Stop stop = refused(text, {other.find_export("f")->func});
  EXPECT_EQ(stop.error.kind, ErrorKind::bad_input);
  EXPECT_EQ(stop.error.message, "incompatible import type: \"env\" \"it\" is (func), the module wants (func (param i32))");
  EXPECT_EQ(refused(text, {other.find_export("m")->memory}).error.kind, ErrorKind::bad_input);
}

TEST_F(InstantiateTest, MemoriesMatchByLimits) {
  Instance& other = make(exporter());
  Memory* memory = other.find_export("m")->memory;
  auto wants = [](Binary limits) {
    ModuleText text;
    text.imports = {import(2, limits)};
    return text;
  };
  EXPECT_NE(&make(wants({0, 1}), {memory}), nullptr);
  EXPECT_NE(&make(wants({1, 1, 2}), {memory}), nullptr);
  EXPECT_NE(&make(wants({1, 0, 5}), {memory}), nullptr);
  EXPECT_EQ(refused(wants({0, 2}), {memory}).kind, Stop::Kind::error);     // too small
  EXPECT_EQ(refused(wants({1, 1, 1}), {memory}).kind, Stop::Kind::error);  // may grow too large
  EXPECT_EQ(refused(wants({4, 1}), {memory}).kind, Stop::Kind::error);     // 64-bit addresses
  EXPECT_EQ(memory->grow(1), 1u);
  EXPECT_NE(&make(wants({0, 2}), {memory}), nullptr);  // its present size counts
}

TEST_F(InstantiateTest, GuardedCodeRefusesAMemoryWithoutGuardPages) {
  wasm::MemoryType type;
  type.limits.min = 1;
  auto memory = store.add_memory(type, code::MemoryMode::dense);
  ASSERT_TRUE(memory);
  ModuleText text;
  text.imports = {import(2, {0, 1})};
  EXPECT_NE(refused(text, {*memory}).error.message.find("-C memory=dense"), std::string::npos);
  EXPECT_TRUE(instantiate(store, load(engine, text, {}, code::MemoryMode::dense), std::vector<ImportValue>{*memory}));
}

TEST_F(InstantiateTest, GlobalsAndTablesMatchExactlyWhereTheyCanBeWritten) {
  Instance& other = make(exporter());
  auto wants = [](uint8_t kind, Binary type) {
    ModuleText text;
    text.imports = {import(kind, type)};
    return text;
  };
  EXPECT_NE(&make(wants(3, {i32, 1}), {other.find_export("mutable")->global}), nullptr);
  EXPECT_NE(&make(wants(3, {i32, 0}), {other.find_export("constant")->global}), nullptr);
  EXPECT_EQ(refused(wants(3, {i32, 0}), {other.find_export("mutable")->global}).kind, Stop::Kind::error);
  EXPECT_EQ(refused(wants(3, {i64, 0}), {other.find_export("constant")->global}).kind, Stop::Kind::error);
  EXPECT_NE(&make(wants(1, {funcref, 0, 4}), {other.find_export("t")->table}), nullptr);
  EXPECT_EQ(refused(wants(1, {externref, 0, 4}), {other.find_export("t")->table}).kind, Stop::Kind::error);
  EXPECT_EQ(refused(wants(1, {funcref, 0, 5}), {other.find_export("t")->table}).kind, Stop::Kind::error);
}

TEST_F(InstantiateTest, ExportsShareOneDefinition) {
  Instance& other = make(exporter());
  EXPECT_EQ(other.find_export("mutable")->global, other.find_export("mutable")->global);
  EXPECT_EQ(other.find_export("f")->func, other.find_export("f")->func);
  EXPECT_EQ(low_of(*other.find_export("constant")->global->value), 8u);
  EXPECT_FALSE(other.find_export("nothing"));
  ModuleText again;  // exports what it imports: the same definitions come out
  again.types = {empty_func};
  again.imports = {import(0, {0}), import(3, {i32, 1})};
  again.exports = {export_func("f", 0), name("g") + Binary{3, 0}};
  Instance& passed = make(again, {other.find_export("f")->func, other.find_export("mutable")->global});
  EXPECT_EQ(passed.find_export("f")->func, other.find_export("f")->func);
  EXPECT_EQ(passed.find_export("g")->global, other.find_export("mutable")->global);
}

TEST_F(InstantiateTest, LazyTableEntriesResolveOnUseAndNullStaysNull) {
  ModuleText text = exporter();
  text.elements = {Binary{0} + i32_const(1) + Binary{2, 0, 1}};  // table 0, offset 1: functions 0 and 1
  Instance& instance = make(text);
  Table& table = *instance.table(0);
  EXPECT_EQ(static_cast<void**>(table.def()->base)[1], nullptr);  // nothing was written at instantiation
  EXPECT_EQ(table.get(0), 0u);
  EXPECT_EQ(table.get(1), reinterpret_cast<Ref>(instance.find_export("f")->func));
  EXPECT_EQ(static_cast<const void**>(table.def()->base)[1], instance.find_export("f")->func);
  table.set(2, 0);
  EXPECT_EQ(table.get(2), 0u);  // an explicit null does not become the segment's function again
  EXPECT_EQ(table.get(3), 0u);
  EXPECT_EQ(instance.element_count(0), 0u);  // an active segment is dropped after use
  table.copy_from(table, 2, 0, 2);           // overlapping, with an unresolved and a resolved entry
  EXPECT_EQ(table.get(2), 0u);
  EXPECT_EQ(table.get(3), reinterpret_cast<Ref>(instance.find_export("f")->func));
}

TEST_F(InstantiateTest, WhatEarlierSegmentsWroteStaysWhenALaterOneTraps) {
  Instance& other = make(exporter());
  ModuleText text = exporter();
  text.imports = {name("env") + name("m") + Binary{2, 0, 1}, name("env") + name("t") + Binary{1, funcref, 0, 4}};
  text.memories = {};
  text.tables = {};
  text.exports = {};
  text.elements = {Binary{0} + i32_const(0) + Binary{1, 0}};
  text.datas = {Binary{0} + i32_const(3) + name("abc"),
                Binary{0, 0x41, 0xff, 0xff, 0x03, 0x0b} + name("de")};  // 65535: one byte too far
  const Stop stop = refused(text, {other.memory(0), other.table(0)});
  EXPECT_EQ(stop.kind, Stop::Kind::trap);
  EXPECT_EQ(stop.code, code::TrapCode::out_of_bounds_memory_access);
  EXPECT_EQ(other.memory(0)->bytes()[3], 'a');
  EXPECT_EQ(other.memory(0)->bytes()[65535], 0);
  EXPECT_NE(other.table(0)->get(0), 0u);  // of the instance that failed: it lives on with the store
}

TEST_F(InstantiateTest, ALazySegmentAfterTheOneThatTrapsIsNotSeen) {
  Instance& other = make(exporter());
  ModuleText text = exporter();
  text.imports = {name("env") + name("t") + Binary{1, funcref, 0, 4}};
  text.exports = {};
  // table 1 is its own: lazy entry 0, then a segment that does not fit table 0, then another for table 1.
  auto active = [](uint8_t table, uint8_t offset, Binary funcs) {
    return Binary{2, table} + i32_const(offset) + Binary{0} + funcs;
  };
  text.elements = {active(0, 0, {1, 0}), active(1, 0, {1, 0}), active(0, 4, {1, 0}), active(1, 1, {1, 0})};
  auto module = load(engine, text, {});
  EXPECT_TRUE(!module->is_lazy(0) && module->is_lazy(1) && !module->is_lazy(2) && module->is_lazy(3));
  const std::vector<ImportValue> imports = {other.table(0)};
  auto result = instantiate(store, module, imports);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, code::TrapCode::out_of_bounds_table_access);
  const auto* func = reinterpret_cast<const code::FuncRef*>(other.table(0)->get(0));  // leads to the instance that failed
  Table* own = Instance::of(*static_cast<const code::VMContext*>(func->ctx)).table(1);
  EXPECT_NE(own->get(0), 0u);
  EXPECT_EQ(own->get(1), 0u);
}

TEST_F(InstantiateTest, LimitsOfTheStoreHold) {
  Store small(engine, {.memory_size_bytes = 65536, .table_elements = 4, .instances = 1, .wasm_stack_bytes = 65536});
  ModuleText text;
  text.memories = {{0, 2}};
  auto result = instantiate(small, load(engine, text, {}), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().error.kind, ErrorKind::limit);
  EXPECT_NE(result.error().error.message.find("max-memory-size"), std::string::npos);
  result = instantiate(small, load(engine, exporter(), {}), {});  // the failed one counts until the store ends
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().error.message.find("max-instances"), std::string::npos);
  Store one(engine, {.memory_size_bytes = 65536, .table_elements = 4, .instances = 1});
  Instance& instance = instantiated(one, load(engine, exporter(), {}));
  EXPECT_EQ(instance.memory(0)->grow(1), std::nullopt);
  EXPECT_EQ(instance.table(0)->grow(1, 0), std::nullopt);
}

TEST_F(InstantiateTest, ConstantExpressionsOfThreeOperandsAreEvaluatedInOrder) {
  ModuleText text = exporter();
  // (global i32 (i32.sub (i32.const 2) (i32.mul (i32.const 3) (i32.const 5))))
  text.globals = {{i32, 0, 0x41, 2, 0x41, 3, 0x41, 5, 0x6c, 0x6b, 0x0b}};
  text.exports = {name("g") + Binary{3, 0}};
  EXPECT_EQ(low_of(*make(text).find_export("g")->global->value), static_cast<uint32_t>(2 - 15));
}

TEST_F(InstantiateTest, ExternrefsStandForNumbers) {
  const auto a = store.new_externref(7), b = store.new_externref(8);
  ASSERT_TRUE(a && b);
  EXPECT_NE(*a, 0u);
  EXPECT_NE(*a, *b);
  EXPECT_EQ(store.externref_number(*a), 7u);
  EXPECT_EQ(*store.new_externref(7), *a);
  EXPECT_EQ(store.externref_number(0), std::nullopt);
  EXPECT_EQ(store.externref_number(*b + 8), std::nullopt);
}

}  // namespace
}  // namespace mote::runtime
