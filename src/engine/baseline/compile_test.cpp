// A module's compilation: order of errors, limits, threads, the tables of the image, and that its code is never writable.
#include "engine/baseline/compile.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

namespace mote::baseline {
namespace {

using wasm::Buffer;
using wasm::ModuleBuilder;

constexpr uint8_t i32 = 0x7f, local_get = 0x20, i32_const = 0x41, i32_add = 0x6a, drop = 0x1a, end = 0x0b, call = 0x10,
                  return_call = 0x12, unreachable = 0x00;

Buffer module_of(const std::vector<Buffer>& bodies) {
  ModuleBuilder builder;
  const uint32_t type = builder.func_type({i32}, {i32});
  for (const Buffer& body : bodies) builder.func(type, body);
  return builder.build();
}

const Buffer good = {local_get, 0, i32_const, 1, i32_add, end};
const Buffer invalid = {local_get, 0, i32_add, end};

Result<std::shared_ptr<const code::Image>> compiled(const Buffer& bytes, CompileOptions options = {}) {
  const auto module = wasm::decode(bytes);
  EXPECT_TRUE(module) << module.error().text();
  return compile(*module, options);
}

void run_on_threads(uint32_t count, const std::function<void()>& work) {
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < count; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

TEST(BaselineCompile, TellsTheFirstErrorWhateverTheThreads) {
  std::vector<Buffer> bodies(40'000, good);
  bodies[12'345] = bodies[39'000] = invalid;
  const Buffer bytes = module_of(bodies);
  for (const uint32_t threads : {1u, 2u, 4u}) {
    const auto image = compiled(bytes, {.threads = threads, .run_parallel = run_on_threads});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().kind, ErrorKind::bad_input);
    EXPECT_NE(image.error().message.find("(in function 12345)"), std::string::npos) << image.error().message;
  }
}

TEST(BaselineCompile, NamesTheLimitOfCodeMemory) {
  const auto image = compiled(module_of(std::vector<Buffer>(20'000, good)), {.code_size_limit = 64 << 10});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::limit);
  EXPECT_NE(image.error().message.find("max-code-size"), std::string::npos) << image.error().message;
}

TEST(BaselineCompile, FindsTheInstructionOfEveryFunction) {
  const Buffer bytes = module_of(std::vector<Buffer>(30'000, good));
  const auto module = wasm::decode(bytes);
  for (const uint32_t threads : {1u, 3u}) {
    const auto image = compile(*module, {.threads = threads, .run_parallel = run_on_threads});
    ASSERT_TRUE(image) << image.error().text();
    ASSERT_EQ((*image)->funcs().size(), 30'000u);
    for (uint32_t func = 0; func < 30'000; ++func) {
      const auto* entry = static_cast<const uint8_t*>((*image)->entry(func));
      EXPECT_EQ(code::find_image(entry), image->get());
      const auto first = (*image)->find(entry);
      ASSERT_TRUE(first);
      EXPECT_EQ(first->func, func);
      EXPECT_EQ(first->wasm_offset, module->bodies[func].offset);
      const auto last = (*image)->find(entry + (*image)->funcs()[func].size - 1);
      ASSERT_TRUE(last && last->wasm_offset);
      EXPECT_EQ(*last->wasm_offset, module->bodies[func].offset + good.size());  // `end`, behind the vector of locals
    }
  }
}

TEST(BaselineCompile, GivesTheSameCodeTwice) {
  const Buffer bytes = module_of({good, {local_get, 0, call, 0, end}, {local_get, 0, return_call, 1, end}});
  const auto first = compiled(bytes), second = compiled(bytes);
  ASSERT_TRUE(first && second);
  const Bytes a = (*first)->text(), b = (*second)->text();
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size()), 0);
}

// Between `leave` and the jump of a tail call the caller's frame is the current one.
TEST(BaselineCompile, KnowsTheFrameOfATailCall) {
  const auto image = compiled(module_of({good, {local_get, 0, return_call, 0, end}}));
  ASSERT_TRUE(image);
  const code::FuncEntry func = (*image)->funcs()[1];
  const uint8_t* const code = (*image)->text().data() + func.offset;
  uint32_t rows = 0;
  for (uint32_t i = 0; i + 5 <= func.size; ++i) {
    if (code[i] != 0xc9 || code[i + 1] != 0xe9) continue;
    const code::FrameRow* row = (*image)->frame(code + i + 1);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->return_address, 0);
    EXPECT_EQ(row->saved_fp, code::FrameRow::fp_in_register);
    ++rows;
  }
  EXPECT_EQ(rows, 1u);
}

TEST(BaselineCompile, CodeIsNeverWritable) {
  const auto image = compiled(module_of({good}));
  ASSERT_TRUE(image);
  const auto at = reinterpret_cast<uint64_t>((*image)->text().data());
  std::ifstream maps("/proc/self/maps");
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    uint64_t from = 0, to = 0;
    char access[5] = {};
    ASSERT_EQ(std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, access), 3);
    EXPECT_FALSE(access[1] == 'w' && access[2] == 'x') << line;
    if (at < from || at >= to) continue;
    found = true;
    EXPECT_EQ(std::string(access).substr(0, 3), "r-x");
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace mote::baseline
