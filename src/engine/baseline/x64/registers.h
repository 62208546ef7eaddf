// Which register serves what (compiler.h), and the fixed part of a frame.
#pragma once

#include "engine/baseline/x64/assembler.h"

namespace mote::baseline::x64 {

// MoteCC (code/convention.h): compared with LLVM's own assignment by tests/abi.
inline constexpr Reg argument_registers[] = {Reg::r13, Reg::r14, Reg::r15, Reg::rdi, Reg::rsi, Reg::rdx, Reg::rcx, Reg::r8};
inline constexpr Reg result_registers[] = {Reg::rax, Reg::rdx, Reg::rcx};
inline constexpr Reg vector_argument(uint32_t index) {
  return static_cast<Reg>(static_cast<uint32_t>(Reg::xmm0) + index);
}
inline constexpr Reg vector_result(uint32_t index) {
  return vector_argument(index);
}

// Homes of locals, in the order in which they are given away. What is not given away serves as a temporary.
inline constexpr Reg integer_homes[] = {Reg::r13, Reg::r14, Reg::r15, Reg::rdi, Reg::r8, Reg::r9, Reg::r10};
inline constexpr Reg vector_homes[] = {Reg::xmm6, Reg::xmm7, Reg::xmm8, Reg::xmm9, Reg::xmm10, Reg::xmm11, Reg::xmm12, Reg::xmm13};
inline constexpr uint32_t integer_registers = 0x0000'ffff, vector_registers = 0xffff'0000;
inline constexpr uint32_t reserved_registers =
    bit(Reg::rsp) | bit(Reg::rbp) | bit(Reg::r12) | bit(Reg::rbx) | bit(Reg::r11) | bit(Reg::xmm14) | bit(Reg::xmm15);
inline constexpr uint32_t context_registers = bit(Reg::r12) | bit(Reg::rbx);  // loaded from the frame, never saved
inline constexpr Reg scratch_vector = Reg::xmm15, scratch_vector_2 = Reg::xmm14;
// What a C function keeps, of the registers above.
inline constexpr uint32_t preserved_by_c = bit(Reg::rbx) | bit(Reg::r12) | bit(Reg::r13) | bit(Reg::r14) | bit(Reg::r15);

// [rbp - 8] vmctx; the next word keeps locals 16-byte aligned.
inline constexpr int32_t vmctx_slot = -8;
inline constexpr uint32_t frame_header_bytes = 16;

}  // namespace mote::baseline::x64
