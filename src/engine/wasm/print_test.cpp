// Instructions as text: one of each kind of immediate, through the walker.
#include "engine/wasm/print.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"
#include "engine/wasm/walk.h"

#include <gtest/gtest.h>

#include <set>

namespace mote::wasm {
namespace {

constexpr uint8_t end = 0x0b, drop = 0x1a;

struct Lines {
  std::string all;
  void instruction(const Instruction& instruction) { all += text(instruction) + "\n"; }
};

// The text of the last function's instructions; or the error.
std::string printed(const ModuleBuilder& builder) {
  const Buffer bytes = builder.build();
  const Result<Module> module = decode(bytes);
  if (!module) return module.error().message;
  Lines lines;
  const Result<void> result = walk(*module, static_cast<FuncIndex>(module->funcs.size() - 1), lines);
  return result ? lines.all : result.error().message;
}

std::string printed(const Buffer& code, const Buffer& params = {0x7f}, const Buffer& results = {}) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.memory({0x00, 0x01});
  m.table({0x70, 0x00, 0x01});
  m.table({0x70, 0x00, 0x01});
  m.func(m.func_type(params, results), code);
  return printed(m);
}

TEST(Print, WritesConstants) {
  EXPECT_EQ(printed({0x41, 0x7f, drop, 0x42, 0x7e, drop, end}), "i32.const -1\ndrop\ni64.const -2\ndrop\nend\n");
  EXPECT_EQ(printed({0x43, 0, 0, 0xc0, 0x3f, drop, end}), "f32.const 1.5\ndrop\nend\n");
  EXPECT_EQ(printed({0x43, 0, 0, 0xc0, 0xff, drop, end}), "f32.const -nan\ndrop\nend\n");
  EXPECT_EQ(printed({0x43, 1, 0, 0x80, 0x7f, drop, end}), "f32.const nan:0x1\ndrop\nend\n");
  EXPECT_EQ(printed({0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xff, drop, end}), "f64.const -inf\ndrop\nend\n");
  EXPECT_EQ(printed({0xfd, 12, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0xff, drop, end}),
            "v128.const i32x4 0x00000001 0x00000002 0x00000003 0xff000004\ndrop\nend\n");
}

TEST(Print, WritesMemoryArguments) {
  EXPECT_EQ(printed({0x20, 0, 0x28, 2, 0, drop, end}), "local.get 0\ni32.load\ndrop\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x28, 0x40, 1, 8, drop, end}), "local.get 0\ni32.load 1 offset=8 align=1\ndrop\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x20, 0, 0x20, 0, 0xfc, 10, 1, 0, end}),
            "local.get 0\nlocal.get 0\nlocal.get 0\nmemory.copy 1 0\nend\n");
  EXPECT_EQ(printed({0x3f, 0, drop, 0x3f, 1, drop, end}), "memory.size\ndrop\nmemory.size 1\ndrop\nend\n");
}

TEST(Print, WritesBlocksAndBranches) {
  EXPECT_EQ(printed({0x02, 0x7f, 0x41, 1, 0x0c, 0, end, drop, end}), "block (result i32)\ni32.const 1\nbr 0\nend\ndrop\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x0e, 1, 0, 0, end}), "local.get 0\nbr_table 0 0\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x20, 0, 0x20, 0, 0x1c, 1, 0x7f, drop, end}),
            "local.get 0\nlocal.get 0\nlocal.get 0\nselect (result i32)\ndrop\nend\n");
}

TEST(Print, WritesCallsAndReferences) {
  EXPECT_EQ(printed({0x20, 0, 0x20, 0, 0x11, 0, 0, end}), "local.get 0\nlocal.get 0\ncall_indirect (type 0)\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x20, 0, 0x11, 0, 1, end}), "local.get 0\nlocal.get 0\ncall_indirect 1 (type 0)\nend\n");
  EXPECT_EQ(printed({0xd0, 0x70, drop, end}), "ref.null func\ndrop\nend\n");
  EXPECT_EQ(printed({0xd0, 0x6e, 0xfb, 20, 0x6c, drop, end}), "ref.null any\nref.test (ref i31)\ndrop\nend\n");
}

TEST(Print, WritesLanes) {
  EXPECT_EQ(printed({0x20, 0, 0xfd, 17, 0xfd, 27, 3, drop, end}), "local.get 0\ni32x4.splat\ni32x4.extract_lane 3\ndrop\nend\n");
  EXPECT_EQ(printed({0x20, 0, 0x20, 0, 0xfd, 17, 0xfd, 84, 0, 4, 15, drop, end}),
            "local.get 0\nlocal.get 0\ni32x4.splat\nv128.load8_lane offset=4 15\ndrop\nend\n");
}

}  // namespace
}  // namespace mote::wasm
