// The contract that compiler and runtime share: registers of arguments, offsets in an instance, trap words.
#include "engine/code/instance_layout.h"

#include "engine/code/abi.h"
#include "engine/code/convention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mote::code {
namespace {

bool is(Place place, Place::Kind kind, uint16_t index) {
  return place.kind == kind && place.index == index;
}

TEST(Convention, NinthIntegerAndNinthVectorGoThroughTheExchangeBufferInOrderOfAppearance) {
  std::vector<wasm::ValueType> types;
  for (int i = 0; i < 9; ++i) types.push_back(i % 2 ? wasm::i32 : wasm::funcref);
  for (int i = 0; i < 9; ++i) types.push_back(i % 2 ? wasm::f64 : wasm::v128);
  types.push_back(wasm::i64);
  const auto places = place_arguments(types);
  EXPECT_TRUE(is(places[0], Place::integer, 0));
  EXPECT_TRUE(is(places[7], Place::integer, 7));
  EXPECT_TRUE(is(places[8], Place::xbuf, 0));
  EXPECT_TRUE(is(places[9], Place::vector, 0));
  EXPECT_TRUE(is(places[16], Place::vector, 7));
  EXPECT_TRUE(is(places[17], Place::xbuf, 1));
  EXPECT_TRUE(is(places[18], Place::xbuf, 2));
}

TEST(Convention, ThreeIntegersAndTwoVectorsAreReturnedInRegisters) {
  const auto places = place_results(
      std::vector<wasm::ValueType>{wasm::f32, wasm::i32, wasm::i32, wasm::f64, wasm::f32, wasm::i64, wasm::externref});
  EXPECT_TRUE(is(places[3], Place::vector, 1));
  EXPECT_TRUE(is(places[4], Place::xbuf, 0));
  EXPECT_TRUE(is(places[5], Place::integer, 2));
  EXPECT_TRUE(is(places[6], Place::xbuf, 1));
}

// A module with one import and two own definitions of everything.
wasm::Module sample() {
  wasm::Module module;
  module.types.resize(1);
  module.funcs = {0, 0, 0};
  module.imported_funcs = module.imported_tables = module.imported_memories = module.imported_globals = module.imported_tags = 1;
  module.tables.resize(3);
  module.memories.resize(3);
  module.globals.resize(3);
  module.tags.resize(3);
  module.escaped = {0, 2};
  module.datas.resize(65);
  module.elements.resize(1);
  return module;
}

TEST(InstanceLayout, PartsDoNotOverlapAndAreAligned) {
  const wasm::Module module = sample();
  const InstanceLayout layout(module);
  struct Part {
    uint32_t offset, size, alignment;
  };
  std::vector<Part> parts = {{0, sizeof(VMContext), 16}};
  for (uint32_t i = 0; i < 3; ++i) {
    parts.push_back({layout.memory(i), sizeof(MemoryImport), 8});
    parts.push_back({layout.table(i), 8, 8});
    parts.push_back({layout.tag(i), 8, 8});
    parts.push_back({layout.global(i), i == 0 ? 8u : 16u, i == 0 ? 8u : 16u});
  }
  for (uint32_t i = 1; i < 3; ++i) {
    parts.push_back({layout.memory_def(i), sizeof(MemoryDef), 8});
    parts.push_back({layout.table_def(i), sizeof(TableDef), 8});
  }
  parts.push_back({layout.func_import(0), sizeof(FuncImport), 8});
  parts.push_back({layout.host_binding(0), InstanceLayout::host_binding_size, 16});
  parts.push_back({layout.funcref(0), sizeof(FuncRef), 8});
  parts.push_back({layout.funcref(1), sizeof(FuncRef), 8});
  parts.push_back({layout.dropped_data(), 16, 8});
  parts.push_back({layout.dropped_elem(), 8, 8});
  std::ranges::sort(parts, {}, &Part::offset);
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].offset % parts[i].alignment, 0u) << i;
    if (i + 1 < parts.size()) EXPECT_LE(parts[i].offset + parts[i].size, parts[i + 1].offset) << i;
  }
  EXPECT_GE(layout.size(), parts.back().offset + parts.back().size);
  EXPECT_EQ(layout.size() % 16, 0u);
}

TEST(InstanceLayout, OwnMemoryAndTableZeroLieInTheFixedPart) {
  wasm::Module module;
  module.memories.resize(2);
  module.tables.resize(1);
  const InstanceLayout layout(module);
  EXPECT_EQ(layout.memory_def(0), offsetof(VMContext, mem0));
  EXPECT_EQ(layout.table_def(0), offsetof(VMContext, tab0));
  EXPECT_GT(layout.memory_def(1), sizeof(VMContext));
}

TEST(InstanceLayout, ConcreteFunctionTypesBelongToTheFuncHierarchy) {
  wasm::Module module;
  module.types.resize(2);
  module.types[1].kind = wasm::CompositeKind::struct_;
  EXPECT_TRUE(is_func_ref(module, wasm::funcref));
  EXPECT_TRUE(is_func_ref(module, wasm::ValueType::ref(wasm::HeapType::concrete(0), false)));
  EXPECT_TRUE(is_func_ref(module, wasm::ValueType::ref(wasm::HeapType::nofunc, true)));
  EXPECT_FALSE(is_func_ref(module, wasm::ValueType::ref(wasm::HeapType::concrete(1), true)));
  EXPECT_FALSE(is_func_ref(module, wasm::externref));
  EXPECT_FALSE(is_func_ref(module, wasm::i64));
}

TEST(Traps, CodesAreTheOnesOfTheTableAndHaveTheSpecificationsWords) {
  EXPECT_FALSE(is_trap_code(0));
  EXPECT_TRUE(is_trap_code(1));
  EXPECT_FALSE(is_trap_code(26));
  EXPECT_EQ(std::string(words(TrapCode::out_of_bounds_memory_access)), "out of bounds memory access");
}

}  // namespace
}  // namespace mote::code
