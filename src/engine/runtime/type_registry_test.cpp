// Types of different modules are equal exactly when their ids are; subtyping and matching over ids.
#include "engine/runtime/type_registry.h"

#include "engine/runtime/guest_testing.h"

#include <gtest/gtest.h>

namespace mote::runtime {
namespace {

using namespace testing;
using wasm::HeapType;
using wasm::ValueType;

std::vector<TypeId> add(TypeRegistry& registry, std::vector<Binary> types) {
  ModuleText text;
  text.types = std::move(types);
  const Binary binary = text.binary();
  auto module = wasm::decode(binary);
  EXPECT_TRUE(module) << module.error().message;
  return *registry.add(*module);
}

const Binary empty_func = func_type({}, {});
Binary rec(const std::vector<Binary>& types) {
  return Binary{0x4e} + vec(types);
}
Binary open_sub(const Binary& type) {
  return Binary{0x50, 0} + type;
}  // sub, no supertype
Binary open_sub(uint8_t super, const Binary& type) {
  return Binary{0x50, 1, super} + type;
}
Binary ref_to(uint8_t index) {
  return {0x63, index};
}  // (ref null index)

TEST(TypeRegistry, EqualFunctionTypesOfTwoModulesHaveOneId) {
  TypeRegistry registry;
  const auto a = add(registry, {func_type({i32}, {i64}), empty_func});
  const auto b = add(registry, {empty_func, func_type({i32}, {i64}), func_type({i64}, {i32}), empty_func});
  EXPECT_EQ(a[0], b[1]);
  EXPECT_EQ(a[1], b[0]);
  EXPECT_EQ(b[0], b[3]);
  EXPECT_NE(b[1], b[2]);
  wasm::FuncType host;
  host.params = {wasm::i32};
  host.results = {wasm::i64};
  EXPECT_EQ(*registry.add(host), a[0]);
}

TEST(TypeRegistry, ParametersAndResultsAreNotMixedUp) {
  TypeRegistry registry;
  const auto ids = add(registry, {func_type({i32, i32}, {}), func_type({i32}, {i32}), func_type({}, {i32, i32})});
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
}

TEST(TypeRegistry, RecursionGroupsAreEqualAsAWhole) {
  TypeRegistry registry;
  // (rec (type $f (func (param (ref null $g)))) (type $g (func (param (ref null $f)))))
  auto one_param = [](Binary param) { return Binary{0x60, 1} + param + Binary{0}; };
  auto group = [&](uint8_t base) { return rec({one_param(ref_to(base + 1)), one_param(ref_to(base))}); };
  const auto a = add(registry, {group(0)});
  const auto b = add(registry, {empty_func, group(1)});
  EXPECT_EQ(a[0], b[1]);
  EXPECT_EQ(a[1], b[2]);
  EXPECT_NE(a[0], a[1]);
  // The same function type alone is another type than as a member of a group.
  const auto c = add(registry, {rec({empty_func, empty_func})});
  EXPECT_NE(c[0], b[0]);
  EXPECT_NE(c[0], c[1]);
}

TEST(TypeRegistry, SubtypesAreFoundByTheirChain) {
  TypeRegistry registry;
  const auto ids =
      add(registry, {open_sub(empty_func), open_sub(0, empty_func), open_sub(1, empty_func), open_sub(0, empty_func), empty_func});
  EXPECT_TRUE(registry.is_subtype(ids[2], ids[0]));
  EXPECT_TRUE(registry.is_subtype(ids[2], ids[1]));
  EXPECT_TRUE(registry.is_subtype(ids[2], ids[2]));
  EXPECT_FALSE(registry.is_subtype(ids[0], ids[2]));
  EXPECT_EQ(ids[3], ids[1]);  // equal declarations
  EXPECT_FALSE(registry.is_subtype(ids[4], ids[0]));
  EXPECT_FALSE(registry.is_subtype(0xffff'ffff, ids[0]));  // null_funcref's
}

TEST(TypeRegistry, ValueTypesMatchAcrossAbstractAndConcreteHeapTypes) {
  TypeRegistry registry;
  const auto ids = add(registry, {open_sub(empty_func), open_sub(0, empty_func), Binary{0x5f, 0} /* struct */});
  const auto concrete = [&](size_t i, bool is_nullable) { return ValueType::ref(HeapType::concrete(ids[i]), is_nullable); };
  EXPECT_TRUE(registry.matches(concrete(1, false), concrete(0, true)));
  EXPECT_FALSE(registry.matches(concrete(1, true), concrete(0, false)));
  EXPECT_TRUE(registry.matches(concrete(1, true), wasm::funcref));
  EXPECT_FALSE(registry.matches(wasm::funcref, concrete(1, true)));
  EXPECT_TRUE(registry.matches(ValueType::ref(HeapType::nofunc, true), concrete(1, true)));
  EXPECT_FALSE(registry.matches(ValueType::ref(HeapType::none, true), concrete(1, true)));
  EXPECT_TRUE(registry.matches(ValueType::ref(HeapType::none, true), concrete(2, true)));
  EXPECT_TRUE(registry.matches(concrete(2, false), ValueType::ref(HeapType::eq, false)));
  EXPECT_FALSE(registry.matches(concrete(2, false), wasm::funcref));
  EXPECT_TRUE(registry.matches(ValueType::ref(HeapType::i31, false), ValueType::ref(HeapType::any, true)));
  EXPECT_FALSE(registry.matches(wasm::i32, wasm::i64));
}

TEST(TypeRegistry, WritesFunctionTypesAsTheSpecificationDoes) {
  TypeRegistry registry;
  const auto ids = add(registry, {func_type({i32, f64}, {i64}), empty_func});
  EXPECT_EQ(registry.text(ids[0]), "(func (param i32 f64) (result i64))");
  EXPECT_EQ(registry.text(ids[1]), "(func)");
}

}  // namespace
}  // namespace mote::runtime
