// Names, producers and target features, whole and broken.
#include "engine/wasm/names.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <gtest/gtest.h>

namespace mote::wasm {
namespace {

// A module of two functions with a name section of these subsections.
Buffer module_with_names(const Buffer& subsections) {
  ModuleBuilder m;
  const uint32_t type = m.func_type({}, {});
  m.func(type, {0x0b});
  m.func(type, {0x0b});
  m.custom("name", subsections);
  return m.build();
}
Buffer subsection(uint8_t id, const Buffer& content) {
  return join({{id}, sized(content)});
}

TEST(Names, AreRead) {
  const Buffer bytes =
      module_with_names(join({subsection(0, sized("mod")), subsection(1, join({{2, 0}, sized("first"), {1}, sized("second")})),
                              subsection(2, join({{1, 1, 1, 0}, sized("x")})), subsection(99, {1, 2, 3})}));
  const Module module = *decode(bytes);
  const Names names = read_names(module);
  EXPECT_EQ(names.module, "mod");
  EXPECT_EQ(names.function(1), "second");
  EXPECT_EQ(names.function(7), "");
  EXPECT_EQ(names.local(1, 0), "x");
  EXPECT_EQ(names.local(0, 0), "");
}

TEST(Names, AreLeftOutWhereTheyAreMalformed) {
  const Buffer out_of_order = subsection(1, join({{2, 1}, sized("b"), {0}, sized("a")}));
  const Buffer not_utf8 = subsection(4, {1, 0, 1, 0xff});
  const Buffer too_far = subsection(1, join({{2, 0}, sized("a"), {9}, sized("none")}));
  const Buffer bytes = module_with_names(join({out_of_order, not_utf8, subsection(0, sized("kept"))}));
  const Module module = *decode(bytes);
  const Names names = read_names(module);
  EXPECT_EQ(names.module, "kept");
  EXPECT_TRUE(names.functions.empty());
  EXPECT_TRUE(names.types.empty());
  const Buffer other = module_with_names(too_far);
  const Module second = *decode(other);
  EXPECT_EQ(read_names(second).functions.size(), 1u);
}

TEST(Producers, AreRead) {
  ModuleBuilder m;
  m.custom("producers", join({{1}, sized("language"), {1}, sized("C"), sized("23")}));
  m.custom("target_features", join({{2, '+'}, sized("simd128"), {'-'}, sized("atomics")}));
  const Buffer bytes = m.build();
  const Module module = *decode(bytes);
  const auto producers = read_producers(module);
  ASSERT_EQ(producers.size(), 1u);
  EXPECT_EQ(producers[0].name, "C");
  EXPECT_EQ(producers[0].version, "23");
  const auto features = read_target_features(module);
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features[1].prefix, '-');
  EXPECT_EQ(features[1].name, "atomics");
}

}  // namespace
}  // namespace mote::wasm
