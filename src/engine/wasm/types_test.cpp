// Canonical types, subtyping and how types are written.
#include "engine/wasm/types.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <mote/limits.h>

#include <gtest/gtest.h>

#include <string>

namespace mote::wasm {
namespace {

std::string error_of(const ModuleBuilder& builder) {
  const Buffer bytes = builder.build();
  const Result<Module> module = decode(bytes);
  return module ? "accepted" : module.error().message;
}
ValueType ref(TypeIndex index) {
  return ValueType::ref(HeapType::concrete(index), false);
}

TEST(Canonical, EqualDefinitionsAreOneType) {
  ModuleBuilder m;
  m.func_type({0x7f}, {});
  m.func_type({0x7e}, {});
  m.func_type({0x7f}, {});
  const Buffer bytes = m.build();
  const Module module = *decode(bytes);
  EXPECT_EQ(module.canonical, (std::vector<TypeIndex>{0, 1, 0}));
  EXPECT_TRUE(module.equal_types(ref(0), ref(2)));
  EXPECT_FALSE(module.equal_types(ref(0), ref(1)));
  EXPECT_FALSE(module.equal_types(ref(0), ref(2).as_nullable()));
}

TEST(Canonical, RecursionGroupsAreComparedAsWholes) {
  // A group of two structures that point to each other, twice; then a group where the first points to itself.
  const Buffer group = {0x4e, 2, 0x5f, 1, 0x63, 1, 0, 0x5f, 1, 0x63, 0, 0};
  const Buffer again = {0x4e, 2, 0x5f, 1, 0x63, 3, 0, 0x5f, 1, 0x63, 2, 0};
  const Buffer other = {0x4e, 2, 0x5f, 1, 0x63, 4, 0, 0x5f, 1, 0x63, 4, 0};
  ModuleBuilder m;
  m.type(group);
  m.type(again);
  m.type(other);
  m.type({0x5f, 1, 0x63, 6, 0});  // a group of its own, pointing to itself
  m.type({0x5f, 1, 0x63, 7, 0});  // the same
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value()) << module.error().text();
  EXPECT_EQ(module->canonical, (std::vector<TypeIndex>{0, 1, 0, 1, 4, 5, 6, 6}));
  EXPECT_EQ(module->types[3].group_start, 2u);
  EXPECT_EQ(module->types[3].group_size, 2u);
}

TEST(Subtyping, FollowsDeclarations) {
  ModuleBuilder m;
  m.type({0x50, 0, 0x5f, 0});                       // 0: (sub (struct))
  m.type({0x50, 1, 0, 0x5f, 1, 0x7f, 0});           // 1: (sub 0 (struct i32))
  m.type({0x4f, 1, 1, 0x5f, 2, 0x7f, 0, 0x7e, 1});  // 2: (sub final 1 (struct i32 (mut i64)))
  m.type({0x5e, 0x7f, 0});                          // 3: (array i32)
  m.func_type({}, {});                              // 4
  const Buffer bytes = m.build();
  const Result<Module> decoded = decode(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  const Module& module = *decoded;
  EXPECT_EQ(module.types[2].depth, 2u);
  EXPECT_TRUE(module.matches(ref(2), ref(0)));
  EXPECT_FALSE(module.matches(ref(0), ref(2)));
  EXPECT_TRUE(module.matches(ref(2), ref(1).as_nullable()));
  EXPECT_FALSE(module.matches(ref(2).as_nullable(), ref(1)));
  const auto heap = [](TypeIndex index) { return HeapType::concrete(index); };
  EXPECT_TRUE(module.matches(heap(2), HeapType(HeapType::struct_)));
  EXPECT_TRUE(module.matches(heap(2), HeapType(HeapType::any)));
  EXPECT_FALSE(module.matches(heap(2), HeapType(HeapType::array)));
  EXPECT_TRUE(module.matches(heap(3), HeapType(HeapType::eq)));
  EXPECT_TRUE(module.matches(heap(4), HeapType(HeapType::func)));
  EXPECT_FALSE(module.matches(heap(4), HeapType(HeapType::any)));
  EXPECT_TRUE(module.matches(HeapType(HeapType::none), heap(3)));
  EXPECT_TRUE(module.matches(HeapType(HeapType::nofunc), heap(4)));
  EXPECT_FALSE(module.matches(HeapType(HeapType::nofunc), heap(3)));
  EXPECT_TRUE(module.matches(HeapType(HeapType::i31), HeapType(HeapType::eq)));
  EXPECT_FALSE(module.matches(HeapType(HeapType::extern_), HeapType(HeapType::any)));
}

TEST(Subtyping, ChecksDeclarations) {
  const auto check = [](const Buffer& super, const Buffer& sub) {
    ModuleBuilder m;
    m.type(super);
    m.type(sub);
    return error_of(m);
  };
  EXPECT_EQ(check({0x5f, 0}, {0x50, 1, 0, 0x5f, 0}), "sub type 1 of type 0, which is final");
  EXPECT_EQ(check({0x50, 0, 0x5f, 1, 0x7f, 0}, {0x50, 1, 0, 0x5f, 0}), "sub type 1 does not match its supertype 0");
  EXPECT_EQ(check({0x50, 0, 0x5f, 1, 0x6e, 1}, {0x50, 1, 0, 0x5f, 1, 0x6d, 1}), "sub type 1 does not match its supertype 0");
  EXPECT_EQ(check({0x50, 0, 0x5f, 1, 0x6e, 0}, {0x50, 1, 0, 0x5f, 1, 0x6d, 0}), "accepted");
  EXPECT_EQ(check({0x50, 0, 0x60, 1, 0x6d, 0}, {0x50, 1, 0, 0x60, 1, 0x6e, 0}), "accepted");
  EXPECT_EQ(check({0x5f, 0}, {0x50, 1, 1, 0x5f, 0}), "unknown type 1: the supertype of type 1 must precede it");
  EXPECT_EQ(check({0x5f, 0}, {0x5f, 1, 0x64, 2, 0}), "unknown type 2");
}

TEST(Subtyping, IsLimitedInDepth) {
  ModuleBuilder m;
  m.type({0x50, 0, 0x5f, 0});
  for (uint32_t i = 0; i < limits::subtyping_depth; ++i) m.type(join({{0x50, 1}, leb(i), {0x5f, 0}}));
  EXPECT_EQ(error_of(m), "accepted");
  m.type(join({{0x50, 1}, leb(limits::subtyping_depth), {0x5f, 0}}));
  EXPECT_EQ(error_of(m), "type 64 has more than 63 supertypes above it");
}

// Each structure names the one before it, so all differ; then all of them again, so all are found. Linear, or this takes hours.
TEST(Canonical, ManyTypesTakeLinearTime) {
  constexpr uint32_t count = 100'000;
  ModuleBuilder m;
  for (uint32_t round = 0; round < 2; ++round) {
    m.type({0x5f, 0});
    for (uint32_t i = 1; i < count; ++i) {
      const uint32_t previous = round * count + i - 1;
      Buffer index = leb(previous);
      const bool needs_sign_byte = (index.back() & 0x40) != 0;  // heap types are signed
      if (needs_sign_byte) {
        index.back() |= 0x80;
        index.push_back(0);
      }
      m.type(join({{0x5f, 1, 0x64}, index, {0}}));
    }
  }
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value()) << module.error().text();
  EXPECT_EQ(module->canonical[count - 1], count - 1);
  EXPECT_EQ(module->canonical[2 * count - 1], count - 1);
}

TEST(Text, IsTheSpecifications) {
  EXPECT_EQ(text(i64), "i64");
  EXPECT_EQ(text(funcref), "(ref null func)");
  EXPECT_EQ(text(ref(3)), "(ref 3)");
  EXPECT_EQ(text(FuncType{{i32, i64}, {f32}}), "[i32 i64] -> [f32]");
  EXPECT_EQ(text(SubType{.func = {{i32}, {i64, f64}}}), "(func (param i32) (result i64 f64))");
  SubType point{.kind = CompositeKind::struct_, .is_final = false, .supertype = 0};
  point.struct_.fields = {{.type = i32, .packed = PackedKind::i8, .is_mutable = true}, {.type = f64}};
  EXPECT_EQ(text(point), "(sub 0 (struct (field (mut i8)) (field f64)))");
  EXPECT_EQ(text(Limits{.address = AddressType::i64, .is_shared = true, .min = 1, .max = 2}), "i64 1 2 shared");
}

}  // namespace
}  // namespace mote::wasm
