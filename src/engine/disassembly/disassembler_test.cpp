// What listings rely on: sizes, targets, Mote's trap instruction, and that no bytes stop it.
#include "engine/disassembly/disassembler.h"

#include <gtest/gtest.h>

#include <vector>

namespace mote::disassembly {
namespace {

using Flow = Instruction::Flow;

Instruction decoded(const std::vector<uint8_t>& bytes, uint64_t offset = 0) {
  auto disassembler = Disassembler::create();
  EXPECT_TRUE(disassembler.has_value());
  return disassembler->decode(bytes, offset);
}
std::string written(const std::vector<uint8_t>& bytes) {
  const Instruction in = decoded(bytes);
  EXPECT_EQ(in.size, bytes.size());
  return in.operands.empty() ? in.mnemonic : in.mnemonic + " " + in.operands;
}

TEST(Disassembler, WritesIntelSyntax) {
  EXPECT_EQ(written({0x55}), "push rbp");
  EXPECT_EQ(written({0x48, 0x89, 0xe5}), "mov rbp, rsp");
  EXPECT_EQ(written({0x8b, 0x44, 0x24, 0x08}), "mov eax, dword ptr [rsp + 8]");
  EXPECT_EQ(written({0xf3, 0x48, 0x0f, 0xb8, 0xc1}), "popcnt rax, rcx");
  EXPECT_EQ(written({0xc4, 0xe2, 0xf1, 0xb8, 0xc2}), "vfmadd231pd xmm0, xmm1, xmm2");
  EXPECT_EQ(written({0xf0, 0x48, 0x0f, 0xb1, 0x11}), "lock cmpxchg qword ptr [rcx], rdx");
}

TEST(Disassembler, FindsTargets) {
  const Instruction branch = decoded({0x74, 0x10}, 0x100);
  EXPECT_EQ(branch.flow, Flow::branch);
  EXPECT_EQ(branch.target, 0x112);
  const Instruction jump = decoded({0xeb, 0xfe}, 0x100);
  EXPECT_EQ(jump.flow, Flow::jump);
  EXPECT_EQ(jump.target, 0x100);
  const Instruction call = decoded({0xe8, 0xf0, 0xff, 0xff, 0xff}, 4);  // before the start
  EXPECT_EQ(call.flow, Flow::call);
  EXPECT_EQ(call.target, -7);
  const Instruction indirect = decoded({0xff, 0x50, 0x08});
  EXPECT_EQ(indirect.flow, Flow::call);
  EXPECT_FALSE(indirect.target.has_value());
  const Instruction load = decoded({0xf3, 0x0f, 0x10, 0x05, 0x08, 0, 0, 0}, 0x20);
  EXPECT_EQ(load.constant_at, 0x30);
  EXPECT_EQ(decoded({0xc3}).flow, Flow::end);
}

TEST(Disassembler, FollowsMoves) {
  const Instruction load = decoded({0x49, 0x8b, 0x44, 0x24, 0x38});  // mov rax, [r12 + 56]
  ASSERT_TRUE(load.memory.has_value());
  EXPECT_EQ(load.memory->base, r12);
  EXPECT_EQ(load.memory->displacement, 56);
  EXPECT_EQ(load.moved_to, 0);
  EXPECT_FALSE(load.moved_from.has_value());
  EXPECT_EQ(load.written, 1);
  const Instruction store = decoded({0x48, 0x89, 0x5d, 0xf8});  // mov [rbp - 8], rbx
  EXPECT_EQ(store.memory->base, rbp);
  EXPECT_EQ(store.memory->displacement, -8);
  EXPECT_EQ(store.moved_from, rbx);
  EXPECT_EQ(store.written, 0);
  EXPECT_EQ(decoded({0x44, 0x89, 0xe3}).moved_to, std::nullopt);  // mov ebx, r12d: half a register
  EXPECT_EQ(decoded({0x44, 0x89, 0xe3}).written, 1 << rbx);
  EXPECT_FALSE(decoded({0x8b, 0x44, 0x11, 0x08}).memory.has_value());  // [rcx + rdx + 8]
}

TEST(Disassembler, KnowsTraps) {
  const Instruction trap = decoded({0x67, 0x0f, 0xb9, 0x40, 5, 0x90});
  EXPECT_EQ(trap.size, 5u);
  EXPECT_EQ(trap.flow, Flow::end);
  EXPECT_EQ(trap.trap, code::TrapCode::out_of_bounds_memory_access);
  EXPECT_FALSE(decoded({0x67, 0x0f, 0xb9, 0x40, 200}).trap.has_value());
}

TEST(Disassembler, TakesAnyBytes) {
  auto disassembler = Disassembler::create();
  ASSERT_TRUE(disassembler.has_value());
  std::vector<uint8_t> bytes(4096);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  for (size_t at = 0; at < bytes.size();) {
    const Instruction in = disassembler->decode(Bytes(bytes).subspan(at), at);
    ASSERT_GT(in.size, 0u);
    ASSERT_LE(in.size, bytes.size() - at);
    at += in.size;
  }
  EXPECT_EQ(decoded({0x06}).mnemonic, ".byte");
}

}  // namespace
}  // namespace mote::disassembly
