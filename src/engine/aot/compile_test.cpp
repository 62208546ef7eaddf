// The whole compiler: equal output for any number of threads, exact offsets of trap sites, functions of every effort, errors.
// What compiled code does is tested by tests/spec and tests/differential.
#include "engine/aot/compile.h"

#include "engine/aot/module_testing.h"
#include "engine/aot/survey.h"
#include "engine/code/abi.h"
#include "engine/code/image.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::aot {
namespace {

using testing::Code;
using testing::make_module;

constexpr uint8_t local_get = 0x20, local_set = 0x21, i32_add = 0x6a, i32_load = 0x28, i32_div_u = 0x6e, begin_if = 0x04,
                  end = 0x0b, block = 0x02, br_if = 0x0d, empty = 0x40, unreachable = 0x00;

// x = x + load(x), over and over, with a branch now and then.
Code body_of(size_t bytes) {
  Code code{0};
  while (code.size() < bytes) {
    code.insert(code.end(), {local_get, 0, local_get, 0, i32_load, 2, 0, i32_add, local_set, 0});
    code.insert(code.end(), {block, empty, local_get, 0, br_if, 0, local_get, 0, local_set, 0, end});
  }
  code.insert(code.end(), {local_get, 0, end});
  return code;
}

Result<std::vector<uint8_t>> compile_with(const Code& wasm, uint32_t threads, code::CodegenKey key = {}) {
  key.cpu_features = code::cpu_v2;
  CompileOptions options{.key = key, .threads = threads};
  return compile(wasm, options);
}

std::shared_ptr<const code::Image> image_of(const std::vector<uint8_t>& artifact, std::shared_ptr<code::Artifact>& keep) {
  Result<std::shared_ptr<code::Artifact>> loaded = code::load_artifact(artifact);
  EXPECT_TRUE(loaded) << loaded.error().text();
  keep = *loaded;
  Result<std::shared_ptr<const code::Image>> image = keep->image(keep->keys()[0]);
  EXPECT_TRUE(image) << image.error().text();
  return *image;
}

TEST(Compile, IsEqualForAnyNumberOfThreads) {
  const Code wasm = make_module(std::vector<Code>(40, body_of(8 << 10)));
  const Result<std::vector<uint8_t>> one = compile_with(wasm, 1), three = compile_with(wasm, 3);
  ASSERT_TRUE(one) << one.error().text();
  ASSERT_TRUE(three);
  EXPECT_TRUE(*one == *three);
}

TEST(Compile, HoldsTwoImagesForBothMemoryModes) {
  CompileOptions options{.both_memory_modes = true};
  uint64_t last = 0, all = 0;
  options.progress = [&](uint64_t done, uint64_t total) { last = done, all = total; };
  const Result<std::vector<uint8_t>> artifact = compile(make_module({body_of(100)}), options);
  ASSERT_TRUE(artifact) << artifact.error().text();
  const Result<std::shared_ptr<code::Artifact>> loaded = code::load_artifact(*artifact);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->keys().size(), 2u);
  EXPECT_GT(all, 0u);
  EXPECT_EQ(last, all);
}

// Every ud1 in the text is a trap site; each has the offset of the instruction that it belongs to.
TEST(Compile, KeepsTheOffsetOfEveryTrapSite) {
  Code body{0};
  std::vector<uint64_t> sites;         // in the body
  for (uint8_t i = 0; i < 100; ++i) {  // other operands each time, so that no site makes another one pointless
    body.insert(body.end(), {local_get, 0, i32_load, 0, i, local_get, 0, i32_load, 1, i});
    sites.push_back(body.size());
    body.insert(body.end(), {i32_div_u, begin_if, empty});
    sites.push_back(body.size());
    body.insert(body.end(), {unreachable, end});
  }
  body.insert(body.end(), {local_get, 0, end});
  const Code wasm = make_module({body});
  const uint64_t body_at = wasm.size() - body.size();
  for (const uint8_t level : {0, 1, 2, 3}) {
    const Result<std::vector<uint8_t>> artifact = compile_with(wasm, 1, {.opt_level = level});
    ASSERT_TRUE(artifact) << artifact.error().text();
    std::shared_ptr<code::Artifact> keep;
    const std::shared_ptr<const code::Image> image = image_of(*artifact, keep);
    const Bytes text = image->text();
    size_t traps = 0;
    for (auto at = text.begin();; ++at, ++traps) {
      at = std::search(at, text.end(), std::begin(code::trap_instruction), std::end(code::trap_instruction));
      if (at == text.end()) break;
      const std::optional<code::PcInfo> info = image->find(&*at);
      const uint64_t offset = info ? info->wasm_offset.value_or(0) : 0;
      EXPECT_TRUE(std::ranges::find(sites, offset - body_at) != sites.end()) << "level " << int{level};
    }
    EXPECT_GE(traps, 200u) << "level " << int{level};
  }
}

TEST(Compile, TakesFunctionsOfEverySize) {
  const Code wasm = make_module({body_of(100), body_of(cheap_weight + 100), body_of(huge_weight + 100), body_of(200)});
  for (const code::MemoryMode mode : {code::MemoryMode::guard, code::MemoryMode::dense}) {
    const Result<std::vector<uint8_t>> artifact =
        compile_with(wasm, 2, {.memory = mode, .canonical_nans = 1, .fuel = 1, .epochs = 1});
    ASSERT_TRUE(artifact) << artifact.error().text();
    std::shared_ptr<code::Artifact> keep;
    EXPECT_EQ(image_of(*artifact, keep)->funcs().size(), 4u);
  }
}

// Each function has 50,000 locals, declared in four bytes and uses one: what is not used costs nothing.
TEST(Compile, TakesManyLocalsInManyFunctions) {
  const Code body{1, 0xcf, 0x86, 0x03, 0x7f, local_get, 0xcf, 0x86, 0x03, end};
  const Result<std::vector<uint8_t>> artifact = compile_with(make_module(std::vector<Code>(2000, body)), 1, {.opt_level = 0});
  EXPECT_TRUE(artifact) << artifact.error().text();
}

TEST(Compile, RefusesAnInvalidModuleWithItsOffset) {
  const Result<std::vector<uint8_t>> result = compile_with(make_module({{0, i32_add, end}}), 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(result.error().offset.has_value());
}

}  // namespace
}  // namespace mote::aot
