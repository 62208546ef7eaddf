// Keys as text, and the flag that each difference names.
#include "engine/code/codegen_key.h"

#include <gtest/gtest.h>

namespace mote::code {
namespace {

TEST(CodegenKey, TextNamesEveryChoice) {
  CodegenKey key;
  EXPECT_EQ(text(key), "optimizing guard opt-level=2 cpu=x86-64-v3");
  key.memory = MemoryMode::dense;
  key.canonical_nans = 1;
  key.deterministic_relaxed_simd = 1;
  key.fuel = 1;
  key.epochs = 1;
  key.spectre = 0;
  key.cpu_features = cpu_v2 | cpu_avx;
  EXPECT_EQ(text(key),
            "optimizing dense opt-level=2 cpu=sse4.2 popcnt avx canonical-nans deterministic-relaxed-simd fuel epochs "
            "no-spectre-masks");
}

TEST(CodegenKey, EqualKeysDoNotDiffer) {
  EXPECT_EQ(difference({}, {}), "");
}

TEST(CodegenKey, DifferenceNamesTheFlagThatMakesTheRunFitTheImage) {
  CodegenKey image, wanted;
  image.memory = MemoryMode::dense;
  EXPECT_EQ(difference(image, wanted), "compiled for dense memory, this run wants guard (-C memory=dense)");
  wanted.fuel = 1;
  EXPECT_EQ(difference(image, wanted),
            "compiled for dense memory, this run wants guard (-C memory=dense); "
            "compiled without fuel, this run wants it on (leave out -W fuel)");
}

TEST(CodegenKey, EveryFieldIsNoticed) {
  CodegenKey other[9];
  other[0].tier = Tier::baseline;
  other[1].memory = MemoryMode::dense;
  other[2].opt_level = 0;
  other[3].canonical_nans = 1;
  other[4].deterministic_relaxed_simd = 1;
  other[5].fuel = 1;
  other[6].epochs = 1;
  other[7].cpu_features = cpu_v2;
  other[8].spectre = 0;
  for (const CodegenKey& key : other) {
    EXPECT_NE(difference(key, {}), "") << text(key);
    EXPECT_NE(difference({}, key), "") << text(key);
  }
}

// An independent reading of the same machine: the compiler's own run-time support.
TEST(CodegenKey, HostFeaturesAgreeWithTheCompilersOwn) {
  uint32_t features = host_cpu_features();
  EXPECT_EQ((features & cpu_sse42) != 0, __builtin_cpu_supports("sse4.2") != 0);
  EXPECT_EQ((features & cpu_popcnt) != 0, __builtin_cpu_supports("popcnt") != 0);
  EXPECT_EQ((features & cpu_avx) != 0, __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ((features & cpu_avx2) != 0, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ((features & cpu_fma) != 0, __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ((features & cpu_bmi1) != 0, __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ((features & cpu_bmi2) != 0, __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(features & ~cpu_v3, 0u);
}

}  // namespace
}  // namespace mote::code
