// The bytes of snapshots, from states made by hand: what is copied, what is written, what is refused. That instances of them behave
// as the state says is tested with real ones, by engine/api/snapshot_test.cpp.
#include "engine/snapshot/write.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <mote/limits.h>

#include <gtest/gtest.h>

namespace mote::snapshot {
namespace {

using wasm::Buffer;
using wasm::join;
using wasm::leb;
using wasm::ModuleBuilder;
using wasm::sized;

// A module and the state that its instances start in, where that is easily said: memories of zeros, tables of nulls.
struct Subject {
  Buffer bytes;
  wasm::Module module;
  std::vector<Buffer> memories;
  State state;

  explicit Subject(const ModuleBuilder& builder) : bytes(builder.build()) {
    auto decoded = wasm::decode(bytes);
    EXPECT_TRUE(decoded) << decoded.error().text();
    if (!decoded) return;
    module = *std::move(decoded);
    for (const wasm::MemoryType& memory : module.memories) memories.emplace_back(memory.limits.min * limits::page_size_bytes);
    for (const wasm::Table& table : module.tables) state.tables.emplace_back(table.type.limits.min, null_func);
    state.globals.resize(module.globals.size());
    state.dropped_elements.resize(module.elements.size());
    state.dropped_datas.resize(module.datas.size());
  }
  Result<Buffer> write(const Edits& edits = {}) {
    state.memories.assign(memories.begin(), memories.end());
    auto written = snapshot::write(module, state, edits);
    if (!written) return written;
    const auto again = wasm::decode(*written);
    EXPECT_TRUE(again) << again.error().text();
    if (again) {
      const auto valid = wasm::validate_bodies(*again);
      EXPECT_TRUE(valid) << valid.error().text();
    }
    EXPECT_EQ(*snapshot::write(module, state, edits), *written);
    return written;
  }
};

wasm::Module decoded(const Buffer& bytes) {
  auto module = wasm::decode(bytes);
  EXPECT_TRUE(module) << module.error().text();
  return module ? *std::move(module) : wasm::Module();
}

TEST(Write, NothingChangedIsTheSameModule) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.table({0x70, 0, 3});
  m.memory({0, 1});
  m.global({0x7f, 0, 0x41, 5, 0x0b});
  m.export_("f", 0, 0);
  m.element({0, 0x41, 1, 0x0b, 1, 0});
  m.custom("name", {0, 2, 1, 'm'});
  m.custom("producers", {0});
  Subject subject(m);
  subject.state.tables[0][1] = 0;
  EXPECT_EQ(*subject.write(), subject.bytes);
}

TEST(Write, MemoryBecomesDataSegments) {
  ModuleBuilder m;
  m.memory({0, 1});
  m.memory({4, 1});  // 64 bits
  Subject subject(m);
  subject.memories[0].resize(2 * limits::page_size_bytes);
  subject.memories[0][5] = 1;
  subject.memories[0][100'000] = 2;
  subject.memories[1][7] = 3;
  const Buffer written = *subject.write();
  ModuleBuilder expected;
  expected.memory({0, 2});
  expected.memory({4, 1});
  expected.data({0, 0x41, 5, 0x0b, 1, 1});
  expected.data(join({{0, 0x41}, {0xa0, 0x8d, 0x06}, {0x0b, 1, 2}}));
  expected.data({2, 1, 0x42, 7, 0x0b, 1, 3});
  EXPECT_EQ(written, expected.build());
}

TEST(Write, SegmentsThatBodiesNameKeepTheirIndices) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.table({0x70, 0, 1});
  m.memory({0, 1});
  m.element({0, 0x41, 0, 0x0b, 1, 0});  // active
  m.element({1, 0, 1, 0});              // passive
  m.element({1, 0, 2, 0, 0});           // passive, dropped
  m.element({3, 0, 1, 0});              // declarative
  m.data_count(3);
  m.data({1, 2, 8, 9});              // passive
  m.data({0, 0x41, 0, 0x0b, 1, 7});  // active
  m.data({1, 1, 6});                 // passive, dropped
  Subject subject(m);
  subject.state.dropped_elements = {true, false, true, true};
  subject.state.dropped_datas = {false, true, true};
  subject.memories[0][9] = 4;
  const wasm::Module written = decoded(*subject.write());
  ASSERT_EQ(written.elements.size(), 4U);  // the table was cleared: there is nothing to put there
  EXPECT_EQ(written.elements[0].mode, wasm::SegmentMode::active);
  EXPECT_EQ(written.elements[0].size(), 0U);
  EXPECT_EQ(written.elements[1].size(), 1U);
  EXPECT_EQ(written.elements[2].size(), 0U);
  EXPECT_EQ(written.elements[2].mode, wasm::SegmentMode::passive);
  EXPECT_EQ(written.elements[3].mode, wasm::SegmentMode::declarative);
  EXPECT_EQ(written.data_count, 4U);
  ASSERT_EQ(written.datas.size(), 4U);
  EXPECT_EQ(Buffer(written.datas[0].bytes.begin(), written.datas[0].bytes.end()), (Buffer{8, 9}));
  EXPECT_TRUE(written.datas[1].bytes.empty() && written.datas[2].bytes.empty());
  EXPECT_EQ(written.datas[3].bytes.size(), 1U);
  EXPECT_EQ(written.datas[3].offset[0].low, 9U);
}

TEST(Write, TablesHoldWhatTheyHold) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.func(0, {0x0b});
  m.table({0x70, 0, 2});                             // funcref
  m.table({0x63, 0, 5, 2, 9});                       // (ref null 0), 64 bits, at most 9
  m.table({0x40, 0, 0x64, 0, 0, 2, 0xd2, 0, 0x0b});  // (ref 0), all f0
  m.table({0x40, 0, 0x70, 0, 3, 0xd2, 1, 0x0b});     // funcref, all f1
  m.table({0x6f, 0, 1});                             // externref
  Subject subject(m);
  subject.state.tables = {{null_func, 1, 0}, {0, null_func, null_func, 1}, {0, 1}, {null_func, 1, 0}, {null_func, null_func}};
  const wasm::Module written = decoded(*subject.write());
  const std::vector<uint64_t> sizes = {3, 4, 2, 3, 2};
  for (size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(written.tables[i].type.limits.min, sizes[i]) << i;
  EXPECT_EQ(written.tables[1].type.limits.max, 9U);
  EXPECT_EQ(written.tables[2].init[0].index, 0U);
  ASSERT_EQ(written.elements.size(), 6U);
  struct Expected {
    wasm::TableIndex table;
    uint64_t offset;
    std::vector<wasm::FuncIndex> funcs;
  };
  const std::vector<Expected> expected = {{0, 1, {1, 0}}, {1, 0, {0}}, {1, 3, {1}}, {2, 1, {1}}, {3, 0, {}}, {3, 2, {0}}};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(written.elements[i].table, expected[i].table) << i;
    EXPECT_EQ(written.elements[i].offset[0].low, expected[i].offset) << i;
    EXPECT_EQ(written.elements[i].funcs, expected[i].funcs) << i;
  }
  ASSERT_EQ(written.elements[4].exprs.size(), 1U);  // a null where a function would be
  EXPECT_EQ(written.elements[4].exprs[0][0].kind, wasm::ConstOp::ref_null);
}

TEST(Write, GlobalsHaveTheirValues) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.global({0x7f, 1, 0x41, 0, 0x0b});
  m.global({0x7e, 1, 0x42, 0, 0x0b});
  m.global({0x7d, 1, 0x43, 0, 0, 0, 0, 0x0b});
  m.global({0x7c, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b});
  m.global(join({{0x7b, 1, 0xfd, 12}, Buffer(16), {0x0b}}));
  m.global({0x70, 1, 0xd0, 0x70, 0x0b});
  m.global({0x63, 0, 1, 0xd2, 0, 0x0b});
  m.global({0x6f, 1, 0xd0, 0x6f, 0x0b});
  m.global({0x7f, 0, 0x41, 9, 0x0b});
  m.global({0x7f, 0, 0x23, 8, 0x0b});
  Subject subject(m);
  subject.state.globals = {
      {.low = 0xffff'fffe}, {.low = 1ull << 63}, {.low = 0x7fa0'0001}, {.low = 3}, {.low = 4, .high = 5}, {.func = 0}, {}, {},
      {.low = 77},          {.low = 77}};
  const wasm::Module written = decoded(*subject.write());
  EXPECT_EQ(written.globals[0].init[0].low, 0xffff'fffeU);
  EXPECT_EQ(written.globals[1].init[0].low, 1ull << 63);
  EXPECT_EQ(written.globals[2].init[0].low, 0x7fa0'0001U);
  EXPECT_EQ(written.globals[3].init[0].low, 3U);
  EXPECT_EQ(written.globals[4].init[0].low, 4U);
  EXPECT_EQ(written.globals[4].init[0].high, 5U);
  EXPECT_EQ(written.globals[5].init[0].kind, wasm::ConstOp::ref_func);
  EXPECT_EQ(written.globals[6].init[0].kind, wasm::ConstOp::ref_null);
  EXPECT_EQ(written.globals[7].init[0].kind, wasm::ConstOp::ref_null);
  EXPECT_EQ(written.globals[8].init[0].low, 9U);  // immutable: as the module says
  EXPECT_EQ(written.globals[9].init[0].kind, wasm::ConstOp::global_get);
}

TEST(Write, FunctionsThatBodiesReferToStayDeclared) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0xd2, 1, 0x1a, 0x00, 0xd2, 2, 0x1a, 0x0b});  // ref.func 1, drop, unreachable, ref.func 2, drop
  m.func(0, {0x0b});
  m.func(0, {0x0b});
  m.func(0, {0x0b});
  m.table({0x70, 0, 3});
  m.export_("init", 0, 1);
  m.element({0, 0x41, 0, 0x0b, 2, 2, 3});
  Subject subject(m);
  const wasm::Module written = decoded(*subject.write({.removed_exports = {"init"}, .renamed_exports = {}}));
  ASSERT_EQ(written.elements.size(), 2U);
  EXPECT_EQ(written.elements[1].mode, wasm::SegmentMode::declarative);
  EXPECT_EQ(written.elements[1].funcs, (std::vector<wasm::FuncIndex>{1, 2}));  // 3 is named by no body
}

TEST(Write, StartIsGoneAndExportsAreEdited) {
  ModuleBuilder m;
  m.func_type({}, {});
  for (int i = 0; i < 3; ++i) m.func(0, {0x0b});
  m.memory({0, 1});
  m.start(0);
  m.export_("init", 0, 0);
  m.export_("_start", 0, 1);
  m.export_("resume", 0, 2);
  m.export_("memory", 2, 0);
  Subject subject(m);
  const wasm::Module written = decoded(*subject.write({.removed_exports = {"init"}, .renamed_exports = {{"resume", "_start"}}}));
  EXPECT_FALSE(written.start);
  ASSERT_EQ(written.exports.size(), 2U);
  EXPECT_EQ(written.exports[0].name, "_start");
  EXPECT_EQ(written.exports[0].index, 2U);
  EXPECT_EQ(written.exports[1].name, "memory");

  EXPECT_EQ(subject.write({.removed_exports = {"nothing"}, .renamed_exports = {}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(subject.write({.removed_exports = {}, .renamed_exports = {{"memory", "m"}}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(subject.write({.removed_exports = {}, .renamed_exports = {{"init", "a"}, {"resume", "a"}}}).error().kind,
            ErrorKind::bad_input);
  EXPECT_EQ(subject.write({.removed_exports = {}, .renamed_exports = {{"init", "a"}, {"init", "b"}}}).error().kind,
            ErrorKind::bad_input);
}

TEST(Write, CustomSectionsStayWhereTheyAreRight) {
  ModuleBuilder m;
  m.memory({0, 1});
  m.data({0, 0x41, 0, 0x0b, 1, 7});
  const Buffer memory_names = {6, 4, 1, 0, 1, 'm'}, data_names = {9, 4, 1, 0, 1, 'd'};
  m.custom("name", join({memory_names, data_names}));
  m.custom("linking", {2});
  m.custom("reloc.CODE", {0});
  m.custom("sourceMappingURL", sized("a.map"));
  m.custom(".debug_info", {1, 2, 3});
  Subject subject(m);
  subject.memories[0][3] = 1;
  const Buffer bytes = *subject.write();
  const wasm::Module written = decoded(bytes);
  ASSERT_EQ(written.customs.size(), 2U);
  EXPECT_EQ(written.customs[0].name, "name");
  const wasm::Range names = written.customs[0].content;
  EXPECT_EQ(Buffer(bytes.begin() + static_cast<ptrdiff_t>(names.offset),
                   bytes.begin() + static_cast<ptrdiff_t>(names.offset + names.size)),
            memory_names);
  EXPECT_EQ(written.customs[1].name, ".debug_info");
}

// A section that is written though the module had none stands before the names.
TEST(Write, NewSectionsStandInTheirPlaces) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.table({0x70, 0, 1});
  m.memory({0, 1});
  m.custom("name", {0, 2, 1, 'm'});
  Subject subject(m);
  subject.memories[0][3] = 1;
  subject.state.tables[0][0] = 0;
  ModuleBuilder expected;
  expected.func_type({}, {});
  expected.func(0, {0x0b});
  expected.table({0x70, 0, 1});
  expected.memory({0, 1});
  expected.element({0, 0x41, 0, 0x0b, 1, 0});
  expected.data({0, 0x41, 3, 0x0b, 1, 1});
  expected.custom("name", {0, 2, 1, 'm'});
  EXPECT_EQ(*subject.write(), expected.build());
}

TEST(Write, WhatTheModuleDoesNotOwnIsRefusedByName) {
  const std::vector<std::pair<Buffer, std::string>> imports = {{{2, 0, 1}, "the memory \"env\" \"it\""},
                                                               {{1, 0x70, 0, 1}, "the table \"env\" \"it\""},
                                                               {{3, 0x7f, 0}, "the global \"env\" \"it\""}};
  for (const auto& [description, words] : imports) {
    ModuleBuilder m;
    m.import("env", "it", description);
    Subject subject(m);
    const auto refused = subject.write();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  }
  ModuleBuilder m;
  m.memory({3, 1, 1});
  Subject subject(m);
  EXPECT_NE(subject.write().error().message.find("memory 0 is shared"), std::string::npos);
}

TEST(Write, NeverMoreSegmentsThanAModuleMayHave) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x0b});
  m.table(join({{0x70, 0}, leb(400'000)}));
  m.memory(join({{0}, leb(300)}));
  Subject subject(m);
  for (size_t i = 0; i < 400'000; i += 2) subject.state.tables[0][i] = 0;
  // Too many small pieces; what is far away stays apart all the same.
  for (size_t i = 0; i < subject.memories[0].size() / 2; i += 64) subject.memories[0][i] = 1;
  subject.memories[0].back() = 1;
  const wasm::Module written = decoded(*subject.write());
  EXPECT_LE(written.elements.size(), limits::element_segments);
  EXPECT_LE(written.datas.size(), limits::data_segments);
  EXPECT_EQ(written.datas.size(), 2U);
}

}  // namespace
}  // namespace mote::snapshot
