// The walker: what is told to a consumer, what is refused with which words, and that hostile bodies stay cheap.
#include "engine/wasm/walk.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/module_builder_testing.h"

#include <mote/limits.h>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::wasm {
namespace {

constexpr uint8_t block = 0x02, if_ = 0x04, else_ = 0x05, end = 0x0b, br = 0x0c, br_if = 0x0d, drop = 0x1a, empty = 0x40;

// Keeps what it is told, by name, with marks for ends that control does not fall into.
struct Recorder {
  std::string log;
  std::vector<Instruction> all;
  void instruction(const Instruction& instruction) {
    if (!log.empty()) log += ' ';
    log += text(instruction.op);
    const bool ends = instruction.op == Opcode::else_ || instruction.op == Opcode::end;
    if (ends && !instruction.end_reachable) log += '!';
    all.push_back(instruction);
  }
};

// Walks the last function of a module; the log, or the error.
std::string walked(const ModuleBuilder& builder, Recorder* recorder = nullptr) {
  const Buffer bytes = builder.build();
  const Result<Module> module = decode(bytes);
  if (!module) return module.error().message;
  Recorder own;
  Recorder& told = recorder != nullptr ? *recorder : own;
  const Result<void> result = walk(*module, static_cast<FuncIndex>(module->funcs.size() - 1), told);
  return result ? told.log : result.error().message;
}
// … of a function of type [i32] -> [i32] with this code.
std::string walked(const Buffer& code, const Buffer& locals = {0}) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.table({0x70, 0x00, 0x01});
  m.func(m.func_type({0x7f}, {0x7f}), code, locals);
  return walked(m);
}

TEST(Walk, TellsEachInstruction) {
  EXPECT_EQ(walked({0x20, 0, 0x41, 1, 0x6a, end}), "local.get i32.const i32.add end");
  EXPECT_EQ(walked({0x20, 0, if_, 0x7f, 0x41, 1, else_, 0x41, 2, end, end}), "local.get if i32.const else i32.const end end");
}

TEST(Walk, SkipsWhatIsNotReachable) {
  // br leaves dead code behind, in which a whole block stands.
  EXPECT_EQ(walked({block, 0x7f, 0x41, 1, br, 0, block, empty, end, 0x6a, end, end}), "block i32.const br end! end");
  EXPECT_EQ(walked({0x20, 0, if_, 0x7f, 0x00, else_, 0x41, 2, end, end}), "local.get if unreachable else! i32.const end end");
  EXPECT_EQ(walked({0x00, 0x20, 0, if_, 0x7f, 0x41, 1, else_, 0x41, 2, end, end}), "unreachable end!");
}

TEST(Walk, FillsImmediates) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.memory({0x04, 0x01});
  m.func(m.func_type({0x7f}, {0x7e}), {0x42, 0x7f, 0x29, 0x43, 1, 0x10, 0x41, 0x7f, 0xad, 0x7c, end});
  Recorder told;
  EXPECT_EQ(walked(m, &told), "i64.const i64.load i32.const i64.extend_i32_u i64.add end");
  EXPECT_EQ(told.all[0].low, UINT64_MAX);
  EXPECT_EQ(told.all[1].memarg.align_log2, 3u);
  EXPECT_EQ(told.all[1].memarg.memory, 1u);
  EXPECT_EQ(told.all[1].memarg.offset, 16u);
  EXPECT_EQ(told.all[2].low, 0xffff'ffffu);  // i32 constants are not sign-extended
  EXPECT_LT(told.all[0].offset, told.all[1].offset);
}

TEST(Walk, GivesBranchTargets) {
  ModuleBuilder m;
  Recorder told;
  m.func(m.func_type({0x7f}, {}), {block, empty, block, empty, 0x20, 0, 0x0e, 2, 1, 0, 2, end, end, end});
  EXPECT_EQ(walked(m, &told), "block block local.get br_table end! end end");
  EXPECT_TRUE(told.all[4].targets.empty());  // nothing is left over from the branch
  ASSERT_EQ(told.all[3].targets.size(), 3u);
}

TEST(Validate, SaysWhatDoesNotFit) {
  EXPECT_EQ(walked({0x42, 0, end}), "type mismatch: expected i32, found i64 (in function 0)");
  EXPECT_EQ(walked({end}), "type mismatch: expected i32, found nothing (in function 0)");
  EXPECT_EQ(walked({0x41, 0, 0x41, 0, end}), "type mismatch: 1 values remain on the stack at the end of the block (in function 0)");
  EXPECT_EQ(walked({0x20, 1, end}), "unknown local 1 (in function 0)");
  EXPECT_EQ(walked({br, 1, end}), "unknown label 1 (in function 0)");
  EXPECT_EQ(walked({0x10, 1, end}), "unknown function 1 (in function 0)");
  EXPECT_EQ(walked({0x23, 0, end}), "unknown global 0 (in function 0)");
  EXPECT_EQ(walked({0x41, 0, 0x28, 3, 0, end}), "alignment must not be larger than natural: 2^3 > 2^2 bytes (in function 0)");
  EXPECT_EQ(walked({0x41, 0, 0x28, 0x42, 1, 0, end}), "unknown memory 1 (in function 0)");
  EXPECT_EQ(walked({0x41, 0, 0x28, 0x80, 0x01, 0, end}), "malformed memop flags 0x80 (in function 0)");
  EXPECT_EQ(walked({0x19, end}), "opcode 19 without a try (in function 0)");
  EXPECT_EQ(walked({0xfd, 0x9a, 0x01, end}), "illegal opcode fd 9a (in function 0)");
  EXPECT_EQ(walked({block, empty, end}), "END opcode expected: the body ends inside a block (in function 0)");
  EXPECT_EQ(walked({0x41, 0, end, 0x01}), "section size mismatch: 1 bytes after the end of the body (in function 0)");
  EXPECT_EQ(walked({0x41}), "unexpected end of section or function (in function 0)");
  EXPECT_EQ(walked({0xd2, 0, drop, 0x41, 0, end}), "undeclared function reference 0 (in function 0)");
}

TEST(Validate, KnowsTheOffset) {
  ModuleBuilder m;
  m.func(m.func_type({}, {0x7f}), {0x01, 0x01, 0x7c, end});
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value());
  const Result<void> result = validate_bodies(*module);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().offset, bytes.size() - 2);
  EXPECT_EQ(result.error().kind, ErrorKind::bad_input);
}

TEST(Validate, TreatsUnreachableCodeAsPolymorphic) {
  EXPECT_EQ(walked({0x00, 0x6a, end}), "unreachable end!");
  EXPECT_EQ(walked({0x00, 0x42, 0, 0x6a, end}), "type mismatch: expected i32, found i64 (in function 0)");
  EXPECT_EQ(walked({0x00, 0x1b, drop, 0x41, 0, end}), "unreachable end!");
  EXPECT_EQ(walked({0x00, 0xd4, 0xd1, end}), "unreachable end!");  // ref.as_non_null of nothing is some reference …
  EXPECT_EQ(walked({0x00, 0xd4, end}), "type mismatch: expected i32, found (ref bot) (in function 0)");  // … and no number
}

TEST(Validate, TracksLocalsWithoutDefault) {
  const Buffer one_ref = {1, 1, 0x64, 0x70};  // (local (ref func))
  EXPECT_EQ(walked({0x20, 1, drop, 0x41, 0, end}, one_ref), "uninitialized local: 1 (in function 0)");
  const Buffer set = {0x41, 0, 0x25, 0, 0xd4, 0x21, 1};
  EXPECT_EQ(walked(join({set, {0x20, 1, drop, 0x41, 0, end}}), one_ref),
            "i32.const table.get ref.as_non_null local.set local.get drop i32.const end");
  // Set in a block, it is not set after it.
  EXPECT_EQ(walked(join({{block, empty}, set, {end, 0x20, 1, drop, 0x41, 0, end}}), one_ref),
            "uninitialized local: 1 (in function 0)");
}

TEST(Validate, ReplacesTypesAtBranches) {
  // After br_if the operand has the label's type: anyref is no eqref any more.
  ModuleBuilder m;
  m.func(m.func_type({}, {0x6e}), {0xd0, 0x6d, 0x41, 0, br_if, 0, 0xd0, 0x6d, 0xd3, drop, 0xd0, 0x6e, end});
  EXPECT_EQ(walked(m), "type mismatch: expected (ref null eq), found (ref null any) (in function 0)");
}

TEST(Validate, NeedsADataCountForDataInstructions) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.func(m.func_type({}, {}), {0xfc, 9, 0, end});
  m.data({0x01, 0});
  EXPECT_EQ(walked(m), "data count section required (in function 0)");
  m.data_count(1);
  EXPECT_EQ(walked(m), "data.drop end");
}

// A function of type [] -> [] in a module with one tag of an i32.
std::string walked_legacy(const Buffer& code, Recorder* recorder = nullptr) {
  ModuleBuilder m;
  const uint32_t type = m.func_type({}, {}), thrown = m.func_type({0x7f}, {});
  m.tag(thrown);
  m.func(type, code);
  return walked(m, recorder);
}

TEST(Legacy, ATryIsToldAsBlocksAroundATryTable) {
  Recorder told;
  EXPECT_EQ(walked_legacy({0x06, empty, 0x01, 0x07, 0, drop, 0x19, 0x01, end, end}, &told),
            "block block block try_table nop end br end! drop br end! nop end end");
  ASSERT_EQ(told.all.size(), 14u);
  EXPECT_EQ(told.all[6].index, 2u);  // past both clauses
  EXPECT_EQ(told.all[9].index, 1u);
  EXPECT_EQ(told.all[0].offset, told.all[3].offset);
}

TEST(Legacy, BranchesCountTheBlocksThatWereAdded) {
  Recorder told;
  EXPECT_EQ(walked_legacy({block, empty, 0x06, empty, br, 0, 0x07, 0, drop, br, 1, end, end, end}, &told),
            "block block block try_table br end! br end! drop br end! end end");
  EXPECT_EQ(told.all[4].index, 2u);  // from the body to the try's label: out of try_table and clause
  EXPECT_EQ(told.all[9].index, 1u);  // from the clause to the block around the try
}

TEST(Legacy, ARethrownExceptionIsKeptInALocalBeyondTheOwnOnes) {
  Recorder told;
  EXPECT_EQ(walked_legacy({0x06, empty, 0x01, 0x19, 0x09, 0, end, end}, &told),
            "block block try_table nop end br end! local.set local.get throw_ref end! end");
  EXPECT_EQ(told.all[7].index, 0u);
  EXPECT_EQ(told.all[8].index, 0u);
}

TEST(Legacy, ADelegatedExceptionIsThrownAgainInTheBodyThatItIsDelegatedTo) {
  EXPECT_EQ(walked_legacy({0x06, empty, 0x06, empty, 0x01, 0x18, 0, 0x19, end, end}),
            "block block try_table block try_table nop end br end! throw_ref end! br end! end end");
  // To the caller: a block around the whole function.
  EXPECT_EQ(walked_legacy({0x06, empty, 0x01, 0x18, 0, end}), "block try_table nop end br end! throw_ref end!");
}

TEST(Legacy, WhatIsWrongIsSaid) {
  EXPECT_EQ(walked_legacy({0x06, empty, 0x19, 0x19, end, end}), "catch behind catch_all (in function 0)");
  EXPECT_EQ(walked_legacy({0x06, empty, 0x07, 1, drop, end, end}), "unknown tag 1 (in function 0)");
  EXPECT_EQ(walked_legacy({0x06, empty, 0x09, 0, end, end}), "invalid rethrow label: not of a catch (in function 0)");
  EXPECT_EQ(walked_legacy({0x06, empty, 0x19, 0x18, 0, end}), "delegate without try (in function 0)");
  EXPECT_EQ(walked_legacy({0x06, empty, 0x18, 1, end}), "unknown label 1 (in function 0)");
  EXPECT_EQ(walked_legacy({0x06, empty, 0x07, 0, end, end}),
            "type mismatch: 1 values remain on the stack at the end of the block (in function 0)");
}

TEST(Legacy, DeepNestingIsToldInLinearTime) {
  constexpr uint32_t deep = 100'000;
  Buffer code;
  for (uint32_t i = 0; i < deep; ++i) append(code, {0x06, empty});
  for (uint32_t i = 0; i < deep; ++i) i % 2 == 0 ? append(code, {0x18, 0}) : append(code, {0x19, 0x09, 0, end});
  append(code, {end});
  EXPECT_NE(walked_legacy(code).find("throw_ref"), std::string::npos);
}

TEST(Locals, AreReadOnce) {
  ModuleBuilder m;
  m.func(m.func_type({0x7e}, {}), {end}, {2, 2, 0x7f, 1, 0x7d});
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value());
  const auto locals = read_locals(*module, 0);
  ASSERT_TRUE(locals.has_value());
  EXPECT_EQ(*locals, (std::vector<ValueType>{i64, i32, i32, f32}));
}

TEST(Locals, AreLimitedBeforeTheyAreMade) {
  EXPECT_EQ(walked({0x41, 0, end}, join({{1}, leb(49'999), {0x7f}})), "i32.const end");
  EXPECT_EQ(walked({0x41, 0, end}, join({{1}, leb(50'000), {0x7f}})),
            "too many locals: 50001 exceed the limit of 50000 (in function 0)");
  EXPECT_EQ(walked({0x41, 0, end}, join({{2}, leb(UINT32_MAX), {0x7f}, leb(1), {0x7f}})),
            "too many locals: 4294967296 (in function 0)");
  // One far behind those that are spelt out still has its type.
  EXPECT_EQ(walked({0x20, 0xcf, 0x86, 0x03, end}, join({{2}, leb(49'000), {0x7e}, leb(999), {0x7f}})), "local.get end");
  EXPECT_EQ(walked({0x20, 0xe7, 0x07, end}, join({{2}, leb(49'000), {0x7e}, leb(999), {0x7f}})),
            "type mismatch: expected i32, found i64 (in function 0)");
}

TEST(Hostile, DeepNestingIsWalkedWithoutRecursion) {
  Buffer code;
  for (int i = 0; i < 100'000; ++i) append(code, {block, empty});
  code.insert(code.end(), 100'000, end);
  append(code, {0x41, 0, end});
  ModuleBuilder m;
  m.func(m.func_type({0x7f}, {0x7f}), code);
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value());
  EXPECT_TRUE(validate_bodies(*module).has_value());
}

TEST(Hostile, NestingIsLimited) {
  Buffer code;
  code.reserve(2'000'100);
  for (uint32_t i = 0; i < limits::block_depth; ++i) append(code, {block, empty});
  ModuleBuilder m;
  m.func(m.func_type({}, {}), code);
  EXPECT_EQ(walked(m), "blocks nest deeper than the limit of 1000000 (in function 0)");
}

TEST(Hostile, CallsWithAThousandOperandsAreCheckedAtOnce) {
  ModuleBuilder m;
  const Buffer thousand(1000, 0x7f);
  Buffer code = {0x00};
  for (int i = 0; i < 200'000; ++i) append(code, {0x10, 0});
  append(code, {end});
  m.func(m.func_type(thousand, thousand), code);
  EXPECT_EQ(walked(m), "unreachable end!");
}

TEST(Large, ABodyOfTheLargestSizeIsWalked) {
  Buffer code;
  code.reserve(limits::function_body_bytes);
  while (code.size() + 8 < limits::function_body_bytes) append(code, {0x20, 0, 0x41, 5, 0x6a, 0x21, 0});
  append(code, {end});
  ModuleBuilder m;
  m.func(m.func_type({0x7f}, {}), code);
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value()) << module.error().text();
  EXPECT_TRUE(validate_bodies(*module).has_value());
  ModuleBuilder larger;
  code.insert(code.begin(), 10, 0x01);
  larger.func(larger.func_type({0x7f}, {}), code);
  EXPECT_EQ(walked(larger).substr(0, 14), "function 0 has");
}

}  // namespace
}  // namespace mote::wasm
