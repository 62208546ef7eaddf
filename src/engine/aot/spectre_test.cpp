// The masks are in the code that comes out, at every level, one for each access that has a check, and go with their flag. What
// masked code computes is tested by tests/spec and tests/differential, which run dense.
#include "engine/aot/compile.h"
#include "engine/aot/module_testing.h"
#include "engine/code/image.h"

#include <gtest/gtest.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::aot {
namespace {

using testing::append_section;
using testing::Code;

constexpr uint8_t i32 = 0x7f, i64 = 0x7e, funcref = 0x70, externref = 0x6f, empty = 0x40;
constexpr uint8_t local_get = 0x20, i32_load = 0x28, i32_store = 0x36, table_get = 0x25, table_set = 0x26, call_indirect = 0x11,
                  i32_const = 0x41, drop = 0x1a, end = 0x0b;

// Of type [i32 i64] -> []: two tables of 3 elements, a memory of one page and a 64-bit one.
Code module_of(const Code& instructions) {
  Code module{0, 'a', 's', 'm', 1, 0, 0, 0};
  append_section(module, 1, {2, 0x60, 2, i32, i64, 0, 0x60, 0, 0});
  append_section(module, 3, {1, 0});
  append_section(module, 4, {2, funcref, 0, 3, externref, 0, 3});
  append_section(module, 5, {2, 0, 1, 4, 1});
  append_section(module, 7, {1, 1, 'f', 0, 0});
  Code body{0};
  body.insert(body.end(), instructions.begin(), instructions.end());
  body.push_back(end);
  Code code{1};
  testing::append_leb(code, body.size());
  code.insert(code.end(), body.begin(), body.end());
  append_section(module, 10, code);
  return module;
}

// The mnemonics of the code, one after another.
std::string mnemonics(Bytes text) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86Disassembler();
  const LLVMDisasmContextRef disassembler = LLVMCreateDisasm("x86_64-unknown-linux-gnu", nullptr, 0, nullptr, nullptr);
  std::string all;
  std::vector<uint8_t> bytes(text.begin(), text.end());
  for (size_t at = 0; at < bytes.size();) {
    std::array<char, 256> line{};
    const size_t size = LLVMDisasmInstruction(disassembler, &bytes[at], bytes.size() - at, at, line.data(), line.size());
    const std::string_view words(line.data());
    const size_t first = words.find_first_not_of('\t');
    if (size != 0 && first != words.npos) all += std::string(words.substr(first, words.find('\t', first) - first)) + ' ';
    at += size != 0 ? size : 1;
  }
  LLVMDisasmDispose(disassembler);
  return all;
}

std::string compiled(const Code& instructions, const code::CodegenKey& key) {
  const Result<std::vector<uint8_t>> artifact = compile(module_of(instructions), {.key = key});
  EXPECT_TRUE(artifact) << artifact.error().text();
  const Result<std::shared_ptr<code::Artifact>> loaded = code::load_artifact(*artifact);
  EXPECT_TRUE(loaded) << loaded.error().text();
  const Result<std::shared_ptr<const code::Image>> image = (*loaded)->image((*loaded)->keys()[0]);
  EXPECT_TRUE(image) << image.error().text();
  const code::FuncEntry func = (*image)->funcs().back();
  return mnemonics((*image)->text().subspan(func.offset, func.size));
}

size_t count(const std::string& text, std::string_view what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// Ten accesses at different places, so that none makes another one pointless.
Code repeated(const std::function<Code(uint8_t)>& one) {
  Code all;
  for (uint8_t i = 0; i < 10; ++i) {
    const Code code = one(static_cast<uint8_t>(i * 8));
    all.insert(all.end(), code.begin(), code.end());
  }
  return all;
}

struct Masked {
  const char* what;
  Code code;
  code::MemoryMode memory;
  const char* mask;
  size_t count;
};

// br_table over seven blocks, whose ends store different values; the default is the outermost.
Code branches() {
  constexpr uint8_t block = 0x02, br_table = 0x0e, targets = 7;
  Code code;
  for (uint8_t i = 0; i <= targets; ++i) code.insert(code.end(), {block, empty});
  code.insert(code.end(), {local_get, 0, br_table, targets});
  for (uint8_t i = 0; i <= targets; ++i) code.push_back(i);
  for (uint8_t i = 0; i <= targets; ++i) code.insert(code.end(), {end, i32_const, 0, i32_const, i, i32_store, 2, 0});
  return code;
}

std::vector<Masked> masked() {
  using enum code::MemoryMode;
  const auto copy = [](uint8_t offset) {
    return Code{local_get, 0, local_get, 0, i32_load, 2, offset, i32_store, 2, static_cast<uint8_t>(offset + 4)};
  };
  const auto store64 = [](uint8_t offset) { return Code{local_get, 1, local_get, 0, i32_store, 0x42, 1, offset}; };
  const Code far{local_get, 0, i32_load, 2, 0x80, 0x80, 0x80, 0x20, drop};  // offset 64 MiB: beyond the guard region
  return {{"dense loads and stores", repeated(copy), dense, "cmova", 20},
          {"64-bit stores", repeated(store64), guard, "cmova", 10},
          {"offsets beyond the guard region", far, guard, "cmova", 1},
          {"table.get and table.set", {i32_const, 1, local_get, 0, table_get, 1, table_set, 1}, guard, "cmovae", 2},
          {"call_indirect", {local_get, 0, call_indirect, 1, 0}, guard, "cmovae", 1},
          {"br_table", branches(), guard, "cmova", 1}};
}

TEST(Spectre, MasksAreInTheCodeAndGoWithTheFlag) {
  for (const Masked& one : masked()) {
    for (const uint8_t level : {0, 1, 2, 3}) {
      code::CodegenKey key{.memory = one.memory, .opt_level = level, .cpu_features = code::cpu_v2};
      const std::string mask = std::string(one.mask) + (std::string_view(one.what) == "br_table" ? "l " : "q ");
      EXPECT_EQ(count(compiled(one.code, key), mask), one.count) << one.what << " at level " << int{level};
      key.spectre = 0;
      EXPECT_EQ(count(compiled(one.code, key), "cmova"), 0u) << one.what << " at level " << int{level};
    }
  }
}

// The masked index reaches the jump table through no comparison that could be mispredicted.
TEST(Spectre, JumpTablesHaveNoRangeCheck) {
  for (const uint8_t level : {0, 2}) {
    code::CodegenKey key{.opt_level = level, .cpu_features = code::cpu_v2};
    const auto checks = [&] {
      const std::string code = compiled(branches(), key);
      EXPECT_EQ(count(code, "jmpq "), 1u) << code;
      return count(code, "ja ") + count(code, "jae ") + count(code, "jb ") + count(code, "jbe ");
    };
    EXPECT_EQ(checks(), 0u);
    key.spectre = 0;
    EXPECT_EQ(checks(), 1u);
  }
}

// Within the guard region there is no check, and so nothing to mask.
TEST(Spectre, GuardedAccessesHaveNoMask) {
  const Code code = repeated([](uint8_t offset) { return Code{local_get, 0, local_get, 0, i32_store, 2, offset}; });
  EXPECT_EQ(count(compiled(code, {.cpu_features = code::cpu_v2}), "cmov"), 0u);
}

}  // namespace
}  // namespace mote::aot
