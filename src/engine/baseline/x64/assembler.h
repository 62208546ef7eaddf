// Assembler: x86-64 instructions into a buffer, encoded by hand, for every instruction that the baseline compiler emits.
//
// Instructions are written at a cursor without allocation; a buffer that is full sets overflowed() and goes on at its start, so
// callers test once per function. Nothing here chooses instructions: that is FuncCompiler's (compiler.h). Operand order is Intel's:
// destination first. `w` means 64-bit operands. Forms are described by Op (prefix, map, opcode), from the manufacturers' tables.
// Checked against another encoder, form by form and register by register, in assembler_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <cstring>

namespace mote::baseline::x64 {

// Integer registers are 0–15, vector registers 16–31: one number names any register, and a 32-bit mask any set of them.
// clang-format off
enum class Reg : uint8_t {
  rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15,
  xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15,
  none = 0xff,
};
// clang-format on
[[nodiscard]] constexpr uint32_t bit(Reg reg) {
  return 1u << static_cast<uint32_t>(reg);
}
[[nodiscard]] constexpr bool is_vector(Reg reg) {
  return static_cast<uint8_t>(reg) >= 16;
}
[[nodiscard]] constexpr uint8_t number(Reg reg) {
  return static_cast<uint8_t>(reg) & 15;
}

// A memory operand: base + index * 2^scale + displacement.
struct Mem {
  Reg base;
  int32_t displacement = 0;
  Reg index = Reg::none;
  uint8_t scale = 0;
};

enum class Condition : uint8_t { o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g };
[[nodiscard]] constexpr Condition invert(Condition condition) {
  return static_cast<Condition>(static_cast<uint8_t>(condition) ^ 1);
}

// Mandatory prefix (0, 0x66, 0xf3, 0xf2), opcode map (0: none, 1: 0f, 2: 0f 38, 3: 0f 3a) and opcode.
struct Op {
  uint8_t prefix, map, opcode;
};
enum class Alu : uint8_t { add, or_, adc, sbb, and_, sub, xor_, cmp };
enum class Shift : uint8_t { rol, ror, rcl, rcr, shl, shr, sal, sar };

// One place in the code that is filled in later: the position behind a 32-bit displacement.
using Position = uint32_t;

class Assembler {
 public:
  Assembler() = default;
  // Writes into [begin, end); at least 64 bytes.
  Assembler(uint8_t* begin, uint8_t* end) : begin_(begin), at_(begin), last_(end - most_instruction_bytes) {}

  [[nodiscard]] Position position() const { return static_cast<Position>(at_ - begin_); }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] Bytes code() const { return {begin_, at_}; }
  [[nodiscard]] uint8_t* at(Position position) const { return begin_ + position; }
  void reset() {
    at_ = begin_;
    overflowed_ = false;
  }
  void cut_back(Position position) { at_ = begin_ + position; }

  // Raw bytes.
  void byte(uint8_t value) {
    room();
    *at_++ = value;
  }
  void word32(uint32_t value) {
    room();
    put32(value);
  }
  void align(uint32_t alignment, uint8_t fill) {
    while (position() % alignment != 0) byte(fill);
  }

  // Any instruction with a register and a register-or-memory operand.
  void emit(Op op, bool w, Reg reg, Reg rm, bool is_byte = false) {
    uint8_t* at = room();
    at = prefix_rex(at, op, w, number(reg), 0, number(rm), is_byte && (number(reg) >= 4 || number(rm) >= 4));
    at = opcode(at, op);
    *at = static_cast<uint8_t>(0xc0 | (number(reg) & 7) << 3 | (number(rm) & 7));
    at_ = at + 1;
  }
  void emit(Op op, bool w, Reg reg, const Mem& mem, bool is_byte = false) {
    uint8_t* at = room();
    at = prefix_rex(at, op, w, number(reg), index_number(mem), number(mem.base), is_byte && number(reg) >= 4);
    at_ = memory(opcode(at, op), number(reg), mem);
  }
  // The same in the three-operand form (VEX, 128 bits); `second` none: not used.
  void emit_vex(Op op, bool w, Reg reg, Reg second, Reg rm) {
    uint8_t* at = vex(room(), op, w, number(reg), 0, number(rm), second);
    *at = static_cast<uint8_t>(0xc0 | (number(reg) & 7) << 3 | (number(rm) & 7));
    at_ = at + 1;
  }
  void emit_vex(Op op, bool w, Reg reg, Reg second, const Mem& mem) {
    at_ = memory(vex(room(), op, w, number(reg), index_number(mem), number(mem.base), second), number(reg), mem);
  }
  void imm8(uint8_t value) { *at_++ = value; }  // behind emit(): there is room

  // Integers.
  void mov(bool w, Reg to, Reg from) {
    if (to != from) emit({0, 0, 0x8b}, w, to, from);
  }
  void zero_extend(Reg to, Reg from) { emit({0, 0, 0x8b}, false, to, from); }  // 32 to 64 bits, also onto itself
  void load(bool w, Reg to, const Mem& from) { emit({0, 0, 0x8b}, w, to, from); }
  void store(bool w, const Mem& to, Reg from) { emit({0, 0, 0x89}, w, from, to); }
  void store_imm(bool w, const Mem& to, int32_t value) {
    emit({0, 0, 0xc7}, w, Reg::rax, to);
    put32(static_cast<uint32_t>(value));
  }
  // Leaves the flags alone.
  void mov_imm(Reg to, uint64_t value) {
    room();
    if (value <= UINT32_MAX) {
      if (number(to) >= 8) *at_++ = 0x41;
      *at_++ = static_cast<uint8_t>(0xb8 | (number(to) & 7));
      put32(static_cast<uint32_t>(value));
    } else if (static_cast<int64_t>(value) == static_cast<int32_t>(value)) {
      emit({0, 0, 0xc7}, true, Reg::rax, to);
      put32(static_cast<uint32_t>(value));
    } else {
      *at_++ = number(to) >= 8 ? 0x49 : 0x48;
      *at_++ = static_cast<uint8_t>(0xb8 | (number(to) & 7));
      std::memcpy(at_, &value, 8);
      at_ += 8;
    }
  }
  void zero(Reg to) { emit({0, 0, 0x33}, false, to, to); }  // changes the flags
  void lea(bool w, Reg to, const Mem& from) { emit({0, 0, 0x8d}, w, to, from); }
  template <class Source>  // Reg or Mem
  void alu(Alu op, bool w, Reg to, const Source& from) {
    emit({0, 0, static_cast<uint8_t>(static_cast<uint8_t>(op) << 3 | 3)}, w, to, from);
  }
  void alu_store(Alu op, bool w, const Mem& to, Reg from) {
    emit({0, 0, static_cast<uint8_t>(static_cast<uint8_t>(op) << 3 | 1)}, w, from, to);
  }
  template <class Target>  // Reg or Mem
  void alu_imm(Alu op, bool w, const Target& to, int32_t value) {
    const bool is_short = value == static_cast<int8_t>(value);
    emit({0, 0, static_cast<uint8_t>(is_short ? 0x83 : 0x81)}, w, static_cast<Reg>(op), to);
    is_short ? imm8(static_cast<uint8_t>(value)) : put32(static_cast<uint32_t>(value));
  }
  void test(bool w, Reg a, Reg b) { emit({0, 0, 0x85}, w, b, a); }
  void test_imm(Reg a, uint32_t value) {
    emit({0, 0, 0xf7}, false, Reg::rax, a);
    put32(value);
  }
  template <class Source>
  void imul(bool w, Reg to, const Source& from) {
    emit({0, 1, 0xaf}, w, to, from);
  }
  template <class Source>
  void imul_imm(bool w, Reg to, const Source& from, int32_t value) {
    const bool is_short = value == static_cast<int8_t>(value);
    emit({0, 0, static_cast<uint8_t>(is_short ? 0x6b : 0x69)}, w, to, from);
    is_short ? imm8(static_cast<uint8_t>(value)) : put32(static_cast<uint32_t>(value));
  }
  void not_(bool w, Reg reg) { emit({0, 0, 0xf7}, w, static_cast<Reg>(2), reg); }
  void neg(bool w, Reg reg) { emit({0, 0, 0xf7}, w, static_cast<Reg>(3), reg); }
  void mul(bool w, Reg reg) { emit({0, 0, 0xf7}, w, static_cast<Reg>(4), reg); }
  void div(bool w, Reg reg) { emit({0, 0, 0xf7}, w, static_cast<Reg>(6), reg); }
  void idiv(bool w, Reg reg) { emit({0, 0, 0xf7}, w, static_cast<Reg>(7), reg); }
  void sign_into_rdx(bool w) {
    room();
    if (w) *at_++ = 0x48;
    *at_++ = 0x99;
  }
  void shift_cl(Shift op, bool w, Reg reg) { emit({0, 0, 0xd3}, w, static_cast<Reg>(op), reg); }
  void shift_imm(Shift op, bool w, Reg reg, uint8_t count) {
    emit({0, 0, 0xc1}, w, static_cast<Reg>(op), reg);
    imm8(count);
  }
  // BMI2: shlx, sarx, shrx.
  template <class Source>
  void shift_x(Shift op, bool w, Reg to, const Source& from, Reg count) {
    const uint8_t prefix = op == Shift::shl ? 0x66 : op == Shift::sar ? 0xf3 : 0xf2;
    emit_vex({prefix, 2, 0xf7}, w, to, count, from);
  }
  template <class Source>
  void movzx8(Reg to, const Source& from) {
    emit({0, 1, 0xb6}, false, to, from, std::is_same_v<Source, Reg>);
  }
  template <class Source>
  void movzx16(Reg to, const Source& from) {
    emit({0, 1, 0xb7}, false, to, from);
  }
  template <class Source>
  void movsx8(bool w, Reg to, const Source& from) {
    emit({0, 1, 0xbe}, w, to, from, std::is_same_v<Source, Reg>);
  }
  template <class Source>
  void movsx16(bool w, Reg to, const Source& from) {
    emit({0, 1, 0xbf}, w, to, from);
  }
  template <class Source>
  void movsx32(Reg to, const Source& from) {
    emit({0, 0, 0x63}, true, to, from);
  }
  void store8(const Mem& to, Reg from) { emit({0, 0, 0x88}, false, from, to, true); }
  void store16(const Mem& to, Reg from) { emit({0x66, 0, 0x89}, false, from, to); }
  void store8_imm(const Mem& to, uint8_t value) {
    emit({0, 0, 0xc6}, false, Reg::rax, to);
    imm8(value);
  }
  void store16_imm(const Mem& to, uint16_t value) {
    emit({0x66, 0, 0xc7}, false, Reg::rax, to);
    imm8(static_cast<uint8_t>(value));
    imm8(static_cast<uint8_t>(value >> 8));
  }
  void setcc(Condition condition, Reg to) {
    emit({0, 1, static_cast<uint8_t>(0x90 | static_cast<uint8_t>(condition))}, false, Reg::rax, to, true);
  }
  template <class Source>
  void cmov(Condition condition, bool w, Reg to, const Source& from) {
    emit({0, 1, static_cast<uint8_t>(0x40 | static_cast<uint8_t>(condition))}, w, to, from);
  }
  template <class Source>
  void lzcnt(bool w, Reg to, const Source& from) {
    emit({0xf3, 1, 0xbd}, w, to, from);
  }
  template <class Source>
  void tzcnt(bool w, Reg to, const Source& from) {
    emit({0xf3, 1, 0xbc}, w, to, from);
  }
  template <class Source>
  void popcnt(bool w, Reg to, const Source& from) {
    emit({0xf3, 1, 0xb8}, w, to, from);
  }
  void push(Reg reg) {
    room();
    if (number(reg) >= 8) *at_++ = 0x41;
    *at_++ = static_cast<uint8_t>(0x50 | (number(reg) & 7));
  }
  void pop(Reg reg) {
    room();
    if (number(reg) >= 8) *at_++ = 0x41;
    *at_++ = static_cast<uint8_t>(0x58 | (number(reg) & 7));
  }
  void push_imm(uint32_t value) {
    byte(0x68);
    put32(value);
  }

  // Control. Jumps and calls return the position behind their displacement, for patch().
  Position jmp() {
    room();
    *at_++ = 0xe9;
    put32(0);
    return position();
  }
  Position jcc(Condition condition) {
    room();
    *at_++ = 0x0f;
    *at_++ = static_cast<uint8_t>(0x80 | static_cast<uint8_t>(condition));
    put32(0);
    return position();
  }
  Position call() {
    room();
    *at_++ = 0xe8;
    put32(0);
    return position();
  }
  // Forward jumps over a few instructions: returns the position behind the displacement, for patch8().
  Position jcc8(Condition condition) {
    room();
    *at_++ = static_cast<uint8_t>(0x70 | static_cast<uint8_t>(condition));
    *at_++ = 0;
    return position();
  }
  Position jmp8() {
    room();
    *at_++ = 0xeb;
    *at_++ = 0;
    return position();
  }
  void patch8(Position behind) { begin_[behind - 1] = static_cast<uint8_t>(position() - behind); }
  void jmp_to(Position target) { patch(jmp(), target); }
  void jcc_to(Condition condition, Position target) { patch(jcc(condition), target); }
  void patch(Position behind, Position target) { store_le(begin_ + behind - 4, target - behind); }
  template <class Target>
  void jmp_indirect(const Target& target) {
    emit({0, 0, 0xff}, false, static_cast<Reg>(4), target);
  }
  template <class Target>
  void call_indirect(const Target& target) {
    emit({0, 0, 0xff}, false, static_cast<Reg>(2), target);
  }
  void ret() { byte(0xc3); }
  void leave() { byte(0xc9); }
  void int3() { byte(0xcc); }
  void ud1_trap(uint8_t code) {  // ud1 code(%eax), %eax
    room();
    const uint8_t bytes[] = {0x67, 0x0f, 0xb9, 0x40, code};
    std::memcpy(at_, bytes, sizeof bytes);
    at_ += sizeof bytes;
  }
  // lea to, [rip + …]: returns the position behind the displacement.
  Position lea_rip(Reg to) { return rip({0, 0, 0x8d}, true, to); }
  // Any instruction whose memory operand is [rip + displacement] and whose immediate, if any, has not been written.
  Position rip(Op op, bool w, Reg reg) { return rip_operand(opcode(prefix_rex(room(), op, w, number(reg), 0, 0, false), op), reg); }
  Position rip_vex(Op op, bool w, Reg reg, Reg second) { return rip_operand(vex(room(), op, w, number(reg), 0, 0, second), reg); }

 private:
  static constexpr uint32_t most_instruction_bytes = 24;

  // Where the next instruction goes.
  uint8_t* room() {
    if (at_ > last_) [[unlikely]] {
      overflowed_ = true;
      at_ = begin_;
    }
    return at_;
  }
  void put32(uint32_t value) {
    std::memcpy(at_, &value, 4);
    at_ += 4;
  }
  static uint8_t index_number(const Mem& mem) { return mem.index == Reg::none ? 0 : number(mem.index); }

  // The parts of an instruction: each is written at a place and returns the place behind it. The cursor is moved once, at the
  // end: a store to it between the bytes could not be told apart from them.
  [[nodiscard]] static uint8_t* prefix_rex(uint8_t* at, Op op, bool w, uint8_t reg, uint8_t index, uint8_t base, bool is_forced) {
    if (op.prefix != 0) *at++ = op.prefix;
    const auto rex = static_cast<uint8_t>((w ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3);
    *at = 0x40 | rex;
    return at + (rex != 0 || is_forced ? 1 : 0);
  }
  [[nodiscard]] static uint8_t* opcode(uint8_t* at, Op op) {
    if (op.map != 0) *at++ = 0x0f;
    if (op.map == 2) *at++ = 0x38;
    if (op.map == 3) *at++ = 0x3a;
    *at++ = op.opcode;
    return at;
  }
  [[nodiscard]] static uint8_t* vex(uint8_t* at, Op op, bool w, uint8_t reg, uint8_t index, uint8_t base, Reg second) {
    const uint8_t pp = op.prefix == 0x66 ? 1 : op.prefix == 0xf3 ? 2 : op.prefix == 0xf2 ? 3 : 0;
    const uint8_t v = second == Reg::none ? 0 : number(second);
    const auto low = static_cast<uint8_t>((~v & 15) << 3 | pp);
    if (op.map == 1 && !w && index < 8 && base < 8) {
      *at++ = 0xc5;
      *at++ = static_cast<uint8_t>((reg < 8 ? 0x80 : 0) | low);
    } else {
      *at++ = 0xc4;
      *at++ = static_cast<uint8_t>((reg < 8 ? 0x80 : 0) | (index < 8 ? 0x40 : 0) | (base < 8 ? 0x20 : 0) | op.map);
      *at++ = static_cast<uint8_t>((w ? 0x80 : 0) | low);
    }
    *at++ = op.opcode;
    return at;
  }
  // ModRM, SIB and displacement: four bytes of it are written always, and as many kept as are needed.
  [[nodiscard]] static uint8_t* memory(uint8_t* at, uint8_t reg, const Mem& mem) {
    const int32_t displacement = mem.displacement;
    const auto field = static_cast<uint8_t>((reg & 7) << 3);
    const uint8_t base = number(mem.base) & 7;
    // rbp and r13 as base have no form without displacement.
    const uint32_t mod = displacement == 0 && base != 5 ? 0 : displacement == static_cast<int8_t>(displacement) ? 1 : 2;
    if (mem.index != Reg::none || base == 4) {
      const uint8_t index = mem.index == Reg::none ? 4 : number(mem.index) & 7;
      *at++ = static_cast<uint8_t>(mod << 6 | field | 4);
      *at++ = static_cast<uint8_t>(mem.scale << 6 | index << 3 | base);
    } else {
      *at++ = static_cast<uint8_t>(mod << 6 | field | base);
    }
    std::memcpy(at, &displacement, 4);
    return at + (mod == 2 ? 4 : mod);
  }
  Position rip_operand(uint8_t* at, Reg reg) {
    *at++ = static_cast<uint8_t>((number(reg) & 7) << 3 | 5);
    std::memset(at, 0, 4);
    at_ = at + 4;
    return position();
  }

  uint8_t* begin_ = nullptr;
  uint8_t* at_ = nullptr;
  uint8_t* last_ = nullptr;
  bool overflowed_ = false;
};

}  // namespace mote::baseline::x64
