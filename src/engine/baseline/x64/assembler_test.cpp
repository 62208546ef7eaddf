// The assembler against another one (AsmJit): the same instructions, over every register and every form of address, must be the
// same bytes. Where several encodings are legal, both are asked for the same one.
#include "engine/baseline/x64/assembler.h"

#include <asmjit/x86.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace mote::baseline::x64 {
namespace {

namespace x86 = asmjit::x86;
using asmjit::InstOptions;
using Id = x86::Inst::Id;

constexpr uint32_t registers = 16;
Reg gpr(uint32_t i) {
  return static_cast<Reg>(i);
}
Reg xmm(uint32_t i) {
  return static_cast<Reg>(16 + i);
}
x86::Gp gp(bool w, Reg reg) {
  return w ? x86::Gp(x86::gpq(number(reg))) : x86::Gp(x86::gpd(number(reg)));
}
x86::Mem ptr(const Mem& mem, uint32_t size = 0) {
  if (mem.index == Reg::none) return x86::ptr(x86::gpq(number(mem.base)), mem.displacement, size);
  return x86::ptr(x86::gpq(number(mem.base)), x86::gpq(number(mem.index)), mem.scale, mem.displacement, size);
}

std::string hex(const uint8_t* bytes, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    constexpr char digits[] = "0123456789abcdef";
    out += {digits[bytes[i] >> 4], digits[bytes[i] & 15], ' '};
  }
  return out;
}

// Addresses: every base and index, with the displacements at which the form changes.
std::vector<Mem> addresses() {
  std::vector<Mem> out;
  constexpr int32_t displacements[] = {0, 8, 127, 128, -128, -129, 0x1234567};
  for (uint32_t base = 0; base < registers; ++base) {
    for (const int32_t displacement : displacements) {
      out.push_back({gpr(base), displacement});
      for (const uint32_t index : {0u, 3u, 5u, 8u, 12u, 13u}) {
        out.push_back({gpr(base), displacement, gpr(index), static_cast<uint8_t>(index & 3)});
      }
    }
  }
  return out;
}

class AssemblerTest : public ::testing::Test {
 protected:
  AssemblerTest() {
    holder_.init(asmjit::Environment(asmjit::Arch::kX64));
    holder_.attach(&theirs);
  }

  // Both wrote the same since the last call. The first difference is reported.
  void same(const char* what) {
    if (HasFailure()) return;
    const uint8_t* const expected = holder_.textSection()->data() + their_position_;
    const size_t expected_size = theirs.offset() - their_position_;
    const Bytes code = ours.code();
    const std::string got = hex(code.data() + our_position_, code.size() - our_position_);
    our_position_ = code.size();
    their_position_ = theirs.offset();
    ++compared_;
    EXPECT_FALSE(ours.overflowed());
    EXPECT_NE(expected_size, 0u) << what;
    EXPECT_EQ(got, hex(expected, expected_size)) << what;
  }
  void TearDown() override { EXPECT_GT(compared_, 0u); }

  // The form whose register operand is the ModRM byte's reg field: AsmJit would take the other one for moves and arithmetic.
  x86::Assembler& reg_first() {
    theirs.addInstOptions(InstOptions::kX86_ModRM);
    return theirs;
  }
  // AsmJit leaves out a prefix that byte registers need only when they are spl … dil; ours is there for either operand.
  void want_rex(bool is_wanted) {
    if (is_wanted) theirs.addInstOptions(InstOptions::kX86_Rex);
  }

  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(8 << 20);
  Assembler ours{buffer_.data(), buffer_.data() + buffer_.size()};
  asmjit::CodeHolder holder_;
  x86::Assembler theirs;

 private:
  size_t our_position_ = 0, their_position_ = 0, compared_ = 0;
};

constexpr Alu alus[] = {Alu::add, Alu::or_, Alu::adc, Alu::sbb, Alu::and_, Alu::sub, Alu::xor_, Alu::cmp};
constexpr Id alu_ids[] = {Id::kIdAdd, Id::kIdOr, Id::kIdAdc, Id::kIdSbb, Id::kIdAnd, Id::kIdSub, Id::kIdXor, Id::kIdCmp};
constexpr Shift shifts[] = {Shift::rol, Shift::ror, Shift::shl, Shift::shr, Shift::sar};
constexpr Id shift_ids[] = {Id::kIdRol, Id::kIdRor, Id::kIdShl, Id::kIdShr, Id::kIdSar};
constexpr Id set_ids[] = {Id::kIdSeto,  Id::kIdSetno,  Id::kIdSetb,  Id::kIdSetnb, Id::kIdSetz, Id::kIdSetnz,
                          Id::kIdSetbe, Id::kIdSetnbe, Id::kIdSets,  Id::kIdSetns, Id::kIdSetp, Id::kIdSetnp,
                          Id::kIdSetl,  Id::kIdSetnl,  Id::kIdSetle, Id::kIdSetnle};
constexpr Id cmov_ids[] = {Id::kIdCmovo,  Id::kIdCmovno,  Id::kIdCmovb,  Id::kIdCmovnb, Id::kIdCmovz, Id::kIdCmovnz,
                           Id::kIdCmovbe, Id::kIdCmovnbe, Id::kIdCmovs,  Id::kIdCmovns, Id::kIdCmovp, Id::kIdCmovnp,
                           Id::kIdCmovl,  Id::kIdCmovnl,  Id::kIdCmovle, Id::kIdCmovnle};
constexpr Id jump_ids[] = {Id::kIdJo, Id::kIdJno, Id::kIdJb, Id::kIdJnb, Id::kIdJz, Id::kIdJnz, Id::kIdJbe, Id::kIdJnbe,
                           Id::kIdJs, Id::kIdJns, Id::kIdJp, Id::kIdJnp, Id::kIdJl, Id::kIdJnl, Id::kIdJle, Id::kIdJnle};

TEST_F(AssemblerTest, IntegersBetweenRegisters) {
  for (const bool w : {false, true}) {
    for (uint32_t i = 0; i < registers; ++i) {
      for (uint32_t j = 0; j < registers; ++j) {
        const Reg to = gpr(i), from = gpr(j);
        const x86::Gp t = gp(w, to), f = gp(w, from);
        if (i != j) {
          ours.mov(w, to, from);
          reg_first().mov(t, f);
          same("mov");
        }
        for (size_t op = 0; op < std::size(alus); ++op) {
          ours.alu(alus[op], w, to, from);
          reg_first().emit(alu_ids[op], t, f);
          same("alu");
        }
        ours.test(w, to, from);
        theirs.test(t, f);
        same("test");
        ours.imul(w, to, from);
        theirs.imul(t, f);
        same("imul");
        for (const int32_t value : {3, -128, 1000}) {
          ours.imul_imm(w, to, from, value);
          theirs.imul(t, f, value);
          same("imul by a constant");
        }
        ours.lzcnt(w, to, from);
        theirs.lzcnt(t, f);
        same("lzcnt");
        ours.tzcnt(w, to, from);
        theirs.tzcnt(t, f);
        same("tzcnt");
        ours.popcnt(w, to, from);
        theirs.popcnt(t, f);
        same("popcnt");
        for (const Shift op : {Shift::shl, Shift::shr, Shift::sar}) {
          const Reg count = gpr((i + j) % registers);
          ours.shift_x(op, w, to, from, count);
          theirs.emit(op == Shift::shl ? Id::kIdShlx : op == Shift::shr ? Id::kIdShrx : Id::kIdSarx, t, f, gp(w, count));
          same("shift by a register");
        }
        for (uint32_t condition = 0; condition < 16; ++condition) {
          ours.cmov(static_cast<Condition>(condition), w, to, from);
          theirs.emit(cmov_ids[condition], t, f);
          same("cmov");
        }
        const bool has_byte_rex = j < 4 && i >= 4 && i < 8;
        ours.movsx8(w, to, from);
        want_rex(has_byte_rex && !w);
        theirs.movsx(t, x86::gpb(j));
        same("movsx of a byte");
        ours.movsx16(w, to, from);
        theirs.movsx(t, x86::gpw(j));
        same("movsx of 16 bits");
        if (w) continue;
        ours.zero_extend(to, from);
        reg_first().mov(t, f);
        same("zero-extension");
        ours.movzx8(to, from);
        want_rex(has_byte_rex);
        theirs.movzx(t, x86::gpb(j));
        same("movzx of a byte");
        ours.movzx16(to, from);
        theirs.movzx(t, x86::gpw(j));
        same("movzx of 16 bits");
        ours.movsx32(to, from);
        theirs.movsxd(x86::gpq(i), x86::gpd(j));
        same("movsxd");
      }
    }
  }
}

TEST_F(AssemblerTest, IntegersInOneRegister) {
  for (uint32_t i = 0; i < registers; ++i) {
    const Reg reg = gpr(i);
    for (const bool w : {false, true}) {
      const x86::Gp r = gp(w, reg);
      ours.not_(w, reg);
      theirs.not_(r);
      same("not");
      ours.neg(w, reg);
      theirs.neg(r);
      same("neg");
      ours.mul(w, reg);
      theirs.emit(Id::kIdMul, r);
      same("mul");
      ours.div(w, reg);
      theirs.emit(Id::kIdDiv, r);
      same("div");
      ours.idiv(w, reg);
      theirs.emit(Id::kIdIdiv, r);
      same("idiv");
      for (size_t op = 0; op < std::size(shifts); ++op) {
        ours.shift_cl(shifts[op], w, reg);
        theirs.emit(shift_ids[op], r, x86::cl);
        same("shift by cl");
        ours.shift_imm(shifts[op], w, reg, 7);
        theirs.emit(shift_ids[op], r, 7);
        same("shift by a constant");
      }
      for (size_t op = 0; op < std::size(alus); ++op) {
        for (const int32_t value : {1, -128, 127, 128, -129, 0x12345678}) {
          const bool has_own_form = i == 0 && value != static_cast<int8_t>(value);  // rax: one byte less, not used
          ours.alu_imm(alus[op], w, reg, value);
          if (has_own_form) theirs.addInstOptions(InstOptions::kLongForm);
          theirs.emit(alu_ids[op], r, value);
          same("alu with a constant");
        }
      }
    }
    ours.zero(reg);
    reg_first().xor_(x86::gpd(i), x86::gpd(i));
    same("zero");
    for (uint32_t condition = 0; condition < 16; ++condition) {
      ours.setcc(static_cast<Condition>(condition), reg);
      theirs.emit(set_ids[condition], x86::gpb(i));
      same("setcc");
    }
    ours.push(reg);
    theirs.push(x86::gpq(i));
    same("push");
    ours.pop(reg);
    theirs.pop(x86::gpq(i));
    same("pop");
    ours.jmp_indirect(reg);
    theirs.jmp(x86::gpq(i));
    same("jmp");
    ours.call_indirect(reg);
    theirs.call(x86::gpq(i));
    same("call");
    for (const uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{0xffff'ffff}, ~uint64_t{0}, uint64_t{0xffff'ffff'8000'0000},
                                 uint64_t{0x1'0000'0000}, uint64_t{0x123'4567'89ab'cdef}}) {
      ours.mov_imm(reg, value);
      value <= UINT32_MAX ? theirs.mov(x86::gpd(i), value) : theirs.mov(x86::gpq(i), value);
      same("mov of a constant");
    }
    if (i != 0) {  // eax has a form of its own, not used
      ours.test_imm(reg, 0x7f);
      theirs.test(x86::gpd(i), 0x7f);
      same("test with a constant");
    }
  }
  ours.sign_into_rdx(false);
  theirs.cdq();
  same("cdq");
  ours.sign_into_rdx(true);
  theirs.cqo();
  same("cqo");
}

TEST_F(AssemblerTest, IntegersInMemory) {
  uint32_t turn = 0;
  for (const Mem& mem : addresses()) {
    const uint32_t i = turn++ % registers;
    const Reg reg = gpr(i);
    for (const bool w : {false, true}) {
      const x86::Gp r = gp(w, reg);
      const uint32_t size = w ? 8 : 4;
      ours.load(w, reg, mem);
      theirs.mov(r, ptr(mem));
      same("load");
      ours.store(w, mem, reg);
      theirs.mov(ptr(mem), r);
      same("store");
      for (const int32_t value : {0, -1, 0x12345678}) {
        ours.store_imm(w, mem, value);
        theirs.mov(ptr(mem, size), value);
        same("store of a constant");
      }
      ours.lea(w, reg, mem);
      theirs.lea(r, ptr(mem));
      same("lea");
      for (size_t op = 0; op < std::size(alus); ++op) {
        ours.alu(alus[op], w, reg, mem);
        theirs.emit(alu_ids[op], r, ptr(mem));
        same("alu");
        ours.alu_store(alus[op], w, mem, reg);
        theirs.emit(alu_ids[op], ptr(mem), r);
        same("alu on memory");
        for (const int32_t value : {1, 1000}) {
          ours.alu_imm(alus[op], w, mem, value);
          theirs.emit(alu_ids[op], ptr(mem, size), value);
          same("alu on memory with a constant");
        }
      }
      ours.imul(w, reg, mem);
      theirs.imul(r, ptr(mem));
      same("imul");
      ours.imul_imm(w, reg, mem, 1000);
      theirs.imul(r, ptr(mem), 1000);
      same("imul by a constant");
      ours.shift_x(Shift::sar, w, reg, mem, gpr((i + 3) % registers));
      theirs.sarx(r, ptr(mem), gp(w, gpr((i + 3) % registers)));
      same("shift by a register");
      ours.movsx8(w, reg, mem);
      theirs.movsx(r, ptr(mem, 1));
      same("movsx of a byte");
      ours.movsx16(w, reg, mem);
      theirs.movsx(r, ptr(mem, 2));
      same("movsx of 16 bits");
      ours.cmov(Condition::b, w, reg, mem);
      theirs.cmovb(r, ptr(mem));
      same("cmov");
      ours.popcnt(w, reg, mem);
      theirs.popcnt(r, ptr(mem));
      same("popcnt");
    }
    ours.movzx8(reg, mem);
    theirs.movzx(x86::gpd(i), ptr(mem, 1));
    same("movzx of a byte");
    ours.movzx16(reg, mem);
    theirs.movzx(x86::gpd(i), ptr(mem, 2));
    same("movzx of 16 bits");
    ours.movsx32(reg, mem);
    theirs.movsxd(x86::gpq(i), ptr(mem, 4));
    same("movsxd");
    ours.store8(mem, reg);
    theirs.mov(ptr(mem), x86::gpb(i));
    same("store of a byte");
    ours.store16(mem, reg);
    theirs.mov(ptr(mem), x86::gpw(i));
    same("store of 16 bits");
    ours.store8_imm(mem, 0x9a);
    theirs.mov(ptr(mem, 1), 0x9a);
    same("store of a constant byte");
    ours.store16_imm(mem, 0x9abc);
    theirs.mov(ptr(mem, 2), 0x9abc);
    same("store of 16 constant bits");
    ours.jmp_indirect(mem);
    theirs.jmp(ptr(mem, 8));
    same("jmp");
    ours.call_indirect(mem);
    theirs.call(ptr(mem, 8));
    same("call");
  }
}

// The locked forms of atomic.cpp.
TEST_F(AssemblerTest, Atomics) {
  uint32_t turn = 0;
  for (const Mem& mem : addresses()) {
    const uint32_t i = turn++ % registers;
    const std::array<x86::Gp, 4> sized = {x86::gpb(i), x86::gpw(i), x86::gpd(i), x86::gpq(i)};
    for (uint32_t log2 = 0; log2 < 4; ++log2) {
      const auto op = [&](uint8_t map, uint8_t opcode) {
        return Op{static_cast<uint8_t>(log2 == 1 ? 0x66 : 0), map, static_cast<uint8_t>(opcode + (log2 == 0 ? 0 : 1))};
      };
      ours.emit(op(0, 0x86), log2 == 3, gpr(i), mem, log2 == 0);
      theirs.xchg(ptr(mem), sized[log2]);
      same("xchg");
      ours.byte(0xf0);
      ours.emit(op(1, 0xc0), log2 == 3, gpr(i), mem, log2 == 0);
      theirs.lock().xadd(ptr(mem), sized[log2]);
      same("lock xadd");
      ours.byte(0xf0);
      ours.emit(op(1, 0xb0), log2 == 3, gpr(i), mem, log2 == 0);
      theirs.lock().emit(Id::kIdCmpxchg, ptr(mem), sized[log2]);
      same("lock cmpxchg");
    }
  }
  for (const uint8_t byte : {0x0f, 0xae, 0xf0}) ours.byte(byte);
  theirs.mfence();
  same("mfence");
}

TEST_F(AssemblerTest, ControlAndRaw) {
  const asmjit::Label back = theirs.newLabel();
  theirs.bind(back);
  const Position target = ours.position();
  ours.ret();
  theirs.ret();
  same("ret");
  for (uint32_t condition = 0; condition < 16; ++condition) {
    ours.jcc_to(static_cast<Condition>(condition), target);
    theirs.addInstOptions(InstOptions::kLongForm);
    theirs.emit(jump_ids[condition], back);
    same("jcc backwards");
  }
  ours.jmp_to(target);
  theirs.addInstOptions(InstOptions::kLongForm);
  theirs.jmp(back);
  same("jmp backwards");
  ours.patch(ours.call(), target);
  theirs.call(back);
  same("call backwards");
  ours.patch(ours.lea_rip(Reg::r9), target);
  theirs.lea(x86::r9, x86::ptr(back));
  same("lea of code");
  for (uint32_t condition = 0; condition < 16; ++condition) {
    const asmjit::Label ahead = theirs.newLabel();
    const Position jump = ours.jcc8(static_cast<Condition>(condition));
    ours.int3();
    ours.patch8(jump);
    theirs.short_().emit(jump_ids[condition], ahead);
    theirs.int3();
    theirs.bind(ahead);
    same("short jcc forwards");
  }
  const asmjit::Label ahead = theirs.newLabel();
  const Position jump = ours.jmp8();
  ours.leave();
  ours.patch8(jump);
  theirs.short_().jmp(ahead);
  theirs.leave();
  theirs.bind(ahead);
  same("short jmp forwards");
  ours.push_imm(0x12345678);
  theirs.push(0x12345678);
  same("push of a constant");
  ours.ud1_trap(7);
  theirs.ud1(x86::eax, x86::ptr(x86::eax, 7));
  same("ud1");
  ours.word32(0x44332211);
  const uint8_t bytes[] = {0x11, 0x22, 0x33, 0x44};
  theirs.embed(bytes, sizeof bytes);
  same("bytes");
}

// A vector instruction that both encodings have: AsmJit's names, and how many operands it has.
struct VectorCase {
  Op op;
  Id sse, avx;
  uint32_t operands;  // vector registers: 2 or 3, as in the three-operand form
  bool has_immediate = false;
};
// clang-format off
constexpr VectorCase vector_cases[] = {
    {{0, 1, 0x28}, Id::kIdMovaps, Id::kIdVmovaps, 2}, {{0, 1, 0x10}, Id::kIdMovups, Id::kIdVmovups, 2},
    {{0xf2, 1, 0x12}, Id::kIdMovddup, Id::kIdVmovddup, 2}, {{0x66, 1, 0x70}, Id::kIdPshufd, Id::kIdVpshufd, 2, true},
    {{0xf2, 1, 0x70}, Id::kIdPshuflw, Id::kIdVpshuflw, 2, true}, {{0xf3, 1, 0x70}, Id::kIdPshufhw, Id::kIdVpshufhw, 2, true},
    {{0, 1, 0x51}, Id::kIdSqrtps, Id::kIdVsqrtps, 2}, {{0x66, 1, 0x51}, Id::kIdSqrtpd, Id::kIdVsqrtpd, 2},
    {{0x66, 3, 0x08}, Id::kIdRoundps, Id::kIdVroundps, 2, true}, {{0x66, 3, 0x09}, Id::kIdRoundpd, Id::kIdVroundpd, 2, true},
    {{0, 1, 0x5b}, Id::kIdCvtdq2ps, Id::kIdVcvtdq2ps, 2}, {{0xf3, 1, 0x5b}, Id::kIdCvttps2dq, Id::kIdVcvttps2dq, 2},
    {{0xf3, 1, 0xe6}, Id::kIdCvtdq2pd, Id::kIdVcvtdq2pd, 2}, {{0x66, 1, 0xe6}, Id::kIdCvttpd2dq, Id::kIdVcvttpd2dq, 2},
    {{0, 1, 0x5a}, Id::kIdCvtps2pd, Id::kIdVcvtps2pd, 2}, {{0x66, 1, 0x5a}, Id::kIdCvtpd2ps, Id::kIdVcvtpd2ps, 2},
    {{0x66, 1, 0x2e}, Id::kIdUcomisd, Id::kIdVucomisd, 2}, {{0, 1, 0x2e}, Id::kIdUcomiss, Id::kIdVucomiss, 2},
    {{0x66, 2, 0x17}, Id::kIdPtest, Id::kIdVptest, 2}, {{0x66, 2, 0x1c}, Id::kIdPabsb, Id::kIdVpabsb, 2},
    {{0x66, 2, 0x1d}, Id::kIdPabsw, Id::kIdVpabsw, 2}, {{0x66, 2, 0x1e}, Id::kIdPabsd, Id::kIdVpabsd, 2},
    {{0x66, 2, 0x20}, Id::kIdPmovsxbw, Id::kIdVpmovsxbw, 2}, {{0x66, 2, 0x23}, Id::kIdPmovsxwd, Id::kIdVpmovsxwd, 2},
    {{0x66, 2, 0x25}, Id::kIdPmovsxdq, Id::kIdVpmovsxdq, 2}, {{0x66, 2, 0x30}, Id::kIdPmovzxbw, Id::kIdVpmovzxbw, 2},
    {{0x66, 2, 0x33}, Id::kIdPmovzxwd, Id::kIdVpmovzxwd, 2}, {{0x66, 2, 0x35}, Id::kIdPmovzxdq, Id::kIdVpmovzxdq, 2},
    {{0, 1, 0x58}, Id::kIdAddps, Id::kIdVaddps, 3}, {{0x66, 1, 0x58}, Id::kIdAddpd, Id::kIdVaddpd, 3},
    {{0xf3, 1, 0x58}, Id::kIdAddss, Id::kIdVaddss, 3}, {{0xf2, 1, 0x58}, Id::kIdAddsd, Id::kIdVaddsd, 3},
    {{0, 1, 0x59}, Id::kIdMulps, Id::kIdVmulps, 3}, {{0x66, 1, 0x59}, Id::kIdMulpd, Id::kIdVmulpd, 3},
    {{0, 1, 0x5c}, Id::kIdSubps, Id::kIdVsubps, 3}, {{0x66, 1, 0x5c}, Id::kIdSubpd, Id::kIdVsubpd, 3},
    {{0, 1, 0x5d}, Id::kIdMinps, Id::kIdVminps, 3}, {{0x66, 1, 0x5d}, Id::kIdMinpd, Id::kIdVminpd, 3},
    {{0, 1, 0x5e}, Id::kIdDivps, Id::kIdVdivps, 3}, {{0x66, 1, 0x5e}, Id::kIdDivpd, Id::kIdVdivpd, 3},
    {{0, 1, 0x5f}, Id::kIdMaxps, Id::kIdVmaxps, 3}, {{0x66, 1, 0x5f}, Id::kIdMaxpd, Id::kIdVmaxpd, 3},
    {{0, 1, 0x54}, Id::kIdAndps, Id::kIdVandps, 3}, {{0, 1, 0x56}, Id::kIdOrps, Id::kIdVorps, 3},
    {{0, 1, 0x57}, Id::kIdXorps, Id::kIdVxorps, 3}, {{0, 1, 0xc2}, Id::kIdCmpps, Id::kIdVcmpps, 3, true},
    {{0x66, 1, 0xc2}, Id::kIdCmppd, Id::kIdVcmppd, 3, true}, {{0, 1, 0xc6}, Id::kIdShufps, Id::kIdVshufps, 3, true},
    {{0x66, 3, 0x21}, Id::kIdInsertps, Id::kIdVinsertps, 3, true}, {{0x66, 3, 0x0f}, Id::kIdPalignr, Id::kIdVpalignr, 3, true},
    {{0x66, 1, 0x60}, Id::kIdPunpcklbw, Id::kIdVpunpcklbw, 3}, {{0x66, 1, 0x61}, Id::kIdPunpcklwd, Id::kIdVpunpcklwd, 3},
    {{0x66, 1, 0x62}, Id::kIdPunpckldq, Id::kIdVpunpckldq, 3}, {{0x66, 1, 0x6c}, Id::kIdPunpcklqdq, Id::kIdVpunpcklqdq, 3},
    {{0x66, 1, 0x68}, Id::kIdPunpckhbw, Id::kIdVpunpckhbw, 3}, {{0x66, 1, 0x69}, Id::kIdPunpckhwd, Id::kIdVpunpckhwd, 3},
    {{0x66, 1, 0x6a}, Id::kIdPunpckhdq, Id::kIdVpunpckhdq, 3}, {{0x66, 1, 0x6d}, Id::kIdPunpckhqdq, Id::kIdVpunpckhqdq, 3},
    {{0x66, 1, 0x63}, Id::kIdPacksswb, Id::kIdVpacksswb, 3}, {{0x66, 1, 0x67}, Id::kIdPackuswb, Id::kIdVpackuswb, 3},
    {{0x66, 1, 0x6b}, Id::kIdPackssdw, Id::kIdVpackssdw, 3}, {{0x66, 2, 0x2b}, Id::kIdPackusdw, Id::kIdVpackusdw, 3},
    {{0x66, 1, 0x74}, Id::kIdPcmpeqb, Id::kIdVpcmpeqb, 3}, {{0x66, 1, 0x75}, Id::kIdPcmpeqw, Id::kIdVpcmpeqw, 3},
    {{0x66, 1, 0x76}, Id::kIdPcmpeqd, Id::kIdVpcmpeqd, 3}, {{0x66, 2, 0x29}, Id::kIdPcmpeqq, Id::kIdVpcmpeqq, 3},
    {{0x66, 1, 0x64}, Id::kIdPcmpgtb, Id::kIdVpcmpgtb, 3}, {{0x66, 1, 0x65}, Id::kIdPcmpgtw, Id::kIdVpcmpgtw, 3},
    {{0x66, 1, 0x66}, Id::kIdPcmpgtd, Id::kIdVpcmpgtd, 3}, {{0x66, 2, 0x37}, Id::kIdPcmpgtq, Id::kIdVpcmpgtq, 3},
    {{0x66, 1, 0xdb}, Id::kIdPand, Id::kIdVpand, 3}, {{0x66, 1, 0xdf}, Id::kIdPandn, Id::kIdVpandn, 3},
    {{0x66, 1, 0xeb}, Id::kIdPor, Id::kIdVpor, 3}, {{0x66, 1, 0xef}, Id::kIdPxor, Id::kIdVpxor, 3},
    {{0x66, 1, 0xfc}, Id::kIdPaddb, Id::kIdVpaddb, 3}, {{0x66, 1, 0xfd}, Id::kIdPaddw, Id::kIdVpaddw, 3},
    {{0x66, 1, 0xfe}, Id::kIdPaddd, Id::kIdVpaddd, 3}, {{0x66, 1, 0xd4}, Id::kIdPaddq, Id::kIdVpaddq, 3},
    {{0x66, 1, 0xf8}, Id::kIdPsubb, Id::kIdVpsubb, 3}, {{0x66, 1, 0xf9}, Id::kIdPsubw, Id::kIdVpsubw, 3},
    {{0x66, 1, 0xfa}, Id::kIdPsubd, Id::kIdVpsubd, 3}, {{0x66, 1, 0xfb}, Id::kIdPsubq, Id::kIdVpsubq, 3},
    {{0x66, 1, 0xec}, Id::kIdPaddsb, Id::kIdVpaddsb, 3}, {{0x66, 1, 0xed}, Id::kIdPaddsw, Id::kIdVpaddsw, 3},
    {{0x66, 1, 0xdc}, Id::kIdPaddusb, Id::kIdVpaddusb, 3}, {{0x66, 1, 0xdd}, Id::kIdPaddusw, Id::kIdVpaddusw, 3},
    {{0x66, 1, 0xe8}, Id::kIdPsubsb, Id::kIdVpsubsb, 3}, {{0x66, 1, 0xe9}, Id::kIdPsubsw, Id::kIdVpsubsw, 3},
    {{0x66, 1, 0xd8}, Id::kIdPsubusb, Id::kIdVpsubusb, 3}, {{0x66, 1, 0xd9}, Id::kIdPsubusw, Id::kIdVpsubusw, 3},
    {{0x66, 1, 0xd5}, Id::kIdPmullw, Id::kIdVpmullw, 3}, {{0x66, 2, 0x40}, Id::kIdPmulld, Id::kIdVpmulld, 3},
    {{0x66, 1, 0xe5}, Id::kIdPmulhw, Id::kIdVpmulhw, 3}, {{0x66, 1, 0xe4}, Id::kIdPmulhuw, Id::kIdVpmulhuw, 3},
    {{0x66, 1, 0xf4}, Id::kIdPmuludq, Id::kIdVpmuludq, 3}, {{0x66, 2, 0x28}, Id::kIdPmuldq, Id::kIdVpmuldq, 3},
    {{0x66, 1, 0xf5}, Id::kIdPmaddwd, Id::kIdVpmaddwd, 3}, {{0x66, 2, 0x04}, Id::kIdPmaddubsw, Id::kIdVpmaddubsw, 3},
    {{0x66, 2, 0x0b}, Id::kIdPmulhrsw, Id::kIdVpmulhrsw, 3}, {{0x66, 2, 0x00}, Id::kIdPshufb, Id::kIdVpshufb, 3},
    {{0x66, 1, 0xe0}, Id::kIdPavgb, Id::kIdVpavgb, 3}, {{0x66, 1, 0xe3}, Id::kIdPavgw, Id::kIdVpavgw, 3},
    {{0x66, 2, 0x38}, Id::kIdPminsb, Id::kIdVpminsb, 3}, {{0x66, 1, 0xea}, Id::kIdPminsw, Id::kIdVpminsw, 3},
    {{0x66, 2, 0x39}, Id::kIdPminsd, Id::kIdVpminsd, 3}, {{0x66, 1, 0xda}, Id::kIdPminub, Id::kIdVpminub, 3},
    {{0x66, 2, 0x3a}, Id::kIdPminuw, Id::kIdVpminuw, 3}, {{0x66, 2, 0x3b}, Id::kIdPminud, Id::kIdVpminud, 3},
    {{0x66, 2, 0x3c}, Id::kIdPmaxsb, Id::kIdVpmaxsb, 3}, {{0x66, 1, 0xee}, Id::kIdPmaxsw, Id::kIdVpmaxsw, 3},
    {{0x66, 2, 0x3d}, Id::kIdPmaxsd, Id::kIdVpmaxsd, 3}, {{0x66, 1, 0xde}, Id::kIdPmaxub, Id::kIdVpmaxub, 3},
    {{0x66, 2, 0x3e}, Id::kIdPmaxuw, Id::kIdVpmaxuw, 3}, {{0x66, 2, 0x3f}, Id::kIdPmaxud, Id::kIdVpmaxud, 3},
    {{0x66, 1, 0xf1}, Id::kIdPsllw, Id::kIdVpsllw, 3}, {{0x66, 1, 0xf2}, Id::kIdPslld, Id::kIdVpslld, 3},
    {{0x66, 1, 0xf3}, Id::kIdPsllq, Id::kIdVpsllq, 3}, {{0x66, 1, 0xd1}, Id::kIdPsrlw, Id::kIdVpsrlw, 3},
    {{0x66, 1, 0xd2}, Id::kIdPsrld, Id::kIdVpsrld, 3}, {{0x66, 1, 0xd3}, Id::kIdPsrlq, Id::kIdVpsrlq, 3},
    {{0x66, 1, 0xe1}, Id::kIdPsraw, Id::kIdVpsraw, 3}, {{0x66, 1, 0xe2}, Id::kIdPsrad, Id::kIdVpsrad, 3},
};
// clang-format on

class VectorTest : public AssemblerTest {
 protected:
  static constexpr uint8_t immediate = 5;

  // One instruction, in both encodings; the last operand is a register or memory.
  template <class Ours, class Theirs>
  void check(const VectorCase& c, Reg to, Reg second, const Ours& source, const Theirs& their_source) {
    const std::string name = std::to_string(c.op.prefix) + " " + std::to_string(c.op.map) + " " + std::to_string(c.op.opcode);
    const x86::Xmm t = x86::xmm(number(to)), s = x86::xmm(number(second));
    ours.emit(c.op, false, to, source);
    if (c.has_immediate) ours.imm8(immediate);
    c.has_immediate ? theirs.emit(c.sse, t, their_source, immediate) : theirs.emit(c.sse, t, their_source);
    same(name.c_str());
    const bool is_three = c.operands == 3;
    ours.emit_vex(c.op, false, to, is_three ? second : Reg::none, source);
    if (c.has_immediate) ours.imm8(immediate);
    if (is_three) {
      c.has_immediate ? theirs.emit(c.avx, t, s, their_source, immediate) : theirs.emit(c.avx, t, s, their_source);
    } else {
      c.has_immediate ? theirs.emit(c.avx, t, their_source, immediate) : theirs.emit(c.avx, t, their_source);
    }
    same(name.c_str());
  }
};

TEST_F(VectorTest, BetweenRegisters) {
  for (const VectorCase& c : vector_cases) {
    for (uint32_t i = 0; i < registers; ++i) {
      for (uint32_t j = 0; j < registers; ++j) {
        reg_first();
        check(c, xmm(i), xmm((3 * i + j) % registers), xmm(j), x86::xmm(j));
        if (HasFailure()) return;
      }
    }
  }
}

TEST_F(VectorTest, WithMemory) {
  const std::vector<Mem> all = addresses();
  uint32_t turn = 0;
  for (const VectorCase& c : vector_cases) {
    for (size_t i = turn % 7; i < all.size(); i += 7) {
      ++turn;
      check(c, xmm(turn % registers), xmm(turn / registers % registers), all[i], ptr(all[i]));
      if (HasFailure()) return;
    }
  }
}

// Between vector and integer registers: the vector register is in the reg field, but for the masks.
TEST_F(VectorTest, Lanes) {
  for (uint32_t i = 0; i < registers; ++i) {
    for (uint32_t j = 0; j < registers; ++j) {
      const Reg vector = xmm(i), second = xmm((i + 3 * j) % registers), integer = gpr(j);
      const x86::Xmm v = x86::xmm(i), s = x86::xmm(number(second));
      for (const bool w : {false, true}) {
        const x86::Gp g = gp(w, integer);
        ours.emit({0x66, 1, 0x6e}, w, vector, integer);
        theirs.emit(w ? Id::kIdMovq : Id::kIdMovd, v, g);
        same("movd");
        ours.emit_vex({0x66, 1, 0x6e}, w, vector, Reg::none, integer);
        theirs.emit(w ? Id::kIdVmovq : Id::kIdVmovd, v, g);
        same("vmovd");
        ours.emit({0x66, 1, 0x7e}, w, vector, integer);
        theirs.emit(w ? Id::kIdMovq : Id::kIdMovd, g, v);
        same("movd to an integer");
        ours.emit_vex({0x66, 1, 0x7e}, w, vector, Reg::none, integer);
        theirs.emit(w ? Id::kIdVmovq : Id::kIdVmovd, g, v);
        same("vmovd to an integer");
        ours.emit({0x66, 3, 0x22}, w, vector, integer);
        ours.imm8(1);
        theirs.emit(w ? Id::kIdPinsrq : Id::kIdPinsrd, v, g, 1);
        same("pinsrd");
        ours.emit_vex({0x66, 3, 0x22}, w, vector, second, integer);
        ours.imm8(1);
        theirs.emit(w ? Id::kIdVpinsrq : Id::kIdVpinsrd, v, s, g, 1);
        same("vpinsrd");
        ours.emit({0x66, 3, 0x16}, w, vector, integer);
        ours.imm8(1);
        theirs.emit(w ? Id::kIdPextrq : Id::kIdPextrd, g, v, 1);
        same("pextrd");
        ours.emit_vex({0x66, 3, 0x16}, w, vector, Reg::none, integer);
        ours.imm8(1);
        theirs.emit(w ? Id::kIdVpextrq : Id::kIdVpextrd, g, v, 1);
        same("vpextrd");
        ours.emit({0xf2, 1, 0x2a}, w, vector, integer);
        theirs.cvtsi2sd(v, g);
        same("cvtsi2sd");
        ours.emit_vex({0xf2, 1, 0x2a}, w, vector, second, integer);
        theirs.vcvtsi2sd(v, s, g);
        same("vcvtsi2sd");
        ours.emit({0xf3, 1, 0x2c}, w, integer, vector);
        theirs.cvttss2si(g, v);
        same("cvttss2si");
        ours.emit_vex({0xf3, 1, 0x2c}, w, integer, Reg::none, vector);
        theirs.vcvttss2si(g, v);
        same("vcvttss2si");
      }
      const x86::Gp g = x86::gpd(j);
      ours.emit({0x66, 3, 0x20}, false, vector, integer);
      ours.imm8(9);
      theirs.pinsrb(v, g, 9);
      same("pinsrb");
      ours.emit_vex({0x66, 3, 0x20}, false, vector, second, integer);
      ours.imm8(9);
      theirs.vpinsrb(v, s, g, 9);
      same("vpinsrb");
      ours.emit({0x66, 1, 0xc4}, false, vector, integer);
      ours.imm8(5);
      theirs.pinsrw(v, g, 5);
      same("pinsrw");
      ours.emit_vex({0x66, 1, 0xc4}, false, vector, second, integer);
      ours.imm8(5);
      theirs.vpinsrw(v, s, g, 5);
      same("vpinsrw");
      ours.emit({0x66, 3, 0x14}, false, vector, integer);
      ours.imm8(9);
      theirs.pextrb(g, v, 9);
      same("pextrb");
      ours.emit_vex({0x66, 3, 0x14}, false, vector, Reg::none, integer);
      ours.imm8(9);
      theirs.vpextrb(g, v, 9);
      same("vpextrb");
      ours.emit({0x66, 1, 0xd7}, false, integer, vector);
      theirs.pmovmskb(g, v);
      same("pmovmskb");
      ours.emit_vex({0x66, 1, 0xd7}, false, integer, Reg::none, vector);
      theirs.vpmovmskb(g, v);
      same("vpmovmskb");
      ours.emit({0, 1, 0x50}, false, integer, vector);
      theirs.movmskps(g, v);
      same("movmskps");
      ours.emit_vex({0x66, 1, 0x50}, false, integer, Reg::none, vector);
      theirs.vmovmskpd(g, v);
      same("vmovmskpd");
    }
  }
}

// Shifts by a constant, fused multiplication and addition, blends, broadcasts, scalar moves.
TEST_F(VectorTest, FormsOfTheirOwn) {
  struct ShiftCase {
    uint8_t opcode, extension;
    Id sse, avx;
  };
  constexpr ShiftCase shift_cases[] = {
      {0x71, 2, Id::kIdPsrlw, Id::kIdVpsrlw}, {0x71, 4, Id::kIdPsraw, Id::kIdVpsraw}, {0x71, 6, Id::kIdPsllw, Id::kIdVpsllw},
      {0x72, 2, Id::kIdPsrld, Id::kIdVpsrld}, {0x72, 4, Id::kIdPsrad, Id::kIdVpsrad}, {0x72, 6, Id::kIdPslld, Id::kIdVpslld},
      {0x73, 2, Id::kIdPsrlq, Id::kIdVpsrlq}, {0x73, 6, Id::kIdPsllq, Id::kIdVpsllq},
  };
  for (uint32_t i = 0; i < registers; ++i) {
    for (uint32_t j = 0; j < registers; ++j) {
      const uint32_t k = (5 * i + j) % registers;
      const x86::Xmm to = x86::xmm(i), a = x86::xmm(j), b = x86::xmm(k);
      for (const ShiftCase& c : shift_cases) {
        ours.emit({0x66, 1, c.opcode}, false, static_cast<Reg>(c.extension), xmm(i));
        ours.imm8(7);
        theirs.emit(c.sse, to, 7);
        same("shift");
        ours.emit_vex({0x66, 1, c.opcode}, false, static_cast<Reg>(c.extension), xmm(i), xmm(j));
        ours.imm8(7);
        theirs.emit(c.avx, to, a, 7);
        same("vector shift");
      }
      for (const bool is_f64 : {false, true}) {
        ours.emit_vex({0x66, 2, 0xa8}, is_f64, xmm(i), xmm(j), xmm(k));
        theirs.emit(is_f64 ? Id::kIdVfmadd213pd : Id::kIdVfmadd213ps, to, a, b);
        same("vfmadd213");
        ours.emit_vex({0x66, 2, 0xb8}, is_f64, xmm(i), xmm(j), xmm(k));
        theirs.emit(is_f64 ? Id::kIdVfmadd231pd : Id::kIdVfmadd231ps, to, a, b);
        same("vfmadd231");
        ours.emit_vex({0x66, 2, 0xac}, is_f64, xmm(i), xmm(j), xmm(k));
        theirs.emit(is_f64 ? Id::kIdVfnmadd213pd : Id::kIdVfnmadd213ps, to, a, b);
        same("vfnmadd213");
        ours.emit_vex({0x66, 2, 0xbc}, is_f64, xmm(i), xmm(j), xmm(k));
        theirs.emit(is_f64 ? Id::kIdVfnmadd231pd : Id::kIdVfnmadd231ps, to, a, b);
        same("vfnmadd231");
      }
      constexpr std::pair<uint8_t, Id> blends[] = {{0x4a, Id::kIdVblendvps}, {0x4b, Id::kIdVblendvpd}, {0x4c, Id::kIdVpblendvb}};
      for (const auto& [opcode, id] : blends) {
        ours.emit_vex({0x66, 3, opcode}, false, xmm(i), xmm(j), xmm(k));
        ours.imm8(static_cast<uint8_t>((i ^ j) << 4));
        theirs.emit(id, to, a, b, x86::xmm(i ^ j));
        same("blend");
      }
      ours.emit_vex({0x66, 2, 0x78}, false, xmm(i), Reg::none, xmm(j));
      theirs.vpbroadcastb(to, a);
      same("vpbroadcastb");
      ours.emit_vex({0x66, 2, 0x79}, false, xmm(i), Reg::none, xmm(j));
      theirs.vpbroadcastw(to, a);
      same("vpbroadcastw");
      ours.emit({0xf2, 1, 0x10}, false, xmm(i), xmm(j));
      theirs.movsd(to, a);
      same("movsd");
      ours.emit_vex({0xf2, 1, 0x10}, false, xmm(i), xmm(j), xmm(k));
      theirs.vmovsd(to, a, b);
      same("vmovsd");
    }
  }
}

// What only loads and stores use; constants relative to the code.
TEST_F(VectorTest, LoadsAndStores) {
  uint32_t turn = 0;
  for (const Mem& mem : addresses()) {
    const uint32_t i = turn++ % registers;
    const x86::Xmm v = x86::xmm(i);
    const std::pair<Op, std::pair<Id, Id>> stores[] = {{{0, 1, 0x11}, {Id::kIdMovups, Id::kIdVmovups}},
                                                       {{0xf3, 1, 0x11}, {Id::kIdMovss, Id::kIdVmovss}},
                                                       {{0xf2, 1, 0x11}, {Id::kIdMovsd, Id::kIdVmovsd}}};
    for (const auto& [op, ids] : stores) {
      ours.emit(op, false, xmm(i), mem);
      theirs.emit(ids.first, ptr(mem), v);
      same("store");
      ours.emit_vex(op, false, xmm(i), Reg::none, mem);
      theirs.emit(ids.second, ptr(mem), v);
      same("store with AVX");
      const Op load = {op.prefix, op.map, 0x10};
      ours.emit(load, false, xmm(i), mem);
      theirs.emit(ids.first, v, ptr(mem));
      same("load");
      ours.emit_vex(load, false, xmm(i), Reg::none, mem);
      theirs.emit(ids.second, v, ptr(mem));
      same("load with AVX");
    }
    ours.emit_vex({0x66, 2, 0x18}, false, xmm(i), Reg::none, mem);
    theirs.vbroadcastss(v, ptr(mem));
    same("vbroadcastss");
    ours.emit({0x66, 3, 0x15}, false, xmm(i), mem);
    ours.imm8(6);
    theirs.pextrw(ptr(mem), v, 6);
    same("pextrw");
    ours.emit_vex({0x66, 3, 0x16}, true, xmm(i), Reg::none, mem);
    ours.imm8(1);
    theirs.vpextrq(ptr(mem), v, 1);
    same("vpextrq");
    ours.emit_vex({0x66, 1, 0xc4}, false, xmm(i), xmm(i ^ 9), mem);
    ours.imm8(6);
    theirs.vpinsrw(v, x86::xmm(i ^ 9), ptr(mem), 6);
    same("vpinsrw");
  }
  const asmjit::Label constant = theirs.newLabel();
  theirs.bind(constant);
  const Position target = ours.position();
  for (uint32_t i = 0; i < registers; ++i) {
    ours.patch(ours.rip({0x66, 1, 0xdb}, false, xmm(i)), target);
    theirs.pand(x86::xmm(i), x86::ptr(constant));
    same("pand with a constant");
    ours.patch(ours.rip_vex({0x66, 2, 0x3d}, false, xmm(i), xmm(15 - i)), target);
    theirs.vpmaxsd(x86::xmm(i), x86::xmm(15 - i), x86::ptr(constant));
    same("vpmaxsd with a constant");
  }
}

}  // namespace
}  // namespace mote::baseline::x64
