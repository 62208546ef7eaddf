// Features are found where they are used, in declarations and in dead code.
#include "engine/wasm/features.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::wasm {
namespace {

std::string used(const ModuleBuilder& builder) {
  const Buffer bytes = builder.build();
  const Result<Module> module = decode(bytes);
  if (!module) return module.error().message;
  const Result<FeatureSet> found = features(*module);
  if (!found) return found.error().message;
  std::string out;
  for (uint32_t i = 0; i < feature_count; ++i) {
    const auto feature = static_cast<Feature>(i);
    if (found->has(feature)) out += std::string(out.empty() ? "" : " ") + name(feature);
  }
  return out;
}

TEST(Features, VersionOneNeedsNone) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.table({0x70, 0x00, 0x01});
  m.func(m.func_type({0x7f}, {0x7f}), {0x20, 0, 0x28, 2, 0, 0x0b});
  EXPECT_EQ(used(m), "");
}

TEST(Features, AreFoundInDeclarations) {
  ModuleBuilder m;
  m.func_type({}, {0x7f, 0x7f});
  m.memory({0x03, 0x01, 0x01});
  m.memory({0x04, 0x01});
  m.global({0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b});
  EXPECT_EQ(used(m), "multivalue extended-const multimemory memory64 threads");
  ModuleBuilder gc;
  gc.type({0x5e, 0x7f, 0});
  EXPECT_EQ(used(gc), "gc");
  ModuleBuilder exceptions;
  exceptions.func_type({0x69}, {});
  EXPECT_EQ(used(exceptions), "reference-types exception-handling");
}

TEST(Features, AreFoundInCodeThatIsNeverReached) {
  ModuleBuilder m;
  m.func(m.func_type({}, {}), {0x00, 0xc0, 0x1a, 0xfd, 0x4d, 0x1a, 0x0b});
  EXPECT_EQ(used(m), "sign-ext simd128");
}

TEST(Features, NeedAValidModule) {
  ModuleBuilder m;
  m.func(m.func_type({}, {}), {0x1a, 0x0b});
  EXPECT_EQ(used(m), "type mismatch: expected an operand, found nothing (in function 0)");
}

}  // namespace
}  // namespace mote::wasm
